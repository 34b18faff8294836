"""The site's one socket: topics and beats from the live floor, plus a presence lease."""

import secrets

from accounts.sessions import session_exists
from live import protocol
from live.consumer import LiveConsumer
from presence import online


class SiteConsumer(LiveConsumer):
    """A signed-in player's connection holds a lease; somebody who only watches holds none."""

    def __init__(self) -> None:
        super().__init__()
        self.connection = secrets.token_hex(8)

    async def session_lives(self) -> bool:
        return await session_exists(self.scope["session_name"])

    async def connected(self) -> None:
        await self._renew()

    async def disconnected(self) -> None:
        if self.player:
            await online.leave(self.player.pk, self.connection)

    async def on_beat(self, message: protocol.Beat) -> None:
        # Ended sessions tell their sockets; this finds those that were not told, and those that ran out.
        if self.scope["session_name"] and not await self.session_lives():
            return await self.session_ended({})
        await super().on_beat(message)
        await self._renew()

    async def _renew(self) -> None:
        if self.player:
            await online.renew(self.player.pk, self.connection, self.player.card)
