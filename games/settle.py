"""Ranks the runs whose web process died between their last move and their ranking."""

import asyncio
import logging

from accounts.models import Player
from games import runs
from store.client import StoreUnavailable

logger = logging.getLogger(__name__)

EVERY_S = 10.0


async def settle() -> int:
    """Rank what is left unranked and return how many runs that were."""
    left = await runs.unsettled()
    players = {player.pk: player async for player in Player.objects.filter(pk__in={run.player for run in left})}
    for run in left:
        if run.player in players:
            await runs.rank(run, players[run.player].card)
            logger.info("ranked run %s, which its process had left behind", run.id)
    return len(left)


async def settle_forever() -> None:
    """Settle every 10 seconds; end it by cancelling."""
    while True:
        try:
            await settle()
        except StoreUnavailable as error:
            logger.warning("settling waits: %s", error)
        await asyncio.sleep(EVERY_S)
