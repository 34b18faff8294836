"""Quick play: who looks for an opponent leaves a ticket, and runners pair tickets by rating, all in one script."""

import logging
import secrets

import msgspec

from accounts.cards import Card
from games.game import UnknownGame
from games.rooms import keys, registry
from games.rooms.game import all_room_games, find_room_game
from games.rooms.messages import Matched
from games.rooms.rooms import Seat, make
from live.layer import tell_player
from store.client import client
from store.scripts import Argument, script
from store.together import together

_pair = script(__file__, "room_pair")
_seek = script(__file__, "room_seek")
logger = logging.getLogger(__name__)

#: Ratings this far apart are paired at once, and so much further for each second of waiting.
REACH, WIDENS = 50, 25
#: A ticket that its page does not renew ends.
TICKET_MS = 15_000
PAIRS_MAX = 10


class Ticket(msgspec.Struct):
    """Somebody who looks for an opponent; lua/room_pair.lua reads it. `origin` tells apart where players come from."""

    player: int
    game: str
    card: Card
    rating: int
    provisional: bool
    blocked: list[int]
    origin: str

    def seat(self) -> Seat:
        return Seat(self.player, self.card, self.rating, self.provisional, origin=self.origin)


_tickets = msgspec.json.Decoder(list[Ticket])


async def look_for(ticket: Ticket) -> str | None:
    """Leave or renew a ticket; the room, if its player is in one already.

    Redis: lua/room_seek.lua, one round trip, O(1); one more when there is a room.
    """
    args: list[Argument] = [ticket.player, msgspec.json.encode(ticket).decode(), TICKET_MS, 4 * TICKET_MS]
    _, room_id = await together(_seek([keys.tickets(ticket.game)], args), registry.room_of(ticket.player))
    return room_id


async def look_no_more(player: int, game: str) -> None:
    """Take a ticket back. One round trip."""
    await client().hdel(keys.tickets(game), str(player))


async def pair() -> None:
    """Pair who waits, and make the rooms of all pairs, those that a runner which died has left, too.

    Redis: lua/room_pair.lua for each game and one read; four round trips for each pair.
    """
    await together(*(_pair_for(game.slug) for game in all_room_games() if not game.arena))
    for room_id, text in (await client().hgetall(keys.pairs())).items():
        try:
            tickets = _tickets.decode(text)
            game = find_room_game(tickets[0].game)
        except (msgspec.DecodeError, UnknownGame):
            logger.warning("pair %s cannot play: of another version, or of a game that was removed", room_id)
            await client().hdel(keys.pairs(), room_id)
            continue
        await make(game, [ticket.seat() for ticket in tickets], rated=True, id=room_id)
        await client().hdel(keys.pairs(), room_id)
        for ticket in tickets:
            await tell_player(ticket.player, Matched(room_id))


async def _pair_for(game: str) -> None:
    ids = [secrets.token_urlsafe(9) for _ in range(PAIRS_MAX)]
    names = [keys.tickets(game), keys.pairs(), keys.playing()]
    await _pair(names, [REACH, WIDENS, TICKET_MS, msgspec.json.encode(ids).decode()])


async def waiting(game: str) -> int:
    """How many look for an opponent. One round trip."""
    return await client().hlen(keys.tickets(game))
