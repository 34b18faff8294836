"""Keeps the parts of a local site running, and ends them together."""

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings

from store.server.binary import NoServer
from store.server.private import die_with_parent

POLL_S = 0.2
#: The pauses before a part is restarted. They grow with each time that it ends soon after a start.
PAUSES_S = (0.1, 0.5, 1, 2, 5, 10, 20, 30)
#: A part that has run this long counts as healthy again: its number of deaths is reset.
WELL_AFTER_S = 60.0
#: During start-up, a part that ends this often stops everything. Later it is restarted for ever.
DEATHS_MAX = 5
STOP_TIMEOUT_S = 10.0

Process = subprocess.Popen[bytes]


@dataclass
class Part:
    """A child process, how to start it again, and what it said before it ended."""

    name: str
    start: Callable[[], Process]
    last_words: Callable[[], str]
    process: Process | None
    started_at: float
    deaths: int = 0
    again_at: float | None = None


class Supervisor:
    """Restarts parts that end, after growing pauses, and reports it. The other parts keep running."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say
        self._parts: list[Part] = []
        self._ending = threading.Event()
        self.is_ready = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._ending.set())

    def start(self, name: str, command: Sequence[str]) -> None:
        """Run a command line as a part."""
        self.adopt(
            name,
            # A session of its own, so that a Ctrl-C in the terminal reaches only us and parts end in order.
            lambda: subprocess.Popen(
                command,
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=die_with_parent,
            ),
        )

    def adopt(
        self,
        name: str,
        start: Callable[[], Process],
        last_words: Callable[[], str] = str,
        first: Callable[[], Process] | None = None,
    ) -> Process:
        """Start a part with its own function and return the process; `first` replaces `start` for this first start."""
        process = (first or start)()
        self._parts.append(Part(name, start, last_words, process, time.monotonic()))
        return process

    def check_asked(self) -> None:
        """Raises SystemExit when asked to end."""
        if self._ending.is_set():
            raise SystemExit(0)

    def check(self) -> None:
        """Restart parts that have ended. Raises SystemExit when asked to end, or if a part keeps ending at start-up."""
        self.check_asked()
        for part in self._parts:
            if part.process is not None and part.process.poll() is not None:
                self._note_end(part, _words(part.process.returncode))
            elif part.again_at is not None and time.monotonic() >= part.again_at:
                self._start_again(part)

    def _note_end(self, part: Part, how: str) -> None:
        if time.monotonic() - part.started_at > WELL_AFTER_S:
            part.deaths = 0
        part.process, part.deaths = None, part.deaths + 1
        why = part.last_words()
        self._say(f"The {part.name} ended ({how}){f': {why}' if why else ''}.")
        if part.deaths >= DEATHS_MAX and not self.is_ready:
            self._say(f"The {part.name} keeps ending; stopping everything.")
            raise SystemExit(1)
        pause_s = PAUSES_S[min(part.deaths, len(PAUSES_S)) - 1]
        if pause_s > 1:
            self._say(f"It is started again in {pause_s:.0f} s.")
        part.again_at = time.monotonic() + pause_s

    def _start_again(self, part: Part) -> None:
        part.again_at = None
        part.started_at = time.monotonic()
        try:
            part.process = part.start()
        except (NoServer, OSError) as error:
            self._note_end(part, str(error))
        else:
            self._say(f"The {part.name} was started again.")

    def wait(self) -> int:
        """Watch over the parts until a signal ends it; return the exit code."""
        try:
            while True:
                self.check()
                self._ending.wait(POLL_S)
        except SystemExit as end:
            return int(end.code or 0)

    def stop(self) -> None:
        """End every part, the newest first, so that Redis goes last and keeps everything."""
        for part in reversed(self._parts):
            if part.process is None:
                continue
            if part.process.poll() is None:
                part.process.terminate()
            try:
                part.process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._say(f"The {part.name} did not end by itself within {STOP_TIMEOUT_S:.0f} s and was killed.")
                part.process.kill()
                part.process.wait()


def _words(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
