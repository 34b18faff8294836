"""A text message ready to be sent to many connections: encoded once, and framed for the wire once.

What a server sends is not masked (RFC 6455, 5.1), so the bytes on the wire are the same for every client.
"""

import functools

from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode

from live.protocol import Message, encode


class Frame:
    """One message. `size` is what a connection's window counts, in characters."""

    def __init__(self, message: Message) -> None:
        self.text = encode(message)
        self.size = len(self.text)

    @functools.cached_property
    def wire(self) -> bytes:
        """The whole WebSocket frame."""
        return WebSocketFrame(Opcode.TEXT, self.text.encode()).serialize(mask=False)
