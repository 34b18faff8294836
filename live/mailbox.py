"""Queues topic frames for one connection. The memory is bounded, however slowly the client reads.

The window: all sent characters are counted. A beat carries a number that stands for the count, and the browser
returns it in its own beat (`seen`). What is sent but not yet seen is in some buffer on the way. It is never more than
a window, whether the server has backpressure or not.
"""

import asyncio
import itertools
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from django.conf import settings

from live.frames import Frame, Joined
from live.protocol import Beaten

BACKLOG_MAX = 8
#: At most WINDOW characters may be unacknowledged before topics wait. At WINDOW_MAX the connection is closed.
WINDOW = 512 * 1024
WINDOW_MAX = 4 * 1024 * 1024
#: After this many characters, ask the browser what it has seen, without waiting for the next beat.
ASK_AFTER = 128 * 1024
#: A connection whose window is full for this long is closed.
FULL_S = 30.0
#: At most TOLD_MAX beats may be unacknowledged. A beat after less than NUMBER_EVERY characters repeats the last number.
TOLD_MAX, NUMBER_EVERY = 32, 1024


class Writer(Protocol):
    """A server's way to write a shared frame: `live.servers.uvicorn_protocol`."""

    def write_frame(self, frame: bytes) -> bool: ...


_numbers = itertools.count()


class Mailbox:
    """Keeps the frames of each watched topic in order; a topic that falls behind gets its newest snapshot instead.

    Memory per connection is at most `BACKLOG_MAX` references to shared frames per topic, plus a window in the
    server's buffers. `number` is unique within the process.
    """

    __slots__ = (
        "__weakref__", "_ask_at", "_behind", "_closed", "_held", "_number", "_seen_at", "_send", "_sending",
        "_told", "_writer", "beaten_at", "heard_at", "number", "player", "seen", "sent",
    )  # fmt: skip

    def __init__(
        self, send: Callable[[str], Awaitable[None]], *, player: Any = None, writer: Writer | None = None
    ) -> None:
        self.number = next(_numbers)
        self.player = player
        self._send, self._writer = send, writer
        self._held: dict[str, deque[Frame]] = {}
        self._behind: dict[str, Callable[[], Frame]] = {}
        self._sending: asyncio.Task[None] | None = None
        self._closed = False
        self.sent = self.seen = 0
        # Beats that the browser may still acknowledge: random number → characters sent before it.
        self._told: dict[int, int] = {}
        self._number = -1
        # The first time comes earlier, at random, so that a crowd with the same topic is not asked all at once.
        self._ask_at = ASK_AFTER // 2 + secrets.randbelow(ASK_AFTER // 2)
        self.heard_at = self.beaten_at = self._seen_at = time.monotonic()

    # Out

    def post(self, topic: str, frame: Frame, snapshot: Callable[[], Frame]) -> None:
        """Send a frame, or queue it. If this connection falls behind, it gets the whole state from `snapshot`."""
        if not self._write(frame):
            self._hold(topic, frame, snapshot)
            self._go_on()

    def post_all(
        self, topic: str, frames: Sequence[Frame], joined: Frame | Joined, snapshot: Callable[[], Frame]
    ) -> None:
        """The same for several frames; `joined` is all of them in one write, made once for many connections."""
        if not self._write(joined):
            for frame in frames:
                self._hold(topic, frame, snapshot)
            self._go_on()

    def _hold(self, topic: str, frame: Frame, snapshot: Callable[[], Frame]) -> None:
        held = self._held.setdefault(topic, deque())
        if len(held) >= BACKLOG_MAX:
            held.clear()
            self._behind[topic] = snapshot
        if topic not in self._behind:
            held.append(frame)

    def put(self, slot: str, frame: Frame) -> None:
        """Send a frame that replaces any earlier one that still waits in the same slot."""
        if not self._write(frame):
            self._held[slot] = deque([frame])
            self._go_on()

    def beat(self) -> None:
        """Send the browser the time, and a number that stands for everything sent so far."""
        if self.sent - self._told.get(self._number, -NUMBER_EVERY) >= NUMBER_EVERY:
            self._number = secrets.randbelow(1 << 53)
            if len(self._told) >= TOLD_MAX:
                del self._told[next(iter(self._told))]
            self._told[self._number] = self.sent
        self._ask_at, self.beaten_at = self.sent + ASK_AFTER, time.monotonic()
        self.put("beat", Frame(Beaten(time.time_ns() // 1_000_000, self._number)))

    def forget(self, topic: str) -> None:
        """Drop the queued frames of a topic that is no longer watched."""
        self._held.pop(topic, None)
        self._behind.pop(topic, None)

    def close(self) -> None:
        """Send nothing more."""
        self._closed = True
        self._held.clear()
        self._behind.clear()
        if self._sending is not None:
            self._sending.cancel()

    def _write(self, frame: Frame | Joined) -> bool:
        """Write directly, if the queue is empty and the server can take it."""
        if self._writer is None or self._held or self._sending is not None or self._closed or not self._has_room():
            return False
        if not self._writer.write_frame(frame.wire):
            return False
        self.count(frame.size)
        return True

    def _has_room(self) -> bool:
        return self.sent - self.seen < WINDOW

    def _go_on(self) -> None:
        if self._sending is None and not self._closed and self._has_room():
            self._sending = asyncio.create_task(self._send_held(), name="mailbox")

    async def _send_held(self) -> None:
        try:
            while self._has_room() and (frame := self._next()) is not None:
                await self._send(frame.text)
                self.count(frame.size)
        except Exception:
            self.close()  # The client left, or we have closed. The server tells the consumer.
        finally:
            self._sending = None

    def _next(self) -> Frame | None:
        if not self._held:
            return None
        topic, held = next(iter(self._held.items()))
        del self._held[topic]
        if topic in self._behind:
            return self._behind.pop(topic)()
        frame = held.popleft()
        if held:
            # To the end of the line, so that one busy topic does not starve the others.
            self._held[topic] = held
        return frame

    # The window

    def count(self, size: int) -> None:
        """Count characters that were sent."""
        self.sent += size
        if self.sent >= self._ask_at and not self._closed:
            self.beat()

    def acknowledge(self, number: int) -> bool:
        """Record that the browser has seen everything sent before the beat with this number. False: no beat had it.

        The number is random, so only a client that has read it can return it.
        """
        if number not in self._told:
            return False
        seen = self._told[number]
        self._told = {other: sent for other, sent in self._told.items() if sent > seen or other == number}
        if seen > self.seen:
            self.seen, self._seen_at = seen, time.monotonic()
            if self._held:
                self._go_on()
        return True

    def overdue(self) -> str:
        """Why the client seems to have stopped reading, or an empty text."""
        now = time.monotonic()
        if self.sent == self.seen:
            self._seen_at = now
            return ""
        if now - self.heard_at > settings.SOCKET_SILENCE_S:
            return "it says nothing"
        if self.sent - self.seen > WINDOW_MAX or (not self._has_room() and now - self._seen_at > FULL_S):
            return "it acknowledges nothing"
        return ""
