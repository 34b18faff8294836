"""Another match of the same people: the room leads everybody in it, those who watch too, to the next one."""

import hashlib

import msgspec

from games.rooms import keys
from games.rooms.messages import Asks, Next
from games.rooms.rooms import OVER, GameError, Room, make, tell
from store.client import client


class NotOver(GameError):
    code = "not_over"
    message = "The match is not over yet."


async def would_play_again(room: Room, seat: int) -> None:
    """A seat wants a rematch; once all do, the next room is made and everybody is told. Two to six round trips.

    Raises:
        NotOver: this one is still played.
    """
    if room.status != OVER:
        raise NotOver
    await client().hset(keys.room(room.id), f"again:{seat}", 1)
    wanted = await client().hmget(keys.room(room.id), [f"again:{number}" for number in range(len(room.seats))])
    people = [number for number, each in enumerate(room.seats) if each and not each.bot]
    if all(wanted[number] for number in people):
        # The same id whoever makes it: two who ask at once get one room. Sides are changed.
        next_id = hashlib.blake2b(room.id.encode(), key=room.seed.encode()[:64], digest_size=9).hexdigest()
        seats = [msgspec.structs.replace(each) for each in reversed(room.seats) if each]
        await make(room.game, seats, rated=room.rated, id=next_id)
        await client().hset(keys.room(room.id), "next", next_id)
        await tell(room.id, Next(next_id))
    else:
        await tell(room.id, Asks(seat))
