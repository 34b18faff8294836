"""Rooms as web processes see them: made, joined, talked to, read. What happens in one its runner decides."""

import enum
import secrets
import time
from collections.abc import Sequence
from typing import Any

import msgspec
from django.utils.translation import gettext_noop

from accounts.cards import Card
from games.rooms import keys, registry
from games.rooms.game import RoomGame, find_room_game
from games.rooms.messages import Again
from live.errors import GameError
from live.protocol import Message, encode
from store.client import client, publishing
from store.scripts import Argument, script

_break = script(__file__, "room_break")
_free = script(__file__, "room_free")
_here = script(__file__, "room_here")
_input = script(__file__, "room_input")
_make = script(__file__, "room_make")
_sit = script(__file__, "room_sit")

TTL_MS = 60 * 60 * 1000
INPUTS_KEPT = 5_000
OPEN, WAITING, PLAYING, OVER = "open", "waiting", "playing", "over"


class UnknownRoom(GameError):
    code = "unknown_room"
    message = gettext_noop("There is no such room, or it ended a while ago.")


class NotYourSeat(GameError):
    code = "not_your_seat"
    message = gettext_noop("That seat is somebody else’s.")


class RoomOver(GameError):
    code = "room_over"
    message = gettext_noop("That match is over.")


class RoomFull(GameError):
    code = "room_full"
    message = gettext_noop("All seats are taken. You can watch.")


class Seat(msgspec.Struct, frozen=True):
    """Who has a seat: a player, or a bot (player 0). `origin` tells apart where rated players come from."""

    player: int
    card: Card
    rating: int = 0
    provisional: bool = True
    bot: bool = False
    skill: float = 0.0
    origin: str = ""


class Room(msgspec.Struct, frozen=True):
    """A room as Redis has it; `numbers` are those of each seat's last input, `until_ms` is when a free seat ends.
    An arena waits `pause_ms` before it begins.

    `again` has the seats that would play again, `next` the room in which they do.
    """

    id: str
    game: RoomGame
    seed: str
    status: str
    rated: bool
    seats: list[Seat | None]
    epoch: int
    next: str
    only: int
    until_ms: int
    pause_ms: int
    again: list[int]
    numbers: list[int]

    def seat_of(self, player: int | None) -> int | None:
        """The number of a player's seat; None: they have none."""
        found = (number for number, seat in enumerate(self.seats) if seat and not seat.bot and seat.player == player)
        return next(found, None) if player else None

    @property
    def is_rated(self) -> bool:
        """Whether it counts: no bots, and nobody against themselves or a neighbour behind the same address."""
        taken = [seat for seat in self.seats if seat and not seat.bot]
        origins = {seat.origin for seat in taken if seat.origin}
        return self.rated and len(origins) == len(taken) == len(self.seats)

    @property
    def players(self) -> list[int]:
        return [seat.player for seat in self.seats if seat and not seat.bot]


_seat = msgspec.json.Decoder(Seat)


async def make(
    game: RoomGame,
    seats: Sequence[Seat | None],
    *,
    rated: bool,
    id: str = "",
    only: int = 0,
    open_s: int = 0,
    pause_s: int = 0,
) -> str:
    """Make a room and return its id; one whose seats are all taken is run at once, and so is an arena.

    An id that is there is left alone. An arena begins `pause_s` after that, and its players are in it once they join.
    A free seat may be kept for one player (`only`), and the room may end when it is not taken within `open_s`.

    Raises:
        Elsewhere: all seats are taken, and one of the players is in another match.

    Redis: lua/room_make.lua, one round trip; one or two more when it is to be run.
    """
    room_id = id or secrets.token_urlsafe(9)
    full = all(seats) or game.arena is not None
    fields: dict[str, str | int] = {
        "game": game.slug,
        "seed": secrets.token_hex(16),
        "seats": game.seats,
        "status": WAITING if full else OPEN,
        "rated": int(rated),
        "epoch": 0,
        "only": only,
        "pause_ms": 1000 * pause_s,
        "until_ms": time.time_ns() // 1_000_000 + 1000 * open_s if open_s else 0,
    }
    for number, seat in enumerate(seats):
        if seat is not None:
            fields[f"player:{number}"] = seat.player
            fields[f"seat:{number}"] = msgspec.json.encode(seat).decode()
    flat = [part for field in fields.items() for part in field]
    is_new = await _make([keys.room(room_id)], [1000 * open_s or TTL_MS, *flat])
    if full and (is_new or await client().hget(keys.room(room_id), "status") == WAITING):
        players = [] if game.arena else [seat.player for seat in seats if seat and not seat.bot]
        await registry.add(room_id, players)
    return room_id


async def load(room_id: str) -> Room:
    """A room as it stands. One round trip.

    Raises:
        UnknownRoom: there is none.
    """
    fields = await client().hgetall(keys.room(room_id)) if len(room_id) <= 40 else {}
    if "seed" not in fields:
        raise UnknownRoom
    return of(room_id, fields)


def of(room_id: str, fields: dict[str, str]) -> Room:
    """A room from its hash."""
    texts = [fields.get(f"seat:{number}") for number in range(int(fields["seats"]))]
    return Room(
        id=room_id,
        game=find_room_game(fields["game"]),
        seed=fields["seed"],
        status=fields["status"],
        rated=fields["rated"] == "1",
        seats=[_seat.decode(text) if text else None for text in texts],
        epoch=int(fields["epoch"]),
        next=fields.get("next", ""),
        only=int(fields.get("only", 0)),
        until_ms=int(fields.get("until_ms", 0)),
        pause_ms=int(fields.get("pause_ms", 0)),
        again=[number for number in range(int(fields["seats"])) if f"again:{number}" in fields],
        numbers=[int(fields.get(f"n:{number}", 0)) for number in range(int(fields["seats"]))],
    )


async def sit(room: Room, seat: Seat) -> int:
    """Take a free seat of an open room, which begins once it is full; returns its number.

    Raises:
        RoomFull: none is free.
        RoomOver: the room takes nobody any more.
        Elsewhere: the seat is taken, and the other player is in another match; the room waits for them.

    Redis: lua/room_sit.lua, one round trip; four more when the room is full then.
    """
    text, is_arena = msgspec.json.encode(seat).decode(), int(room.game.arena is not None)
    args: list[Argument] = [seat.player, text, room.game.seats, TTL_MS, is_arena, INPUTS_KEPT]
    taken = await _sit([keys.room(room.id), keys.inputs(room.id)], args)
    if taken == -1:
        raise RoomFull
    if taken == -2:
        raise RoomFull if room.status != OVER else RoomOver
    if is_arena:
        try:
            await registry.add(room.id, [seat.player])
        except registry.Elsewhere:
            await _free([keys.room(room.id)], [taken, seat.player])
            raise
        return taken
    now = await load(room.id)
    if now.status == WAITING:
        try:
            await registry.add(room.id, now.players)
        finally:
            await tell(room.id, Again())
    return taken


class Taken(enum.Enum):
    """What became of an input: taken; not, as one before it is missing; not, as another page plays the seat."""

    YES = 1
    MISSING = -1
    ELSEWHERE = -4


async def play(room_id: str, seat: int, player: int, number: int, input: str, connection: str) -> Taken:
    """Hand an input to the runner.

    Raises:
        NotYourSeat, RoomOver: it is not taken.

    Redis: lua/room_input.lua, one round trip, O(1).
    """
    names = [keys.room(room_id), keys.inputs(room_id)]
    answer = await _input(names, [seat, player, number, input, connection, INPUTS_KEPT])
    if answer == -2:
        raise NotYourSeat
    if answer == -3:
        raise RoomOver
    return Taken.YES if answer >= 0 else Taken(answer)


async def say(room_id: str, **words: str | int) -> None:
    """Tell the runner something that is no input: who is here, who left, how many watch. One round trip."""
    fields: dict[Any, Any] = {name: str(value) for name, value in words.items()}
    pipe = client().pipeline()
    pipe.xadd(keys.inputs(room_id), fields, maxlen=INPUTS_KEPT, approximate=True)
    pipe.pexpire(keys.inputs(room_id), TTL_MS)
    await pipe.execute()


async def leave(room_id: str, seat: int, player: int) -> None:
    """Take a player out of their seat in an arena. Two round trips."""
    if await _free([keys.room(room_id)], [seat, player]):
        await registry.left(room_id, player)


async def be_here(room: Room, seat: int, page: str, socket: str, *, take: bool) -> bool:
    """Tell the runner that a page of a seat's player is here; with `take` that page plays, and no other.

    False: the seat is theirs no more, since they were away for too long.

    Redis: lua/room_here.lua, one round trip, O(1).
    """
    held = room.seats[seat]
    args: list[Argument] = [seat, page, socket, int(take), INPUTS_KEPT, TTL_MS, held.player if held else 0]
    return bool(await _here([keys.room(room.id), keys.inputs(room.id)], args))


async def break_off(room_id: str, epoch: int) -> None:
    """End a room whose game cannot go on: without a result, and its players are free. Four round trips."""
    fields = await client().hgetall(keys.room(room_id))
    text = await client().get(keys.keyframe(room_id))
    shown = msgspec.json.decode(text) | {"status": OVER, "results": []} if text else None
    names = [keys.room(room_id), keys.keyframe(room_id), keys.frames(room_id)]
    text = msgspec.json.encode(shown).decode() if shown else ""
    if await _break(names, [epoch, text, publishing(keys.channel(room_id))]) or not fields:
        await registry.end(room_id, [int(value) for name, value in fields.items() if name.startswith("player:")])


async def tell(room_id: str, message: Message) -> None:
    """Say something to everybody in a room, past its runner. One round trip."""
    await client().publish(keys.channel(room_id), encode(message))
