"""The messages that every socket speaks, in both directions. Apps add their own in their `messages.py`.

A message is one JSON object in one text frame; its `type` picks the class. `docs/protocol.md` is made from them all.
Times are UTC milliseconds since 1970.
"""

import functools
from typing import Annotated, Any, ClassVar, Union

import msgspec

MESSAGE_BYTES_MAX = 8 * 1024
BEAT_S = 15


class Message(msgspec.Struct, tag_field="type", forbid_unknown_fields=True, omit_defaults=True):
    """Base of all messages."""


class ClientMessage(Message):
    """Base of messages from a browser. `cost` counts against the sender's rate limit, about 1 per round trip."""

    cost: ClassVar[int] = 1


class ServerMessage(Message):
    """Base of messages from the server. Apps declare theirs in their own `messages.py`."""


# From the browser, on every socket.


class Watch(ClientMessage, tag="watch"):
    """Send me this topic: a `snapshot` now, then a `diff` at every change.

    A topic of events (`feed`) answers with `lines`: those after the id that I saw last (`after`), or else all it keeps.
    """

    cost: ClassVar[int] = 10  # A whole state.

    topic: Annotated[str, msgspec.Meta(max_length=100)]
    after: Annotated[str, msgspec.Meta(max_length=100)] = ""


class Unwatch(ClientMessage, tag="unwatch"):
    """Stop sending me this topic."""

    topic: str


class Beat(ClientMessage, tag="beat"):
    """I am still here; sent every 15 seconds. It renews the presence lease.

    `seen` is the number of the last `beat` received, and acknowledges everything sent before it. A beat without
    `seen`, or with `ask`, is answered by `beat`. `away`: the page has been hidden for five minutes.
    """

    cost: ClassVar[int] = 4

    seen: int | None = None
    ask: bool = False
    away: bool = False


# From the server, on every socket.


class Hello(ServerMessage, tag="hello"):
    """First message: who the socket belongs to (no player: just watching) and how often to beat."""

    player: int | None = None
    name: str = ""
    beat_s: int = BEAT_S
    store_away: bool = False


class Snapshot(ServerMessage, tag="snapshot"):
    """The whole state of a topic, as a flat object."""

    topic: str
    version: int
    state: dict[str, Any]


class Diff(ServerMessage, tag="diff"):
    """What changed since `version - 1`: keys to set, keys to drop. After any other version, watch again."""

    topic: str
    version: int
    set: dict[str, Any] = {}
    drop: list[str] = []


class Lines(ServerMessage, tag="lines"):
    """Events of a topic, oldest first: new ones, and the ids of those that were removed (`drop`).

    The first `lines` after `watch` has `order`, the ids of all current events: an event that is not in it was removed,
    or is too old. `version` is as in `diff`.
    """

    topic: str
    version: int
    lines: list[dict[str, Any]]
    drop: list[str] = []
    order: list[str] | None = None


class Beaten(ServerMessage, tag="beat"):
    """Answer to `beat`. Also sent unasked when the last one was sent 15 seconds ago, and after 128 KiB.

    `sent` is a random number that stands for everything sent to this connection so far. Return the latest one as
    `seen`: with your next beat, or at once when this message came unasked. While 512 KiB are sent but not seen, topics
    wait. A connection that acknowledges nothing is closed.
    """

    at_ms: int
    sent: int = 0


class Store(ServerMessage, tag="store"):
    """Our store went away or came back. While it is away topics do not change; afterwards they catch up."""

    away: bool


class Error(ServerMessage, tag="error"):
    """A request was refused, or our store is away (`retry`). The socket stays open.

    `retry_after_s`: the rate limit was reached. Further refused messages close the socket with 1008.
    """

    code: str
    message: str
    retry: bool = False
    retry_after_s: int = 0


class SignedOut(ServerMessage, tag="signed_out"):
    """The session behind this socket has ended; the socket closes with 4401. `why` is `banned`, or empty."""

    why: str = ""


SiteMessage = Watch | Unwatch | Beat

CLOSE_CODES = {
    1007: "A text frame that is not UTF-8.",
    1008: "Ten refused messages within a minute: not part of the protocol, or too often.",
    1009: "A message larger than the server accepts (64 KiB).",
    1011: "A server error; it is in the log.",
    1012: "The server restarts; come back after a short random pause.",
    1013: "Our store does not answer; come back after a short random pause.",
    4401: "The session has ended: signed out here or elsewhere.",
    4408: "Nothing was acknowledged: 45 seconds of silence, 30 seconds with 512 KiB on the way, or 4 MiB on the way.",
}

_encoder = msgspec.json.Encoder()


def encode(message: Message) -> str:
    """The text frame of a message."""
    return _encoder.encode(message).decode()


def decode_server(text: str | bytes) -> Message:
    """Decode a message from the server, as a client does.

    Raises:
        msgspec.DecodeError: it is none.
    """
    return _server_decoder(len(ServerMessage.__subclasses__())).decode(text)


@functools.cache
def _server_decoder(_: int) -> msgspec.json.Decoder[ServerMessage]:
    return msgspec.json.Decoder(Union[tuple(ServerMessage.__subclasses__())])  # noqa: UP007  (made at run time)
