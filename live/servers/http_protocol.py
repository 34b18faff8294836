"""uvicorn's HTTP protocol with limits on what a client may use before its request is complete.

Heads and bodies have a maximum size and a deadline, and an answer that nobody reads is cut off. One address may hold
at most ADDRESS_CONNECTIONS_MAX connections of a process open. Behind proxies they are not counted, since all come from
the proxies. A process refuses connections before it runs out of file descriptors.
"""

import asyncio
import logging
import time
from collections import Counter
from typing import Any

from django.conf import settings
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from live.observe import counters
from live.rate_limits import place
from live.servers.bodies import READ_ON_MAX

logger = logging.getLogger(__name__)

HEAD_BYTES_MAX = 32 * 1024
HEAD_S = 10.0
#: A body has at most 1 MiB (live/servers/bodies.py): that much takes 30 seconds at 35 KB/s.
BODY_S = 30.0
#: The limit on the wire, including everything between the chunks of a body.
BODY_BYTES_MAX = READ_ON_MAX + READ_ON_MAX // 4
#: A client that takes nothing of an answer for this long is cut off.
STALLED_S = 60.0
TELL_EVERY_S = 60.0
_END = b"\r\n\r\n"

#: How many connections each address holds open in this process.
open_by_address: Counter[str] = Counter()
_told_at: dict[str, float] = {}


class BoundedHttpProtocol(HttpToolsProtocol):
    """A connection until it is upgraded. The process has file descriptors for `connections_max` of them."""

    connections_max = 100_000

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._counted_as = ""
        self._in_head, self._head_bytes, self._tail = True, 0, b""
        self._body_bytes, self._since_body = 0, 0
        self._deadline: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if len(self.connections) > self.connections_max:
            _tell("files", f"{self.connections_max} connections are open, which is all that there are files for")
            return transport.abort()
        address = place(self.client[0]) if self.client and not settings.PROXY_COUNT else ""
        if address and open_by_address[address] >= settings.ADDRESS_CONNECTIONS_MAX:
            _tell("address", f"{address} holds {settings.ADDRESS_CONNECTIONS_MAX} connections open and gets no more")
            return transport.abort()
        if address:
            self._counted_as = address
            open_by_address[address] += 1
        self._within(HEAD_S)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._free()

    def _free(self) -> None:
        self._within(None)
        if self._stalled is not None:
            self._stalled.cancel()
        release(self._counted_as)
        self._counted_as = ""

    def _within(self, seconds: float | None) -> None:
        """End the connection unless the next step comes within this many seconds; None: no limit."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.loop.call_later(seconds, self._too_late)

    def _too_late(self) -> None:
        counters.count("connections_too_slow")
        self.transport.abort()

    # Reading

    def data_received(self, data: bytes) -> None:
        if self._in_head and not self._head_fits(data):
            return self._refuse(431)
        if not self._in_head and not self._body_fits(data):
            counters.count("bodies_refused")
            return self.transport.abort()
        if self._in_head and self._deadline is None:
            self._within(HEAD_S)  # Another request on a keep-alive connection.
        super().data_received(data)

    def _head_fits(self, data: bytes) -> bool:
        room = HEAD_BYTES_MAX - self._head_bytes
        if len(data) > room and _END not in self._tail + data[:room]:
            return False
        self._head_bytes += len(data)
        self._tail = (self._tail + data[-3:])[-3:]
        return True

    def _body_fits(self, data: bytes) -> bool:
        # Trailers and chunk extensions are not part of the body, but collect in the parser.
        self._body_bytes += len(data)
        self._since_body += len(data)
        return self._body_bytes <= BODY_BYTES_MAX and self._since_body - len(data) <= HEAD_BYTES_MAX

    def on_body(self, body: bytes) -> None:
        self._since_body = 0
        super().on_body(body)

    def on_headers_complete(self) -> None:
        self._in_head, self._body_bytes, self._since_body = False, 0, 0
        self._within(BODY_S)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head, self._head_bytes, self._tail = True, 0, b""
        self._within(None)
        super().on_message_complete()

    def _refuse(self, status: int) -> None:
        counters.count("heads_refused")
        self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        # From here on the WebSocket protocol owns the connection, and its place in the address's count.
        taken_over: Any = self.transport.get_protocol()
        if taken_over is not self:
            taken_over.counted_as, self._counted_as = self._counted_as, ""
            taken_over.refuse_unread()
        self._free()

    # Writing

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled = self.loop.call_later(STALLED_S, self._too_late)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None


def release(address: str) -> None:
    """A counted connection of an address has ended."""
    if address:
        open_by_address[address] -= 1
        if open_by_address[address] <= 0:
            del open_by_address[address]


def _tell(kind: str, words: str) -> None:
    """Log at most one line a minute for each kind of refusal."""
    counters.count(f"refused_connections_{kind}")
    now = time.monotonic()
    if now - _told_at.get(kind, -TELL_EVERY_S) >= TELL_EVERY_S:
        _told_at[kind] = now
        logger.warning("a connection was refused: %s", words)
