"""A topic while somebody in this process watches it: read once per change, encoded once, sent to all its watchers.

Frames go out in passes over the watchers. Changes that are read during a pass go out in the next one, in one write for
each watcher: to write costs the same, however much is written. So a crowd gets every change of a fast topic.
"""

import asyncio
import contextlib
import functools
import logging
import time
from collections.abc import Callable

from live.frames import Frame, join
from live.mailbox import Mailbox
from live.observe import counters
from live.topics import State, Topic
from store.client import StoreUnavailable
from store.trouble import SQL_TROUBLE

logger = logging.getLogger(__name__)

# After this many writes the event loop gets a turn.
WRITES_AT_ONCE = 20
#: So many changes may wait for the next pass. Then the topic is not read: what comes later is one change.
WAITING_MAX = 8
# A busy writer may skip further marks of the same subject for this long, to avoid thousands of them a second.
MARK_MS = 50


class Channel:
    """The last state of a topic, its watchers, and the task that reads it. `on_change` is called after each change."""

    def __init__(self, topic: Topic, on_change: Callable[[str], None] = lambda name: None) -> None:
        self.topic = topic
        self.watchers: set[Mailbox] = set()
        self.joining = 0
        self.state: State | None = None
        self.version = 0
        self.changed = asyncio.Event()
        self.marked_at = 0.0  # When the oldest unread mark came.
        self._waiting: list[Frame] = []  # Changes for the next pass,
        self._marks: list[float] = []  # with the moments from which their delay counts,
        self._newcomers: dict[Mailbox, int] = {}  # and who joined during a pass: their first frame has so many of them.
        self._passing: asyncio.Task[None] | None = None
        self._on_change = on_change
        self._reading = asyncio.Lock()
        self._snapshot: Frame | None = None

    def mark(self) -> None:
        """Record that the subject has changed."""
        if not self.changed.is_set():
            self.marked_at = time.monotonic()
        self.changed.set()

    async def join(self, mailbox: Mailbox, after: str = "") -> None:
        """Add a watcher: the whole state is its first frame, and no change after it is missed.

        Raises:
            StoreUnavailable: the first read of the state failed; nothing is watched.
        """
        if self.state is None:
            await self.read()
        mailbox.forget(self.topic.name)
        mailbox.post(self.topic.name, self._whole(after) if after else self.snapshot(), self.snapshot)
        self.watchers.add(mailbox)
        if self._passing is not None:
            self._newcomers[mailbox] = len(self._waiting)

    def snapshot(self) -> Frame:
        """The whole state, encoded once per version."""
        if self._snapshot is None:
            self._snapshot = self._whole("")
        return self._snapshot

    def _whole(self, after: str) -> Frame:
        return Frame(self.topic.whole(self.version, self.state or {}, after))

    async def read(self, marked_at: float = 0.0) -> None:
        """Read the state, and if it differs send the difference to every watcher. `marked_at`: since when it is due."""
        async with self._reading:
            new = await self.topic.snapshot()
            old, self.state = self.state, new
            message = self.topic.change(self.version + 1, old or {}, new)
            if message is None and old is not None:
                return
            self.version += 1
            self._snapshot = None
            if message is not None and self.watchers:
                self._waiting.append(Frame(message))
                self._marks.append(marked_at)
                if self._passing is None:
                    self._passing = asyncio.create_task(self._send(), name=f"pass {self.topic.name}")
            self._on_change(self.topic.name)
        if self._passing is not None and len(self._waiting) >= WAITING_MAX:
            await asyncio.wait([self._passing])

    async def _send(self) -> None:
        try:
            while self._waiting:
                frames, marks, newcomers = self._waiting, self._marks, self._newcomers
                self._waiting, self._marks, self._newcomers = [], [], {}
                joined = functools.cache(lambda known, frames=frames: join(frames[known:]))
                for number, mailbox in enumerate(list(self.watchers), 1):
                    known = newcomers.get(mailbox, 0)
                    # Who left during a pause gets nothing more. Who joined, perhaps again, has the new state already.
                    if mailbox in self.watchers and mailbox not in self._newcomers and known < len(frames):
                        mailbox.post_all(self.topic.name, frames[known:], joined(known), self.snapshot)
                    if number % WRITES_AT_ONCE == 0:
                        await asyncio.sleep(0)
                for marked_at in marks:
                    self._count_delay(marked_at)
        finally:
            self._passing, self._newcomers = None, {}

    def _count_delay(self, marked_at: float) -> None:
        if marked_at and self.topic.shows_scores:
            counters.delayed(time.monotonic() - marked_at)

    async def run(self) -> None:
        """Read after each mark, at most once per interval of the topic, and after its refresh time without a mark.

        A mark also covers changes within the next `MARK_MS`, so the topic is read once more after that time.
        """
        marked = True  # A mark may have come just before anybody watched.
        while True:
            again_s = max(self.topic.interval_ms, MARK_MS) / 1000 if marked else self.topic.refresh_s
            # Not wait_for: until Python 3.12 it can swallow a cancellation that comes together with a mark.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(again_s):
                    await self.changed.wait()
            marked, marked_at = self.changed.is_set(), self.marked_at
            self.changed.clear()
            started = time.monotonic()
            try:
                before = self.version
                await self.read(marked_at if marked else 0.0)
                if marked:
                    if self.version == before:  # An earlier read has seen it. Else the pass counts it.
                        self._count_delay(marked_at)
                    # The personal parts may have changed even if the state has not.
                    self._on_change(self.topic.name)
            except (StoreUnavailable, *SQL_TROUBLE) as error:
                logger.warning("topic %s keeps its last state: %s", self.topic.name, error)
                marked = True
            except Exception:
                # An error in one topic must not stop its updates for good, or affect anything else.
                logger.exception("topic %s could not be read", self.topic.name)
            await asyncio.sleep(max(0.0, self.topic.interval_ms / 1000 - (time.monotonic() - started)))
