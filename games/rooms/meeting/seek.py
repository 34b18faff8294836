"""The socket of somebody who looks for an opponent: their ticket stands while it is open."""

from typing import ClassVar

import msgspec
from asgiref.sync import sync_to_async

from games.game import SignInFirst
from games.models import Block
from games.rooms import messages
from games.rooms.after import ratings
from games.rooms.game import RoomGame, find_room_game
from games.rooms.meeting import pairing
from games.rooms.meeting.pairing import Ticket
from games.rooms.pages import origin
from live.rate_limits import socket_address
from presence.consumer import SiteConsumer


class SeekConsumer(SiteConsumer):
    """Leaves a ticket at `seek`, renews it with each one, and takes it back when the page is left."""

    decoder: ClassVar = msgspec.json.Decoder(messages.SeekMessage)

    def __init__(self) -> None:
        super().__init__()
        self.ticket: Ticket | None = None

    @property
    def game(self) -> RoomGame:
        return find_room_game(self.scope["url_route"]["kwargs"]["slug"])

    async def on_seek(self, _: messages.Seek) -> None:
        if self.player is None:
            raise SignInFirst
        if self.ticket is None:
            self.ticket = await self._ticket()
        if room := await pairing.look_for(self.ticket):
            await self.reply(messages.Matched(room))
        else:
            await self.reply(messages.Seeking(await pairing.waiting(self.game.slug)))

    async def _ticket(self) -> Ticket:
        rating = await ratings.of(self.player.pk, self.game.slug)
        blocked = await sync_to_async(_blocked)(self.player.pk)
        return Ticket(
            player=self.player.pk,
            game=self.game.slug,
            card=self.player.card,
            rating=rating.shown,
            provisional=ratings.is_provisional(rating),
            blocked=blocked,
            origin=origin(socket_address(self.scope)),
        )

    async def disconnected(self) -> None:
        if self.ticket is not None:
            await pairing.look_no_more(self.ticket.player, self.ticket.game)
        await super().disconnected()


def _blocked(player: int) -> list[int]:
    return list(Block.objects.filter(player=player).values_list("blocked_id", flat=True))
