"""The archives of ended seasons: written from the final standings, and repaired when moderators change what counts.

Hidden players keep their place in an archive. Reads leave them out and renumber the ranks without gaps.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import F, QuerySet

from accounts.models import Player
from leaderboard import score
from leaderboard.models import Board, HiddenPlayer, Placement, Run, Season
from leaderboard.periods import find
from leaderboard.repair import counting
from leaderboard.repair.counting import Flying
from store import shared
from store.stream import moment

BATCH = 2_000
CROWNS = 3
PAST_COUNT, PAST_FRESH_S = 60, 10
#: Beyond every rank.
FAR = 1_000_000_000


class Shown(NamedTuple):
    """A placement as readers see it: with its rank among visible players."""

    rank: int
    placement: Placement

    @property
    def has_crown(self) -> bool:
        return self.rank <= CROWNS


async def shown(season: Season, count: int) -> list[Shown]:
    """The first visible placements of a season, with their ranks."""
    visible = _visible(season).select_related("player")[:count]
    return [Shown(rank, row) for rank, row in enumerate([row async for row in visible], start=1)]


async def size(season: Season) -> int:
    """The number of visible placements."""
    return await _visible(season).acount()


async def shown_of(season: Season, player: int) -> Shown | None:
    """A player's own placement, if it is visible."""
    own = await _visible(season).filter(player_id=player).afirst()
    return own and Shown(await _visible(season).filter(rank__lte=own.rank).acount(), own)


def _visible(season: Season) -> "QuerySet[Placement]":
    return season.placements.exclude(player_id__in=HiddenPlayer.objects.values("player_id")).order_by("rank")


def rows(board: Board, season: Season, standings: Iterable[tuple[int, float]], first: int = 1) -> list[Placement]:
    """Build placements from ordered players and scores, without saving them; players not in SQL are left out."""
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


def ordered(board: Board, scores: Mapping[int, float]) -> list[tuple[int, float]]:
    """Players and scores in board order: by score, then by id as text; see standings.py."""
    return sorted(scores.items(), key=lambda item: (item[1], str(item[0])), reverse=not board.lower_is_better)


def final(board: Board, season: Season, flying: Flying, standing: Mapping[int, float]) -> dict[int, float]:
    """The scores for an ended period's archive: from the runs, or from the standings for players without one. Sync."""
    period = board.since(find(season.period))
    computed = counting.combined(board, counting.visible(board, period, flying, hidden_too=True))
    accounted = {each.player for each in flying.results} | computed.keys()
    doubtful = [player for player in standing if player not in accounted]
    span = {"accepted_at__gte": moment(period.start_ms), "accepted_at__lt": season.ends_at}
    for some in counting.batched(doubtful):
        # These players have runs, but none that count.
        accounted |= set(Run.objects.filter(board=board, player__in=some, **span).values_list("player", flat=True))
    return {player: value for player, value in standing.items() if player not in accounted} | computed


def differs(board: Board, season: Season, flying: Flying) -> bool:
    """Whether a closed season differs from the result of its runs in SQL and in the stream. Sync."""
    own = [(row.rank, row.player_id, row.points) for row in season.placements.all()]
    return own != [(row.rank, row.player_id, row.points) for row in _expected(board, season, flying)]


def rewrite(board: Board, season: Season, flying: Flying) -> None:
    """Rebuild the archive of a closed season from its runs. Sync."""
    made = _expected(board, season, flying)
    with transaction.atomic():
        season.placements.all().delete()
        Placement.objects.bulk_create(made, batch_size=BATCH)


def _expected(board: Board, season: Season, flying: Flying) -> list[Placement]:
    kept = season.placements.values_list("player_id", "points", "reached_at")
    standing = {
        player: score.encode(points, int(at.timestamp() * 1000), lower_is_better=board.lower_is_better)
        for player, points, at in kept
    }
    order = ordered(board, final(board, season, flying, standing))
    made: list[Placement] = []
    for start in range(0, len(order), BATCH):
        made += rows(board, season, order[start : start + BATCH], first=len(made) + 1)
    return made


def rewritable(board: Board) -> "QuerySet[Season]":
    """The closed seasons of a board that can be rebuilt from runs, oldest first."""
    return _rewritable().filter(board=board).order_by("ends_at")


class Crowned(msgspec.Struct, frozen=True):
    """One of the first three of a season, as a list of seasons shows them."""

    rank: int
    name: str
    points: int


class Past(msgspec.Struct, frozen=True):
    """An ended season, as the list of a board's seasons shows it."""

    url: str
    period: str
    crowned: list[Crowned]


_past = msgspec.json.Decoder(list[Past])


async def past(board: Board, count: int) -> list[Past]:
    """The newest ended seasons of a board with their winners, at most 10 seconds old. One process computes it."""

    async def compute() -> str:
        return msgspec.json.encode(await sync_to_async(_read_past)(board, count)).decode()

    return _past.decode(await shared.text(_past_name(board, count), PAST_FRESH_S, compute))


def _past_name(board: Board, count: int) -> str:
    return f"past:{board.slug}:{count}"


async def forget_past(board: Board, count: int = PAST_COUNT) -> None:
    """Drop the cached list of a board's seasons; the next read makes it again."""
    await shared.forget(_past_name(board, count))


def _read_past(board: Board, count: int) -> list[Past]:
    seasons = list(Season.objects.filter(board=board).exclude(closed_at=None)[:count])
    return [
        Past(
            season.get_absolute_url(),
            season.period,
            [
                Crowned(rank, row.player.shown_name, row.points)
                for rank, row in enumerate(_visible(season).select_related("player")[:CROWNS], start=1)
            ],
        )
        for season in seasons
    ]


async def put_right(board: Board, player: int, at: datetime | None = None) -> None:
    """Recompute a player's place in closed seasons: in those that contain the time `at`, or in all (None).

    Players between the old place and the new one move by one; nothing else changes.
    """
    await sync_to_async(_put_right)(board, player, at, await counting.in_flight(board))
    await forget_past(board)


def _put_right(board: Board, player: int, at: datetime | None, flying: Flying) -> None:
    for season in _rewritable().filter(board=board).order_by("ends_at"):
        period = board.since(find(season.period))
        if at is None or period.start_ms <= at.timestamp() * 1000 < (period.end_ms or math.inf):
            _settle(board, season, player, flying)


def _rewritable() -> "QuerySet[Season]":
    """The closed seasons that can be rebuilt from runs; archives from before a reset cannot."""
    return Season.objects.exclude(closed_at=None).exclude(period__contains="~")


async def move_places(guest: int, player: int) -> None:
    """Recompute the seasons that a guest is placed in, after their runs were moved to a player."""
    async for board in Board.objects.all():
        await sync_to_async(_move_places)(board, guest, player, await counting.in_flight(board))
        await forget_past(board)


def _move_places(board: Board, guest: int, player: int, flying: Flying) -> None:
    for season in rewritable(board).filter(placements__player_id=guest).distinct():
        for each in (guest, player):
            _settle(board, season, each, flying)


def _settle(board: Board, season: Season, player: int, flying: Flying) -> None:
    """Move a player to the place that their runs give, or remove them if they have none. Sync, in one transaction."""
    visible = counting.visible(board, find(season.period), flying, player=player, hidden_too=True)
    value = counting.combined(board, visible).get(player)
    now = rows(board, season, [(player, value)])[0] if value is not None else None
    with transaction.atomic():
        Season.objects.select_for_update().get(pk=season.pk)
        before = season.placements.filter(player_id=player).first()
        if before and now and (before.points, before.reached_at) == (now.points, now.reached_at):
            return
        if before:
            before.delete()
        rank_before = before.rank if before else None
        rank_now = 1 + _ahead_of(board, season, now) if now else None
        _make_room(season, rank_before, rank_now)
        if now and rank_now:
            now.rank = rank_now
            now.save(force_insert=True)


def _ahead_of(board: Board, season: Season, own: Placement) -> int:
    """How many placements of a season rank before a result, in board order; see standings.py."""
    better = {"points__lt" if board.lower_is_better else "points__gt": own.points}
    same = season.placements.filter(points=own.points)
    # Among equal points the earlier result ranks first; if the times are equal too, the id as text decides.
    twins = same.filter(reached_at=own.reached_at).values_list("player_id", flat=True)
    text = str(own.player_id)
    ahead = sum(str(each) < text if board.lower_is_better else str(each) > text for each in twins)
    earlier = same.filter(reached_at__lt=own.reached_at).count()
    return season.placements.filter(**better).count() + earlier + ahead


def _make_room(season: Season, left: int | None, taken: int | None) -> None:
    """Shift the placements between a vacated rank and a newly taken one by one place (None: beyond the last)."""
    if left == taken:
        return
    if left is not None and (taken is None or taken > left):
        moved = season.placements.filter(rank__gt=left, **({"rank__lte": taken} if taken else {}))
        by = -1
    else:
        assert taken is not None
        moved = season.placements.filter(rank__gte=taken, **({"rank__lt": left} if left else {}))
        by = 1
    # Ranks are unique at every moment, so the rows pass through ranks that are not in use.
    moved.update(rank=F("rank") + FAR)
    season.placements.filter(rank__gte=FAR).update(rank=F("rank") - FAR + by)
