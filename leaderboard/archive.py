"""The archives of ended seasons: written from the final standings, and put right when moderators change what counts.

Hidden players keep their place in an archive and are left out when it is read, with the ranks closed up.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Player
from leaderboard import results, score
from leaderboard.models import Board, HiddenPlayer, Placement, Season
from leaderboard.periods import find
from leaderboard.results import Flying

BATCH = 2_000


class Shown(NamedTuple):
    """A placement as it is read: its rank among those who may be seen."""

    rank: int
    placement: Placement

    @property
    def has_crown(self) -> bool:
        return self.rank <= 3


async def shown(season: Season, count: int) -> list[Shown]:
    """The first placements of a season that may be seen, with their ranks."""
    visible = _visible(season).select_related("player")[:count]
    return [Shown(rank, row) for rank, row in enumerate([row async for row in visible], start=1)]


async def size(season: Season) -> int:
    """How many placements may be seen."""
    return await _visible(season).acount()


async def shown_of(season: Season, player: int) -> Shown | None:
    """A player's own placement, if it may be seen."""
    own = await _visible(season).filter(player_id=player).afirst()
    return own and Shown(await _visible(season).filter(rank__lte=own.rank).acount(), own)


def _visible(season: Season) -> "QuerySet[Placement]":
    return season.placements.exclude(player_id__in=HiddenPlayer.objects.values("player_id")).order_by("rank")


def rows(board: Board, season: Season, standings: Iterable[tuple[int, float]], first: int = 1) -> list[Placement]:
    """Placements, not written yet, of players and scores in order; players who are gone are left out."""
    pairs = list(standings)
    known = set(Player.objects.filter(pk__in=[player for player, _ in pairs]).values_list("pk", flat=True))
    kept = [(player, value) for player, value in pairs if player in known]
    return [
        Placement(
            season=season,
            rank=rank,
            player_id=player,
            points=score.points(value),
            reached_at=datetime.fromtimestamp(
                score.reached_at_ms(value, lower_is_better=board.lower_is_better) / 1000, UTC
            ),
        )
        for rank, (player, value) in enumerate(kept, start=first)
    ]


async def put_right(board: Board, player: int) -> None:
    """Work out anew every closed season in which a player has runs."""
    await sync_to_async(_put_right)(board, player)


def _put_right(board: Board, player: int) -> None:
    for season in _rewritable().filter(board=board).order_by("ends_at"):
        period = find(season.period)
        moment = datetime.fromtimestamp(period.start_ms / 1000, UTC)
        if board.runs.filter(player_id=player, accepted_at__gte=moment, accepted_at__lt=season.ends_at).exists():
            _rewrite(board, season)


def _rewritable() -> "QuerySet[Season]":
    """The closed seasons that follow from the runs; what was archived before a reset does not any more."""
    return Season.objects.exclude(closed_at=None).exclude(period__contains="~")


def rewrite_seasons_of(player: int) -> None:
    """Work out anew every season that a player stands in, after their runs went to somebody else. Sync."""
    for season in _rewritable().filter(placements__player_id=player).select_related("board").distinct():
        _rewrite(season.board, season)


def _rewrite(board: Board, season: Season) -> None:
    visible = results.visible(board, find(season.period), Flying([], ""), hidden_too=True)
    scores = results.combined(board, visible)
    # The order of the boards: the score, then the id as text; see standings.py.
    order = sorted(scores.items(), key=lambda item: (item[1], str(item[0])), reverse=not board.lower_is_better)
    with transaction.atomic():
        season.placements.all().delete()
        Placement.objects.bulk_create(rows(board, season, order), batch_size=BATCH)
