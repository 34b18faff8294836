"""From a frame of a stranger to a message of the protocol."""

from typing import Any

import msgspec

from live import protocol
from live.errors import BadMessage
from live.protocol import Message


def decode(event: dict[str, Any], decoder: msgspec.json.Decoder[Any]) -> Message:
    """The message in a `websocket.receive` event.

    Raises:
        BadMessage: binary, too long, not JSON, unknown, or with a field of the wrong type.
    """
    text = event.get("text")
    if text is None:
        raise BadMessage("Only text frames are read here.")
    # The first bound is cheap and true for ASCII; only text near the limit is measured in bytes.
    if len(text) > protocol.MESSAGE_BYTES_MAX or len(text.encode(errors="replace")) > protocol.MESSAGE_BYTES_MAX:
        raise BadMessage(f"A message has at most {protocol.MESSAGE_BYTES_MAX} bytes.")
    try:
        return decoder.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise BadMessage(str(error)[:200]) from error
