"""Keeps the parts of a local site running, and ends them together."""

import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.conf import settings

from store.server import NoServer, die_with_parent

POLL_S = 0.2
# A part that dies more often than this is broken, not unlucky.
DEATHS_MAX = 5
DEATHS_WINDOW_S = 60.0
STOP_TIMEOUT_S = 10.0


@dataclass
class Part:
    """A child process and how to start it again."""

    name: str
    start: Callable[[], "subprocess.Popen[bytes]"]
    process: "subprocess.Popen[bytes]"
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=DEATHS_MAX))


class Supervisor:
    """Restarts a part that dies, says so, and gives up when it keeps dying."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say
        self._parts: list[Part] = []
        self._ending = threading.Event()
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

    def adopt(self, name: str, start: Callable[[], "subprocess.Popen[bytes]"]) -> None:
        """Run a part that knows itself how to start."""
        self._parts.append(Part(name, start, start()))

    def check(self) -> None:
        """Start again what has died. Raises SystemExit when asked to end, or when a part keeps dying."""
        if self._ending.is_set():
            raise SystemExit(0)
        for part in self._parts:
            code = part.process.poll()
            if code is None:
                continue
            self._say(f"The {part.name} ended ({_words(code)}).")
            part.deaths.append(time.monotonic())
            if len(part.deaths) == DEATHS_MAX and part.deaths[-1] - part.deaths[0] < DEATHS_WINDOW_S:
                self._say(f"The {part.name} keeps ending; stopping everything.")
                raise SystemExit(1)
            time.sleep(0.1 * len(part.deaths))
            try:
                part.process = part.start()
            except NoServer as error:
                self._say(str(error))
                raise SystemExit(1) from error
            self._say(f"The {part.name} was started again.")

    def wait(self) -> int:
        """Watch over the parts until a signal or a broken part ends it; return the exit code."""
        try:
            while True:
                self.check()
                self._ending.wait(POLL_S)
        except SystemExit as end:
            return int(end.code or 0)

    def stop(self) -> None:
        """End every part, the newest first, so that Redis goes last and keeps everything."""
        for part in reversed(self._parts):
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
