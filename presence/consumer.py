"""The site's one socket: topics and beats from the live floor, plus a presence lease."""

import secrets

from live import protocol
from live.consumer import LiveConsumer
from presence import online


class SiteConsumer(LiveConsumer):
    """A signed-in player's connection holds a lease; somebody who only watches holds none."""

    def __init__(self) -> None:
        super().__init__()
        self.connection = secrets.token_hex(8)

    async def connected(self) -> None:
        await self._renew()

    async def disconnected(self) -> None:
        if self.player:
            await online.leave(self.player.pk, self.connection)

    async def on_beat(self, message: protocol.Beat) -> None:
        await super().on_beat(message)
        await self._renew()

    async def _renew(self) -> None:
        if self.player:
            await online.renew(self.player.pk, self.connection, self.player.card)
