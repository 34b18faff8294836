"""Ranks the runs whose web process died between their last move and their ranking."""

import logging

from django.db import DatabaseError

from accounts.models import Player
from games import ranking
from games.runs import Run
from leaderboard import boards
from leaderboard.boards import FinishedRun
from live.errors import GameError
from store.client import StoreUnavailable

logger = logging.getLogger(__name__)


async def settle() -> int:
    """Rank what is left unranked and return how many runs that were. The worker does this every 10 seconds."""
    left = await ranking.unsettled()
    players = {player.pk: player async for player in Player.objects.filter(pk__in={run.player for run in left})}
    ready: list[tuple[Run, FinishedRun]] = []
    for run in left:
        try:
            if (player := players.get(run.player)) and await ranking.has_scored(run):
                ready.append((run, await ranking.finished(run, player.card)))
            else:
                await ranking.settled(run)
        except GameError as error:  # Such as of a board that is gone: nobody can rank it.
            await ranking.settled(run)
            logger.warning("run %s stays unranked: %s", run.id, error)
        except (StoreUnavailable, DatabaseError):
            raise
        except Exception:
            logger.exception("run %s could not be ranked", run.id)
    for board in {each.board for _, each in ready}:
        try:
            await _rank([each for each in ready if each[1].board == board])
        except (StoreUnavailable, DatabaseError):
            raise
        except Exception:
            logger.exception("runs of %s could not be ranked", board)
    return len(left)


async def _rank(ready: list[tuple[Run, FinishedRun]]) -> None:
    for (run, _), answer in zip(ready, await boards.submit_many([each for _, each in ready], full=True), strict=True):
        await ranking.settled(run)
        if isinstance(answer, GameError):
            logger.warning("run %s stays unranked: %s", run.id, answer)
        else:
            logger.info("ranked run %s, which its process had left behind", run.id)
