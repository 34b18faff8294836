"""The site's one socket: topics and beats from the live floor, plus a presence lease."""

import logging
import secrets
import time

from accounts.sessions import session_exists
from live import protocol
from live.consumer import LiveConsumer
from presence import online
from store.client import StoreUnavailable

logger = logging.getLogger(__name__)

# A page acknowledges more often than its lease needs it.
RENEW_AFTER_S = 5.0


class SiteConsumer(LiveConsumer):
    """A signed-in player's connection holds a lease; somebody who only watches holds none."""

    def __init__(self) -> None:
        super().__init__()
        self.connection = secrets.token_hex(4)
        self._page_is_away = False
        self._renewed_at = 0.0

    @property
    def activity(self) -> str:
        """What others see of this tab while it is looked at; for subclasses."""
        return online.ONLINE

    async def session_lives(self) -> bool:
        return await session_exists(self.scope["session_name"])

    async def connected(self) -> None:
        # From SQL, which outlives Redis; from then on Redis is told of changes.
        await self.show_presence(visible=self.player.is_visible if self.player else None)

    async def disconnected(self) -> None:
        if self.player:
            await online.leave(self.player.pk, self.connection)

    async def on_beat(self, message: protocol.Beat) -> None:
        await super().on_beat(message)
        now, changed = time.monotonic(), message.away != self._page_is_away
        if now - self._renewed_at < RENEW_AFTER_S and not changed:
            return
        self._renewed_at, self._page_is_away = now, message.away
        try:
            # Ended sessions tell their sockets; this finds those that were not told, and those that ran out.
            if self.scope["session_name"] and not await self.session_lives():
                return await self.session_ended({})
            await self.show_presence()
        except StoreUnavailable as error:
            logger.warning("a lease was not renewed: %s", error)  # The hub has told the page.

    async def show_presence(self, *, visible: bool | None = None) -> None:
        """Renew the lease, with what this tab does now."""
        if self.player:
            state = online.AWAY if self._page_is_away else self.activity
            await online.renew(self.player.pk, self.connection, self.player.card, state=state, visible=visible)
