"""Coming to an arena: the fullest one with a free seat, or a new one; and from each round to the next."""

import hashlib
import secrets
from collections.abc import Collection
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async

from games.models import Block
from games.rooms import keys, registry
from games.rooms.game import RoomGame
from games.rooms.messages import Next
from games.rooms.rooms import RoomFull, RoomOver, Seat, UnknownRoom, load, make, sit, tell
from store.client import client
from store.scripts import script

if TYPE_CHECKING:
    from games.rooms.running.round import Round

_lead = script(__file__, "room_arena")

LED_MS = 5 * 60_000
TRIES = 5


async def come(game: RoomGame, seat: Seat) -> str:
    """Take a seat in the arena with the most people and a free seat, or in a new one; returns the room.

    Not in one with somebody whom the player has blocked, or who has blocked them.

    Raises:
        Elsewhere: the player is in another match.
        RoomFull: seats were gone again and again.

    Redis: three round trips for each arena that is tried, and one for the list.
    """
    open_now = [(room, each) for room, each in await registry.live(registry.LISTED_MAX) if each.game == game.slug]
    avoided = await sync_to_async(Block.of)(seat.player)
    for room_id, listed in sorted(open_now, key=lambda each: -len(each[1].players)):
        if listed.free and avoided.isdisjoint(listed.players) and await _sat(room_id, seat):
            return room_id
    # None is listed, as right after the first one was made: all newcomers are led to one.
    led = await client().get(keys.arena(game.slug)) or await _lead_on(game, "")
    for _ in range(TRIES):
        # Whoever set the lead may not have made the room yet; one that is there is left alone.
        await make(game, [None] * game.seats, rated=True, id=led)
        if await _sat(led, seat, avoided):
            return led
        led = await _lead_on(game, led)
    raise RoomFull


async def _lead_on(game: RoomGame, before: str) -> str:
    return await _lead([keys.arena(game.slug)], [before, secrets.token_urlsafe(9), LED_MS])


async def _sat(room_id: str, seat: Seat, avoided: Collection[int] = ()) -> bool:
    try:
        room = await load(room_id)
        if not set(room.players).isdisjoint(avoided):
            return False
        await sit(room, seat)
    except (UnknownRoom, RoomFull, RoomOver):
        return False
    return True


async def go_on(ended: "Round") -> None:
    """Make the next round with those who played and are still there, and lead everybody to it.

    Six round trips; none when nobody played.
    """
    room, pause_s = ended.room, ended.arena.pause_s
    stay = {number: seat for number, seat in ended.playing if not ended.lines[number].away_ms}
    if not stay:
        return
    # The same id whoever makes it: a runner may die right here, and another one ends the round again.
    next_id = hashlib.blake2b(room.id.encode(), key=room.seed.encode()[:64], digest_size=9).hexdigest()
    seats = [stay.get(number) for number in range(room.game.seats)]
    await make(room.game, seats, rated=room.rated, id=next_id, pause_s=pause_s)
    await client().hset(keys.room(room.id), "next", next_id)
    await client().set(keys.arena(room.game.slug), next_id, px=LED_MS)  # For who comes before it is listed.
    await tell(room.id, Next(next_id, 1000 * pause_s))
