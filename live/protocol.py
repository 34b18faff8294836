"""Every message that the sockets speak, in both directions, and nothing else.

A message is one JSON object in one text frame; its `type` picks the class below. `docs/protocol.md`
is made from this file. Times are UTC milliseconds since 1970.
"""

from typing import Annotated, Any

import msgspec

MESSAGE_BYTES_MAX = 8 * 1024
BEAT_S = 15


class Message(msgspec.Struct, tag_field="type", forbid_unknown_fields=True, omit_defaults=True):
    """Base of all messages."""


# From the browser, on every socket.


class Watch(Message, tag="watch"):
    """Send me this topic: a `snapshot` now, then a `diff` at every change.

    A topic of events (`feed`) answers with `lines`: those after the id that I saw last (`after`), or else all it keeps.
    """

    topic: Annotated[str, msgspec.Meta(max_length=100)]
    after: Annotated[str, msgspec.Meta(max_length=100)] = ""


class Unwatch(Message, tag="unwatch"):
    """Send me this topic no more."""

    topic: str


class Beat(Message, tag="beat"):
    """I am still here; sent every 15 seconds. It renews the presence lease.

    `seen`, the number of the last `beat` that came, acknowledges all that was sent before it. A beat without it, or
    with `ask`, is answered by `beat`. `away`: the page has been hidden for five minutes.
    """

    seen: int | None = None
    ask: bool = False
    away: bool = False


# From the browser, on a play socket.


class Start(Message, tag="start"):
    """Give me my open run of this game, or a new one when none is open; answered by `run`."""


class Resume(Message, tag="resume"):
    """Show me this run of mine as it stands, ended or not; answered by `run`."""

    run: str


class Move(Message, tag="move"):
    """One input. `seq` counts from 1 within the run: a repeated one is ignored, a gap is answered by `run`."""

    run: str
    seq: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    input: str


class End(Message, tag="end"):
    """End my run where it stands and rank it; answered by `finished`."""

    run: str


# From the server, on every socket.


class Hello(Message, tag="hello"):
    """First message: who the socket belongs to (no player: just watching) and how often to beat."""

    player: int | None = None
    name: str = ""
    beat_s: int = BEAT_S
    store_away: bool = False


class Snapshot(Message, tag="snapshot"):
    """The whole state of a topic, as a flat object."""

    topic: str
    version: int
    state: dict[str, Any]


class Diff(Message, tag="diff"):
    """What changed since `version - 1`: keys to set, keys to drop. After any other version, watch again."""

    topic: str
    version: int
    set: dict[str, Any] = {}
    drop: list[str] = []


class Lines(Message, tag="lines"):
    """Events of a topic, oldest first: new ones, and the ids of those that were taken back (`drop`).

    The first after `watch` has `order`, the ids of all that stand: whatever is not in it was taken back, or is too
    old. `version` as in `diff`.
    """

    topic: str
    version: int
    lines: list[dict[str, Any]]
    drop: list[str] = []
    order: list[str] | None = None


class Beaten(Message, tag="beat"):
    """Answer to `beat`; also sent unasked, after 15 seconds without one and after 128 KiB.

    `sent` is a random number that stands for all that this connection was sent so far; give it back as `seen`, of
    several the last: with your next beat, or at once when you did not ask. With 512 KiB sent and not seen, topics
    wait; a connection that acknowledges nothing is closed.
    """

    at_ms: int
    sent: int = 0


class Standing(Message, tag="standing"):
    """The player's own place on a board they watch; no rank when not on it.

    Sent after `watch` and when it changed, at most every 2 seconds. `rank_before` is what the last one said.
    """

    topic: str
    rank: int | None = None
    points: int | None = None
    size: int = 0
    to_next: int | None = None
    rank_before: int | None = None


class Store(Message, tag="store"):
    """Our store went away or came back; until then topics stand still, and afterwards they catch up by themselves."""

    away: bool


class Passed(Message, tag="passed"):
    """Somebody (`by`) passed the player on a board, `points` ahead, and `rank` is the player's place now.

    `title` and `period` are words; `format` says how the board writes points, `points` or `time` (milliseconds).
    """

    topic: str
    title: str
    period: str
    by: str
    points: int
    format: str
    rank: int


class Friends(Message, tag="friends"):
    """Those whom this player follows and who are online, each as the topic `online` has them, with their `id`."""

    topic: str
    players: list[dict[str, Any]]


class Achieved(Message, tag="achieved"):
    """This player has earned an achievement, and coins with it."""

    slug: str
    title: str
    words: str
    coins: int


class Notice(Message, tag="notice"):
    """A word from the operators, to this player."""

    text: str


class Error(Message, tag="error"):
    """A request was refused, or our store is away (`retry`). The socket lives on.

    `retry_after_s`: it was too often; going on regardless closes the socket with 1008.
    """

    code: str
    message: str
    retry: bool = False
    retry_after_s: int = 0


class SignedOut(Message, tag="signed_out"):
    """The session behind this socket has ended; the socket closes with 4401."""


# From the server, on a play socket.


class RunState(Message, tag="run"):
    """A run as it stands: answer to `start` and `resume`, and to a `move` that did not fit."""

    run: str
    seq: int
    points: int
    over: bool
    view: dict[str, Any]


class Moved(Message, tag="moved"):
    """Move `seq` was played; `view` is the game's own picture of the state after it."""

    run: str
    seq: int
    points: int
    over: bool
    view: dict[str, Any]


class Finished(Message, tag="finished"):
    """The run is over and ranked; `report` says what it changed on each period of the board."""

    run: str
    points: int
    report: dict[str, Any]


SiteMessage = Watch | Unwatch | Beat
PlayMessage = SiteMessage | Start | Resume | Move | End
ServerMessage = (
    Hello
    | Snapshot
    | Diff
    | Lines
    | Beaten
    | Standing
    | Store
    | Passed
    | Friends
    | Achieved
    | Notice
    | Error
    | SignedOut
    | RunState
    | Moved
    | Finished
)

CLOSE_CODES = {
    1007: "A text frame that is not UTF-8.",
    1008: "Ten refused messages within a minute: not part of the protocol, or too often.",
    1009: "A message larger than the server reads at all (64 KiB).",
    1011: "A mistake of ours; it is in the log.",
    1012: "The server restarts; come back after a short random pause.",
    1013: "Our store does not answer; come back after a short random pause.",
    4401: "The session has ended: signed out here or elsewhere.",
    4408: "Nothing was acknowledged: for 45 seconds without a word, for 30 with 512 KiB on the way, or with 4 MiB.",
}

_encoder = msgspec.json.Encoder()
_server_decoder = msgspec.json.Decoder(ServerMessage)


def encode(message: Message) -> str:
    """The text frame of a message."""
    return _encoder.encode(message).decode()


def decode_server(text: str | bytes) -> Message:
    """A message of ours, as a client reads it.

    Raises:
        msgspec.DecodeError: it is none.
    """
    return _server_decoder.decode(text)
