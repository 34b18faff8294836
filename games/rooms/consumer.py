"""A room's socket: the site's socket, plus what is said in one room."""

import secrets
from typing import Any, ClassVar

import msgspec
from asgiref.sync import sync_to_async
from django.utils.translation import gettext_noop

from games.models import Block
from games.rooms import messages, registry, rooms
from games.rooms.feed import feed
from games.rooms.meeting.rematch import wants_no_more, would_play_again
from games.rooms.rooms import NotYourSeat, Room, Taken
from live import protocol
from live.errors import GameError
from live.observe import counters
from live.rate_limits import enter, pass_or_refuse
from presence.consumer import SiteConsumer
from store.limits import Allowance


class UnknownEmote(GameError):
    code = "unknown_emote"
    message = gettext_noop("The game has no such emote.")


class Blocked(GameError):
    code = "blocked"
    message = gettext_noop("You and your opponent do not meet any more.")


class RoomConsumer(SiteConsumer):
    """Hands what seats say to the runner, and everybody what the runner shows. It knows no rules."""

    decoder: ClassVar = msgspec.json.Decoder(messages.RoomMessage)

    def __init__(self) -> None:
        super().__init__()
        self.room: Room | None = None
        self.seat: int | None = None
        self.page, self.socket_id = "", secrets.token_hex(4)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["player"]:
            self._inputs = Allowance("room_input", str(scope["player"].pk))
        await super().__call__(scope, receive, send)

    @property
    def room_id(self) -> str:
        return self.scope["url_route"]["kwargs"]["room"]

    @property
    def activity(self) -> str:
        if self.room is None or self.seat is None or feed().is_over(self.room.id):
            return super().activity
        return f"playing {self.room.game.title}"

    async def on_join(self, message: messages.Join) -> None:
        self.room = room = await rooms.load(self.room_id)
        self.seat, self.page = room.seat_of(self.player.pk if self.player else None), message.connection
        await feed().join(room.id, self.mailbox, seated=self.seat is not None)
        await self.reply(messages.Seated(self.seat, room.numbers[self.seat] if self.seat is not None else 0))
        if self.seat is None:
            return
        assert self.player is not None
        if room.game.arena and room.status != rooms.OVER:
            await self._come_to_arena(room)
        if not await rooms.be_here(room, self.seat, self.page, self.socket_id, take=message.take):
            self.seat = None
            return await self.reply(messages.Seated())
        await self.show_presence()
        if room.next:
            await self.reply(messages.Next(room.next))  # A rematch has begun while the line was away.
        for seat in room.again:
            await self.reply(messages.Asks(seat))
        if room.status == rooms.WAITING and not room.game.arena:
            # Whoever took the last seat may have died before they said so, or somebody was elsewhere.
            await registry.add(room.id, room.players)

    async def _come_to_arena(self, room: Room) -> None:
        """A seat of the next round is a player's once they come, unless they play elsewhere by now."""
        try:
            await registry.add(room.id, [self.player.pk])
        except registry.Elsewhere:
            assert self.seat is not None
            await rooms.leave(room.id, self.seat, self.player.pk)
            self.seat = None
            await self.reply(messages.Seated())
            raise

    async def on_input(self, message: messages.Input) -> None:
        room, seat = self._own()
        if not self._inputs.spend():
            pass_or_refuse(await self._inputs.take())
        assert self.player is not None
        taken = await rooms.play(room.id, seat, self.player.pk, message.n, message.input, self.page)
        if taken is Taken.YES:
            counters.count("room_inputs")
        else:
            now = await rooms.load(room.id)
            await self.reply(messages.Seated(seat, now.numbers[seat], elsewhere=taken is Taken.ELSEWHERE))

    async def on_resign(self, _: messages.Resign) -> None:
        room, seat = self._own()
        if not feed().is_over(room.id):
            await rooms.say(room.id, resign=seat, by=self.player.pk)

    async def on_emote(self, message: messages.Emote) -> None:
        room, seat = self._own()
        if message.emote not in room.game.emotes:
            raise UnknownEmote
        assert self.player is not None
        await enter("emote", str(self.player.pk))
        if await sync_to_async(Block.between)(self.player.pk, room.players):
            raise Blocked
        # Past the runner: it changes nothing in the match, and is shown after it, too.
        await rooms.tell(room.id, messages.Emoted(seat, message.emote))

    async def on_rematch(self, _: messages.Rematch) -> None:
        room, seat = self._own()
        await would_play_again(await rooms.load(room.id), seat)

    def _own(self) -> tuple[Room, int]:
        if self.room is None or self.seat is None:
            raise NotYourSeat
        return self.room, self.seat

    async def on_beat(self, message: protocol.Beat) -> None:
        await super().on_beat(message)
        if self.room is not None and self.seat is not None and not feed().is_over(self.room.id):
            await rooms.say(self.room.id, here=self.seat, by=self.player.pk, c=self.page, k=self.socket_id)

    async def disconnected(self) -> None:
        if self.room is not None:
            is_over = feed().is_over(self.room.id)
            feed().leave(self.room.id, self.mailbox)
            if self.seat is not None and is_over:
                await wants_no_more(self.room, self.seat)
            elif self.seat is not None:
                await rooms.say(self.room.id, gone=self.seat, by=self.player.pk, c=self.page, k=self.socket_id)
        await super().disconnected()

    def stop_watching(self) -> None:
        if self.room is not None:
            feed().leave(self.room.id, self.mailbox)
        super().stop_watching()
