"""What the sockets say of rooms, besides the frames of a room, which its runner builds (see docs/rooms.md)."""

from typing import Annotated, ClassVar

import msgspec

from live.protocol import ClientMessage, ServerMessage, SiteMessage

Short = Annotated[str, msgspec.Meta(max_length=40)]


class Join(ClientMessage, tag="join"):
    """Show me this room: answered by `room` and the frames since. Whose seat it is plays here with `take`.

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


class Emote(ClientMessage, tag="emote"):
    """Show everybody in the room one of the game's emotes."""

    cost: ClassVar[int] = 20

    emote: Short


class Rematch(ClientMessage, tag="rematch"):
    """Once the match is over: I would play again. When all would, `room_next` leads everybody to the new room."""

    cost: ClassVar[int] = 20


class Seated(ServerMessage, tag="seat"):
    """Which seat is yours (None: you watch), and the number of its last input that was taken."""

    seat: int | None = None
    n: int = 0


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


RoomMessage = SiteMessage | Join | Input | Resign | Emote | Rematch
