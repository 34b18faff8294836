"""Topic frames on their way to one connection, bounded however slowly it reads."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

BACKLOG_MAX = 8


class Mailbox:
    """Keeps the frames of each watched topic in order; a topic that falls behind gets its newest snapshot instead.

    Memory per connection is at most `BACKLOG_MAX` references to shared frames a topic.
    """

    def __init__(self, send: Callable[[str], Awaitable[None]]) -> None:
        self._send = send
        self._frames: dict[str, deque[str]] = {}
        self._behind: dict[str, Callable[[], str]] = {}
        self._ready = asyncio.Event()

    def post(self, topic: str, frame: str, snapshot: Callable[[], str]) -> None:
        """Queue a frame; `snapshot` gives the whole state as a frame, should this connection fall behind."""
        frames = self._frames.setdefault(topic, deque())
        if len(frames) >= BACKLOG_MAX:
            frames.clear()
            self._behind[topic] = snapshot
        if topic not in self._behind:
            frames.append(frame)
        self._ready.set()

    def forget(self, topic: str) -> None:
        """Drop what is queued of a topic that is no longer watched."""
        self._frames.pop(topic, None)
        self._behind.pop(topic, None)

    async def run(self) -> None:
        """Send what is queued, for ever; end it by cancelling."""
        while True:
            await self._ready.wait()
            self._ready.clear()
            while (frame := self._next()) is not None:
                await self._send(frame)

    def _next(self) -> str | None:
        for topic, frames in self._frames.items():
            if topic in self._behind:
                return self._behind.pop(topic)()
            if frames:
                # To the end of the line, so that one busy topic does not starve the others.
                self._frames[topic] = self._frames.pop(topic)
                return frames.popleft()
        return None
