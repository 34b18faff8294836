"""uvicorn's WebSocket protocol, plus an ASGI extension that writes a frame which was built once for many connections.

`uvicorn --ws live.uvicorn_protocol:SharedFrameProtocol`. Other servers lack the extension and get `send`.
"""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

#: The scope's `extensions` has this key, with the connection's `SharedFrameProtocol` as its `writer`.
EXTENSION = "gameapp.shared_frames"


class SharedFrameProtocol(WebSocketsSansIOProtocol):
    """Messages without compression only: a compressed frame is not the same for everybody."""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101 and not self.config.ws_per_message_deflate:
            self.scope["extensions"][EXTENSION] = {"writer": self}

    def send_receive_event_to_app(self) -> None:
        # uvicorn refuses this itself, with a traceback in the log for whatever a stranger sends.
        try:
            if self.curr_msg_data_type == "text":
                b"".join(self.frames).decode()
        except UnicodeDecodeError:
            self.frames = []
            self.conn.send_close(1007)
            return self.handle_parser_exception()
        super().send_receive_event_to_app()

    def handle_ping(self) -> None:
        # Somebody who pings and does not read the pongs gets none: they would pile up here without bound.
        if self.writable.is_set():
            return super().handle_ping()
        self.conn.data_to_send()

    def write_frame(self, frame: bytes) -> bool:
        """Write a whole frame now; False when the connection takes nothing more for the moment, or ever."""
        if not self.writable.is_set() or not self.handshake_complete or self.close_sent or self.transport.is_closing():
            return False
        self.transport.write(frame)
        return True

    def abort(self) -> None:
        """End the connection at once; what was not read is thrown away."""
        self.transport.abort()
