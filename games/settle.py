"""Ranks the runs whose web process died between their last move and their ranking."""

import logging

from django.db import DatabaseError

from accounts.models import Player
from games import runs
from live.errors import GameError
from store.client import StoreUnavailable

logger = logging.getLogger(__name__)


async def settle() -> int:
    """Rank what is left unranked and return how many runs that were. The worker does this every 10 seconds."""
    left = await runs.unsettled()
    players = {player.pk: player async for player in Player.objects.filter(pk__in={run.player for run in left})}
    for run in left:
        player = players.get(run.player)
        try:
            if player is None:
                await runs.settled(run)
            else:
                await runs.rank(run, player.card)
        except GameError as error:
            logger.warning("run %s stays unranked: %s", run.id, error)
        except (StoreUnavailable, DatabaseError):
            raise
        except Exception:
            logger.exception("run %s could not be ranked", run.id)
        else:
            logger.info("ranked run %s, which its process had left behind", run.id)
    return len(left)
