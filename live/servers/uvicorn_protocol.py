"""uvicorn's WebSocket protocol, plus an ASGI extension that writes a frame which was built once for many connections.

`uvicorn --ws live.servers.uvicorn_protocol:SharedFrameProtocol`. Other servers lack the extension and get `send`.
"""

import logging
from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request

from live.observe import counters
from live.servers.http_protocol import release

logger = logging.getLogger(__name__)

#: The scope's `extensions` has this key, with the connection's `SharedFrameProtocol` as its `writer`.
EXTENSION = "gameapp.shared_frames"


#: What one connection may send, at once and per second: bytes, and frames that do not start a text message (pings,
#: pongs, continuations, binary frames). Such frames cost us time, and no other rate limit counts them.
BYTES_AT_ONCE, BYTES_PER_S = 2 * 1024 * 1024, 128 * 1024
FRAMES_AT_ONCE, FRAMES_PER_S = 200, 20
#: At most this many text messages are read after a socket was closed; before that their own rate limit counts.
LATE_AT_ONCE, LATE_PER_S = 400, 200
#: At most this many bytes may come before the handshake is answered; browsers send none.
EARLY_BYTES_MAX = 4096
#: The deadline for answering a handshake.
HANDSHAKE_S = 10.0
#: After parsing this many bytes, check again whether the application has taken the messages.
SLICE = 4096


class Meter:
    """A token bucket: it holds at most `at_once` and refills by `per_s` a second."""

    __slots__ = ("at_once", "left", "looked_at", "per_s")

    def __init__(self, at_once: float, per_s: float, now: float) -> None:
        self.at_once, self.per_s, self.left, self.looked_at = at_once, per_s, at_once, now

    def spend(self, amount: float, now: float) -> bool:
        """Whether there was enough left; it is spent either way."""
        self.left = min(self.at_once, self.left + (now - self.looked_at) * self.per_s) - amount
        self.looked_at = now
        return self.left >= 0


class SharedFrameProtocol(WebSocketsSansIOProtocol):
    """Writes shared frames. This needs compression to be off: a compressed frame differs from client to client.

    A client that floods the connection with bytes or with other frames than messages is cut off. Messages are parsed no
    faster than the application takes them. `counted_as`: see `live.servers.http_protocol`.
    """

    counted_as = ""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        now = self.loop.time()
        self._bytes = Meter(BYTES_AT_ONCE, BYTES_PER_S, now)
        self._frames = Meter(FRAMES_AT_ONCE, FRAMES_PER_S, now)
        self._late = Meter(LATE_AT_ONCE, LATE_PER_S, now)
        self._rest = b""
        self._early_bytes, self._is_deaf, self._closed_here = 0, False, False
        self._answered_by = self.loop.call_later(HANDSHAKE_S, self._too_late)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._answered_by.cancel()
        release(self.counted_as)
        self.counted_as = ""

    def data_received(self, data: bytes) -> None:
        if not self._bytes.spend(len(data), self.loop.time()):
            return self._flooded()
        if self.handshake_initiated and not self.handshake_complete:
            self._early_bytes += len(data)
            if self._early_bytes > EARLY_BYTES_MAX:
                return self._flooded()
        self._rest += data
        self._parse()

    def _parse(self) -> None:
        """Parse what is there, slice by slice, no faster than the application takes messages."""
        data, self._rest = self._rest, b""
        for start in range(0, len(data), SLICE):
            if self._is_deaf or self.transport.is_closing():
                return  # What still comes is thrown away unread.
            if self.read_paused:
                self._rest = data[start:]
                return
            super().data_received(data[start : start + SLICE])

    async def receive(self) -> Any:
        message = await super().receive()
        self._parse()
        return message

    def refuse_unread(self) -> None:
        """Answer a request that was not a valid handshake, with the error that its parser prepared."""
        if not self.handshake_initiated:
            answer = b"".join(self.conn.data_to_send())
            self.transport.write(answer or b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n")
            self.transport.close()

    def _too_late(self) -> None:
        if not self.handshake_complete:
            counters.count("connections_too_slow")
            self.transport.abort()

    def _counted(self) -> bool:
        """Count a frame that is no text message; False ends the connection."""
        if self._frames.spend(1, self.loop.time()):
            return True
        self._flooded()
        return False

    def _flooded(self) -> None:
        if not self.transport.is_closing():
            counters.count("sockets_flooded")
            logger.info("a socket was ended: it sent too many bytes, or frames that are no message")
            self.transport.abort()

    def handle_text(self, event: Frame) -> None:
        if self.close_sent and not self._late.spend(1, self.loop.time()):
            self._is_deaf = True
        if not self._is_deaf:
            super().handle_text(event)

    def handle_bytes(self, event: Frame) -> None:
        if self._counted():
            super().handle_bytes(event)

    def handle_cont(self, event: Frame) -> None:
        if self._counted():
            super().handle_cont(event)

    def handle_pong(self, event: Frame) -> None:
        if self._counted():
            super().handle_pong(event)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101 and not self.config.ws_per_message_deflate:
            self.scope["extensions"][EXTENSION] = {"writer": self}

    async def send(self, message: Any) -> None:
        if self._closed_here:
            raise ClientDisconnected  # The application does not know yet.
        await super().send(message)
        self._parse()  # After our close, the unparsed rest may contain the client's close.

    def send_receive_event_to_app(self) -> None:
        # uvicorn refuses invalid UTF-8 too, but logs a traceback for it, which any stranger could cause.
        try:
            if self.curr_msg_data_type == "text":
                b"".join(self.frames).decode()
        except UnicodeDecodeError:
            self.frames = []
            self.conn.send_close(1007)
            self._closed_here = True
            return self.handle_parser_exception()
        super().send_receive_event_to_app()

    def handle_ping(self) -> None:
        # A client that pings but does not read gets no pongs: they would pile up here without limit.
        if self._counted() and self.writable.is_set():
            return super().handle_ping()
        self.conn.data_to_send()

    def write_frame(self, frame: bytes) -> bool:
        """Write a whole frame now; False when the connection cannot take more now, or is closing."""
        if not self.writable.is_set() or not self.handshake_complete or self.close_sent or self.transport.is_closing():
            return False
        self.transport.write(frame)
        return True

    def abort(self) -> None:
        """End the connection at once; what was not read is thrown away."""
        self.transport.abort()
