"""Frames: encodes a message once for many connections, and decodes what clients send.

A message is encoded and framed once for all: a server does not mask its frames (RFC 6455, 5.1), so the bytes on the
wire are the same for every client.
"""

import functools
import struct
from collections.abc import Sequence
from typing import Any

import msgspec
from django.utils.translation import gettext_noop

from live import protocol
from live.errors import BadMessage
from live.protocol import ClientMessage, Message, encode

TEXT = 0x81  # A whole message in one frame.


class Frame:
    """One message, or a text that is already encoded. `size`, in characters, counts towards a connection's window."""

    def __init__(self, message: Message | str) -> None:
        self.text = message if isinstance(message, str) else encode(message)
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


class Joined:
    """Several frames as they are written at once."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        self.wire = b"".join([frame.wire for frame in frames])
        self.size = sum(frame.size for frame in frames)


def join(frames: Sequence[Frame]) -> Frame | Joined:
    """Frames that go out in one write."""
    return frames[0] if len(frames) == 1 else Joined(frames)


def decode(event: dict[str, Any], decoder: msgspec.json.Decoder[Any]) -> ClientMessage:
    """The message in a `websocket.receive` event.

    Raises:
        BadMessage: binary, too long, not JSON, unknown, or with a field of the wrong type.
    """
    text = event.get("text")
    if text is None:
        raise BadMessage(gettext_noop("Only text frames are read here."))
    # The first check is cheap and refuses most long texts. The second one counts the bytes.
    if len(text) > protocol.MESSAGE_BYTES_MAX or len(text.encode(errors="replace")) > protocol.MESSAGE_BYTES_MAX:
        raise BadMessage(gettext_noop("A message has at most {count} bytes."), count=protocol.MESSAGE_BYTES_MAX)
    try:
        return decoder.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise BadMessage(str(error)[:200]) from error
