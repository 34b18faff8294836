"""Another match of the same people: the room leads everybody in it, those who watch too, to the next one."""

import hashlib

import msgspec
from asgiref.sync import sync_to_async
from django.utils.translation import gettext_noop

from games.models import Block
from games.rooms import keys
from games.rooms.after import ratings
from games.rooms.messages import Asks, Next
from games.rooms.rooms import OVER, Room, Seat, make, tell
from live.errors import GameError
from store.client import client


class NoRematch(GameError):
    code = "no_rematch"
    message = gettext_noop("There is no rematch with this player.")


class NotOver(GameError):
    code = "not_over"
    message = gettext_noop("The match is not over yet.")


async def would_play_again(room: Room, seat: int) -> None:
    """A seat wants a rematch; once all do, the next room is made and everybody is told. Two to six round trips.

    Raises:
        NotOver: this one is still played.
        NoRematch: one of them has blocked the other.
        Elsewhere: one of them is in another match.
    """
    if room.status != OVER:
        raise NotOver
    if any([await sync_to_async(Block.between)(player, room.players) for player in room.players]):
        raise NoRematch
    await client().hset(keys.room(room.id), f"again:{seat}", 1)
    wanted = await client().hmget(keys.room(room.id), [f"again:{number}" for number in range(len(room.seats))])
    people = [number for number, each in enumerate(room.seats) if each and not each.bot]
    if all(wanted[number] for number in people):
        # The same id whoever makes it: two who ask at once get one room. Sides are changed.
        next_id = hashlib.blake2b(room.id.encode(), key=room.seed.encode()[:64], digest_size=9).hexdigest()
        seats = [await _as_now(room, each) for each in reversed(room.seats) if each]
        await make(room.game, seats, rated=room.rated, id=next_id)
        await client().hset(keys.room(room.id), "next", next_id)
        await tell(room.id, Next(next_id))
    else:
        await tell(room.id, Asks(seat))


async def wants_no_more(room: Room, seat: int) -> None:
    """A seat that wanted a rematch has left the page. One round trip."""
    await client().hdel(keys.room(room.id), f"again:{seat}")


async def _as_now(room: Room, seat: Seat) -> Seat:
    """A seat with the rating that its player has by now."""
    if seat.bot:
        return seat
    rating = await ratings.of(seat.player, room.game.slug)
    return msgspec.structs.replace(seat, rating=rating.shown, provisional=ratings.is_provisional(rating))
