"""What the sockets say of rooms, besides the frames of a room, which its runner builds."""

from typing import Annotated, Any, ClassVar

import msgspec

from live.protocol import ClientMessage, ServerMessage, SiteMessage

Short = Annotated[str, msgspec.Meta(max_length=40)]


class Join(ClientMessage, tag="join"):
    """Show me this room: answered by `room_shown`. Whose seat it is plays here with `take`.

    `connection` is the page's own name for itself, the same while it comes back after a lost line.
    """

    cost: ClassVar[int] = 10

    connection: Short
    take: bool = False


class Input(ClientMessage, tag="input"):
    """An input of my seat. `n` counts from 1: a repeated one is ignored, a gap is answered by `seat`."""

    n: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    input: Short


class Resign(ClientMessage, tag="resign"):
    """I give up."""

    cost: ClassVar[int] = 20


class Emote(ClientMessage, tag="emote"):
    """Show everybody in the room one of the game's emotes."""

    cost: ClassVar[int] = 20

    emote: Short


class Rematch(ClientMessage, tag="rematch"):
    """Once the match is over: I would play again. When all would, `room_next` leads everybody to the new room."""

    cost: ClassVar[int] = 20


class Seek(ClientMessage, tag="seek"):
    """I look for an opponent; sent again every 4 seconds while I do. Answered by `seeking`, or by `matched`."""

    cost: ClassVar[int] = 4


class Seated(ServerMessage, tag="seat"):
    """Which seat is yours (None: you watch), and the number of its last input that was taken.

    `elsewhere`: another page plays the seat, and what this one sent and is not counted in `n` is lost.
    """

    seat: int | None = None
    n: int = 0
    elsewhere: bool = False


class Seeking(ServerMessage, tag="seeking"):
    """How many look for an opponent, you among them."""

    waiting: int


class Matched(ServerMessage, tag="matched"):
    """You have an opponent: go to this room."""

    room: str


class Challenged(ServerMessage, tag="challenged"):
    """Somebody (`by`) wants to play a game with you in this room; it ends in `seconds`."""

    room: str
    by: str
    title: str
    seconds: int


class Shown(ServerMessage, tag="room_shown"):
    """A room as it stands: the last `room` keyframe, and the frames since, oldest first."""

    key: msgspec.Raw
    frames: list[msgspec.Raw]


class Keyframe(ServerMessage, tag="room"):
    """All that may be seen of a room: sent when something besides the game has changed. Times are UTC ms.

    `v` is the version, `t` the tick, `a` the number of each seat's last input that was played. A seat has `player`,
    `card`, `rating`, `provisional`, `bot`, `connection` (the page that plays it) and `away_s` (seconds until it is
    given up; null: it is here); a free one is null. `view` is the game's own picture; `results` has `place`, `points`
    and `marks` once over.
    """

    room: str
    game: str
    epoch: int
    v: int
    t: int
    a: list[int]
    status: str
    rated: bool
    tick_ms: int
    starts_ms: int
    watchers: int
    seats: list[dict[str, Any] | None]
    view: dict[str, Any]
    results: list[dict[str, Any]]


class Stepped(ServerMessage, tag="frame"):
    """What a room did: `d` leads from version `v` - 1 to this one, as the game says."""

    v: int
    t: int
    a: list[int]
    d: Any


class Emoted(ServerMessage, tag="emoted"):
    """A seat shows an emote."""

    seat: int
    emote: str


class Asks(ServerMessage, tag="room_asks"):
    """A seat would play again."""

    seat: int


class Next(ServerMessage, tag="room_next"):
    """The match goes on in another room, in so many ms: go there, whether you play or watch."""

    room: str
    in_ms: int = 0


class Rated(ServerMessage, tag="rated"):
    """What the match did to each seat's rating."""

    before: list[int]
    after: list[int]


class Again(ServerMessage, tag="room_again"):
    """Somebody has taken a seat: join anew."""


SeekMessage = SiteMessage | Seek
RoomMessage = SiteMessage | Join | Input | Resign | Emote | Rematch
