"""Finds the players near a player, for the nearby page and the nearby filter of a board."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from accounts.models import Player
from leaderboard.models import Board, Run
from leaderboard.reading import standings
from live.rate_limits import enter
from nearby import cells as places
from nearby.cells import Nearby

ESTABLISHED_AFTER = timedelta(days=1)


async def look(player: int) -> Nearby:
    """The players near a player. It is rate limited, so that nobody can track others minute by minute.

    Raises TooMany.
    """
    await enter("nearby_look", str(player))
    return await places.around(player, counted=_established)


async def _established(players: Sequence[int]) -> set[int]:
    """The players who joined over a day ago or have a ranked run, not accounts created just to look around."""
    since = datetime.now(UTC) - ESTABLISHED_AFTER
    ranked = Run.objects.filter(player=OuterRef("pk"), is_hidden=False)
    found = Player.objects.filter(Q(joined_at__lte=since) | Exists(ranked), pk__in=players, is_active=True)
    here = {pk async for pk in found.values_list("pk", flat=True)}
    # A run that has not reached SQL yet is already on the boards.
    boards = [(board.slug, board.kinds[-1], players) async for board in Board.objects.all() if board.kinds]
    for on_board in await standings.standings_of(boards) if boards else ():
        here |= {player for player, standing in zip(players, on_board, strict=True) if standing.rank}
    return here
