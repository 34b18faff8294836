"""Closes the periods that have ended: writes final standings to SQL and adds a line with the winners to the feed.

A lock and a fencing number ensure that exactly one worker closes a season. The ranking script checks Redis's
own clock and takes no run after a period's end, so the standings read here are final.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime

from asgiref.sync import sync_to_async
from django.db import DatabaseError, transaction

from leaderboard import keys
from leaderboard.models import Board, Placement, Run, Season
from leaderboard.periods import Period, current
from leaderboard.repair import counting
from leaderboard.seasons import archive
from leaderboard.stream import feed
from leaderboard.stream.feed import Line
from store.client import StoreUnavailable, client
from store.lock import LockHeld, LockLost, hold
from store.stream import moment

logger = logging.getLogger(__name__)

COPY_TTL_S = 3600
KEPT_AFTER_CLOSING_S = 60 * 24 * 60 * 60
#: How far back to look for seasons that Redis has lost: as long as it would keep their standings.
LOOKED_BACK_MS = 62 * 24 * 60 * 60 * 1000
#: A season that ended longer ago than this is archived without a line in the feed.
NEWS_MS = 8 * 24 * 60 * 60 * 1000
#: Callbacks of higher layers for a season that has just been archived; calling one twice must be harmless.
AFTER_CLOSING: list[Callable[[Season], Awaitable[object]]] = []


class Fenced(Exception):
    """A later holder of the lock has written to this season: stop at once."""


async def close_ended(*, at_ms: int | None = None) -> int:
    """Close every season that has ended and is still open, oldest first on each board; returns how many.

    After a downtime this catches up, closing each season once. The worker calls it every 5 seconds.
    """
    at_ms = await _now_ms() if at_ms is None else at_ms
    closed = 0
    async for board in Board.objects.all():
        await _reopen_early(board, at_ms)
        closed += await _close_all(board, await ended(board.slug, at_ms=at_ms))
    return closed


async def close_missing(*, at_ms: int | None = None) -> int:
    """Close the ended seasons that have runs in SQL but no archive: a Redis that was lost or restored does not know
    them. Returns how many; the worker calls it every 10 minutes."""
    at_ms = await _now_ms() if at_ms is None else at_ms
    closed = 0
    async for board in Board.objects.all():
        closed += await _close_all(board, await sync_to_async(missing)(board, at_ms, LOOKED_BACK_MS), at_ms - NEWS_MS)
    return closed


async def _close_all(board: Board, periods: Sequence[tuple[str, int]], news_since_ms: int = 0) -> int:
    closed = 0
    for period_id, end_ms in periods:
        try:
            closed += await close(board, period_id, end_ms, announced=end_ms >= news_since_ms)
        except LockHeld:
            continue  # Another worker is closing it.
        except (LockLost, Fenced):
            logger.warning("season %s of %s went to another worker", period_id, board.slug)
        except (StoreUnavailable, DatabaseError):
            raise
        except Exception:
            logger.exception("season %s of %s could not be closed", period_id, board.slug)
    return closed


async def _now_ms() -> int:
    seconds, microseconds = await client().time()
    return seconds * 1000 + microseconds // 1000


async def ended(slug: str, *, at_ms: int | None = None) -> list[tuple[str, int]]:
    """The periods of a board that are over by Redis's clock and not archived, with their ends in UTC ms."""
    at_ms = await _now_ms() if at_ms is None else at_ms
    found = await client().zrange(keys.open_periods(slug), "-inf", at_ms, byscore=True, withscores=True)
    return [(period_id, int(end_ms)) for period_id, end_ms in found]


def missing(board: Board, at_ms: int, back_ms: int | None = None) -> list[tuple[str, int]]:
    """The ended periods of a board that have runs in SQL but no archive, with their ends; within `back_ms` if given.

    Sync: one query for each period without an archive.
    """
    first = Run.objects.filter(board=board).order_by("sequence").values_list("accepted_at", flat=True).first()
    if first is None:
        return []
    since_ms = max(int(first.timestamp() * 1000), at_ms - back_ms if back_ms else 0)
    closed = set(Season.objects.filter(board=board).exclude(closed_at=None).values_list("period", flat=True))
    found = []
    for kind in board.kinds:
        period = current(kind, since_ms)
        while period.end_ms is not None and period.end_ms <= at_ms:
            if period.id not in closed and _has_runs(board, board.since(period)):
                found.append((period.id, period.end_ms))
            period = current(kind, period.end_ms)
    return sorted(found, key=lambda each: each[1])


def _has_runs(board: Board, period: Period) -> bool:
    assert period.end_ms is not None
    span = moment(period.start_ms), moment(period.end_ms)
    return Run.objects.filter(board=board, is_hidden=False, accepted_at__gte=span[0], accepted_at__lt=span[1]).exists()


async def _reopen_early(board: Board, at_ms: int) -> None:
    """Reopen the seasons that were closed too early because a clock was ahead: they still take runs."""
    early = Season.objects.filter(board=board, ends_at__gt=moment(at_ms)).exclude(closed_at=None)
    async for season in early.exclude(period__contains="~"):
        logger.warning("season %s of %s was closed before its end; it is open again", season.period, board.slug)
        await Season.objects.filter(pk=season.pk).aupdate(closed_at=None)
        pipe = client().pipeline(transaction=True)
        pipe.zadd(keys.open_periods(board.slug), {season.period: int(season.ends_at.timestamp() * 1000)})
        pipe.zrem(keys.closed_periods(board.slug), season.period)
        pipe.persist(keys.standings(board.slug, season.period))
        await pipe.execute()
        await feed.take_back(keys.feed_told(f"{board.slug}:{season.period}"), board.slug, season.period)
        await archive.forget_past(board)


async def close(board: Board, period_id: str, end_ms: int, *, announced: bool = True) -> bool:
    """Archive one ended season and add a line to the feed; False when it was closed before.

    Raises:
        LockHeld: another worker is closing it now.
        LockLost, Fenced: another worker took over; its archive is the valid one.
        StoreUnavailable: no answer from Redis; the next try starts over.
    """
    async with hold(f"season:{board.slug}:{period_id}") as held:
        season = await sync_to_async(_open_season)(board, period_id, end_ms, held.fence)
        done_before = season.closed_at is not None
        if not done_before:
            await _archive(board, season, held.fence)
            if announced:
                await _announce(board, season)
            for react in AFTER_CLOSING:
                await react(season)
            await sync_to_async(_finish)(season, held.fence)
            await archive.forget_past(board)
        await _retire(board.slug, period_id)
        return not done_before


async def _retire(slug: str, period_id: str) -> None:
    """Let an archived period's standings expire after 60 days. One round trip."""
    now_s = time.time()
    pipe = client().pipeline(transaction=True)
    pipe.expire(keys.standings(slug, period_id), KEPT_AFTER_CLOSING_S)
    pipe.zrem(keys.open_periods(slug), period_id)
    pipe.zremrangebyscore(keys.closed_periods(slug), "-inf", int(now_s * 1000))
    pipe.zadd(keys.closed_periods(slug), {period_id: int((now_s + KEPT_AFTER_CLOSING_S) * 1000)})
    await pipe.execute()


def _open_season(board: Board, period_id: str, end_ms: int, fence: int) -> Season:
    kind = period_id.partition(":")[0]
    ends_at = datetime.fromtimestamp(end_ms / 1000, UTC)
    season, _ = Season.objects.get_or_create(board=board, period=period_id, defaults={"kind": kind, "ends_at": ends_at})
    if season.closed_at is None:
        with transaction.atomic():
            _claim(season, fence)
            season.placements.all().delete()  # An earlier holder may have left some.
    return season


def _claim(season: Season, fence: int) -> None:
    """Record this fence on the season, or raise Fenced if a higher one has written. Call it in each transaction."""
    if not Season.objects.filter(pk=season.pk, fence__lte=fence, closed_at=None).update(fence=fence):
        raise Fenced


async def archive_now(board: Board, period_id: str, name: str) -> int:
    """Archive a period's current standings under another name, without closing it; returns the number of players.

    Raises LockHeld: another process is archiving it.
    """
    async with hold(f"season:{board.slug}:{period_id}") as held:
        season = await sync_to_async(_open_season)(board, name, time.time_ns() // 1_000_000, held.fence)
        scores = await _copied(board, period_id, held.fence)
        await sync_to_async(_write)(board, season, held.fence, scores)
        await sync_to_async(_finish)(season, held.fence)
    await archive.forget_past(board)
    return await archive.size(season)


async def _archive(board: Board, season: Season, fence: int) -> None:
    """Write the archive of an ended period, hidden players included.

    Scores come from SQL and the stream, because a restored Redis may know less. A player who is in the standings but
    has no run at all keeps their score.
    """
    standing = await _copied(board, season.period, fence)
    flying = await counting.in_flight(board)
    scores = await sync_to_async(archive.final)(board, season, flying, standing)
    await sync_to_async(_write)(board, season, fence, scores)


async def _copied(board: Board, period_id: str, fence: int) -> dict[int, float]:
    """The standings, read from a copy: a player who moves between two reads would otherwise be read twice or never."""
    source, copy = keys.standings(board.slug, period_id), keys.season_copy(board.slug, period_id, fence)
    pipe = client().pipeline(transaction=True)
    pipe.delete(copy)
    pipe.zunionstore(copy, [source])
    pipe.expire(copy, COPY_TTL_S)
    await pipe.execute()
    scores: dict[int, float] = {}
    for start in range(0, await client().zcard(copy), archive.BATCH):
        read = await client().zrange(copy, start, start + archive.BATCH - 1, withscores=True)
        scores |= {int(player): value for player, value in read}
    await client().unlink(copy)
    return scores


def _write(board: Board, season: Season, fence: int, scores: Mapping[int, float]) -> None:
    placed = 0
    order = archive.ordered(board, scores)
    for start in range(0, len(order), archive.BATCH):
        rows = archive.rows(board, season, order[start : start + archive.BATCH], first=placed + 1)
        placed += len(rows)
        with transaction.atomic():
            _claim(season, fence)
            Placement.objects.bulk_create(rows)


def _finish(season: Season, fence: int) -> None:
    with transaction.atomic():
        _claim(season, fence)
        Season.objects.filter(pk=season.pk).update(closed_at=datetime.now(UTC))


async def _announce(board: Board, season: Season) -> None:
    first = [row.placement.player for row in await archive.shown(season, archive.CROWNS)]
    winners, ids = [player.shown_name for player in first], [player.pk for player in first]
    at_ms = int(season.ends_at.timestamp() * 1000)
    if winners:
        line = Line("season", board.slug, at_ms, period=season.period, winners=winners, winner_ids=ids)
        await feed.append(line, told=keys.feed_told(f"{board.slug}:{season.period}"))
