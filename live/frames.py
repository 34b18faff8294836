"""A text message ready to be sent to many connections: encoded once, and framed for the wire once.

What a server sends is not masked (RFC 6455, 5.1), so the bytes on the wire are the same for every client.
"""

import functools
import struct

from live.protocol import Message, encode

TEXT = 0x81  # A whole message in one frame.


class Frame:
    """One message. `size` is what a connection's window counts, in characters."""

    def __init__(self, message: Message) -> None:
        self.text = encode(message)
        self.size = len(self.text)

    @functools.cached_property
    def wire(self) -> bytes:
        """The whole WebSocket frame (RFC 6455, 5.2)."""
        payload = self.text.encode()
        size = len(payload)
        if size < 126:
            return bytes((TEXT, size)) + payload
        if size < 1 << 16:
            return struct.pack("!BBH", TEXT, 126, size) + payload
        return struct.pack("!BBQ", TEXT, 127, size) + payload
