"""A room's socket: the site's socket, plus what is said in one room."""

from typing import Any, ClassVar

import msgspec

from games.rooms import messages, registry, rooms
from games.rooms.feed import feed
from games.rooms.meeting.rematch import would_play_again
from games.rooms.rooms import NotYourSeat, Room
from live import protocol
from live.errors import GameError
from live.observe import counters
from live.rate_limits import enter, pass_or_refuse
from presence.consumer import SiteConsumer
from store.limits import Allowance


class UnknownEmote(GameError):
    code = "unknown_emote"
    message = "The game has no such emote."


class RoomConsumer(SiteConsumer):
    """Hands what seats say to the runner, and everybody what the runner shows. It knows no rules."""

    decoder: ClassVar = msgspec.json.Decoder(messages.RoomMessage)

    def __init__(self) -> None:
        super().__init__()
        self.room: Room | None = None
        self.seat: int | None = None
        self.page = ""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["player"]:
            self._inputs = Allowance("room_input", str(scope["player"].pk))
        await super().__call__(scope, receive, send)

    @property
    def room_id(self) -> str:
        return self.scope["url_route"]["kwargs"]["room"]

    @property
    def activity(self) -> str:
        if self.room is None or self.seat is None:
            return super().activity
        return f"playing {self.room.game.title}"

    async def on_join(self, message: messages.Join) -> None:
        self.room = room = await rooms.load(self.room_id)
        self.seat, self.page = room.seat_of(self.player.pk if self.player else None), message.connection
        await feed().join(room.id, self.mailbox, seated=self.seat is not None)
        await self.reply(messages.Seated(self.seat, room.numbers[self.seat] if self.seat is not None else 0))
        if room.status == rooms.WAITING:
            # Whoever took the last seat may have died before they said so.
            await registry.add(room.id, room.players)
        if self.seat is not None:
            await rooms.say(room.id, here=self.seat, c=self.page, take=int(message.take))
            await self.show_presence()
            if room.next:
                await self.reply(messages.Next(room.next))  # A rematch has begun while the line was away.

    async def on_input(self, message: messages.Input) -> None:
        room, seat = self._own()
        if not self._inputs.spend():
            pass_or_refuse(await self._inputs.take())
        assert self.player is not None
        if await rooms.play(room.id, seat, self.player.pk, message.n, message.input, self.page):
            counters.count("room_inputs")
        else:
            now = await rooms.load(room.id)
            await self.reply(messages.Seated(seat, now.numbers[seat]))

    async def on_resign(self, _: messages.Resign) -> None:
        room, seat = self._own()
        await rooms.say(room.id, resign=seat)

    async def on_emote(self, message: messages.Emote) -> None:
        room, seat = self._own()
        if message.emote not in room.game.emotes:
            raise UnknownEmote
        await enter("emote", str(room.seats[seat].player))  # type: ignore[union-attr]
        await rooms.say(room.id, s=seat, emote=message.emote)

    async def on_rematch(self, _: messages.Rematch) -> None:
        room, seat = self._own()
        await would_play_again(await rooms.load(room.id), seat)

    def _own(self) -> tuple[Room, int]:
        if self.room is None or self.seat is None:
            raise NotYourSeat
        return self.room, self.seat

    async def on_beat(self, message: protocol.Beat) -> None:
        await super().on_beat(message)
        if self.room is not None and self.seat is not None:
            await rooms.say(self.room.id, here=self.seat, c=self.page)

    async def disconnected(self) -> None:
        if self.room is not None:
            feed().leave(self.room.id, self.mailbox)
            if self.seat is not None:
                await rooms.say(self.room.id, gone=self.seat, c=self.page)
        await super().disconnected()

    def stop_watching(self) -> None:
        if self.room is not None:
            feed().leave(self.room.id, self.mailbox)
        super().stop_watching()
