"""The site's one socket: topics and beats from the live layer, plus a presence lease."""

import logging
import secrets
import time
from datetime import date
from typing import Any

from accounts.sessions.engine import session_exists
from live import protocol
from live.consumer import LiveConsumer
from presence import online
from presence.card_updates import audience
from store.client import StoreUnavailable
from store.together import sharing, together
from visitors import active_days

logger = logging.getLogger(__name__)

# Pages send beats more often than a lease needs to be renewed.
RENEW_AFTER_S, RENEW_LATEST_S = 5.0, 30.0


class SiteConsumer(LiveConsumer):
    """A signed-in player's connection holds a lease; somebody who only watches holds none."""

    def __init__(self) -> None:
        super().__init__()
        self.connection = secrets.token_urlsafe(4)
        self._page_is_away = False
        self._renewed_at = time.monotonic()
        self._noted: date | None = None

    @property
    def activity(self) -> str:
        """The state that others see while this tab is not away; subclasses override it."""
        return online.ONLINE

    async def session_lives(self) -> bool:
        return await session_exists(self.scope["session_name"])

    async def connected(self) -> None:
        # Hide the player if SQL says so, since SQL outlives Redis. Otherwise keep what Redis has: it gets every change,
        # while the value that this socket read from SQL may be outdated.
        hidden = self.player is not None and not self.player.is_visible
        await self.show_presence(visible=False if hidden else None)
        await self._note_day()

    async def disconnected(self) -> None:
        if self.player:
            with sharing():  # After a fault thousands leave at once.
                await online.leave(self.player.pk, self.connection)

    def cost(self, message: protocol.ClientMessage) -> int:
        # A due beat is free: it takes one round trip, and the rate limit adds none.
        is_due = isinstance(message, protocol.Beat) and time.monotonic() - self._renewed_at >= RENEW_AFTER_S
        return 0 if is_due else super().cost(message)

    async def on_beat(self, message: protocol.Beat) -> None:
        await super().on_beat(message)
        changed, self._page_is_away = message.away != self._page_is_away, message.away
        if changed or time.monotonic() - self._renewed_at >= RENEW_AFTER_S:
            await self._renew()

    async def websocket_receive(self, event: dict[str, Any]) -> None:
        await super().websocket_receive(event)
        # A client that never sends beats must not keep an ended session open.
        if not self._ended and time.monotonic() - self._renewed_at >= RENEW_LATEST_S:
            await self._renew()

    async def _renew(self) -> None:
        self._renewed_at = time.monotonic()
        try:
            with sharing():
                lives, *_ = await together(self._session_lives(), self.show_presence(), self._note_day())
            # Sockets are notified when their session ends. This finds missed notifications and expired sessions.
            if not lives:
                await self.session_ended({})
        except StoreUnavailable as error:
            logger.warning("a lease was not renewed: %s", error)  # The hub has told the page.

    async def _session_lives(self) -> bool:
        return not self.scope["session_name"] or await self.session_lives()

    async def show_presence(self, *, visible: bool | None = None) -> None:
        """Renew the lease with the current state of this tab."""
        if self.player:
            state = online.AWAY if self._page_is_away else self.activity
            seen_by = audience(self.player, self.player.follow_ids)
            lease = self.player.pk, self.connection, self.player.card
            await online.renew(*lease, state=state, visible=visible, audience=seen_by)

    async def _note_day(self) -> None:
        """Mark the player as active today, once per day."""
        if self.player and self._noted != active_days.today():
            self._noted = active_days.today()
            await active_days.mark(self.player.pk)
