"""Closes the periods that have ended: final standings to SQL, crowns for the first three, a line in the feed.

Exactly one worker closes a season, by lock and fencing number. Standings take no run after their period's
end, since the ranking script checks Redis's own clock; so what is read here is final.
"""

import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from asgiref.sync import sync_to_async
from django.db import DatabaseError, transaction

from leaderboard import archive, feed, keys
from leaderboard.feed import Line
from leaderboard.models import Board, Placement, Season
from store.client import StoreUnavailable, client
from store.lock import LockHeld, LockLost, hold

logger = logging.getLogger(__name__)

COPY_TTL_S = 3600
KEPT_AFTER_CLOSING_S = 60 * 24 * 60 * 60
CROWNS = 3


class Fenced(Exception):
    """A later holder of the lock has written to this season: stop at once."""


async def close_ended(*, at_ms: int | None = None) -> int:
    """Close every ended season of every board that is still open, the oldest first; returns how many.

    After a downtime this catches up with all of them, each once. The worker does it every 5 seconds.
    """
    closed = 0
    async for board in Board.objects.all():
        for period_id, end_ms in await ended(board.slug, at_ms=at_ms):
            try:
                closed += await close(board, period_id, end_ms)
            except LockHeld:
                continue  # Another worker is at it.
            except (LockLost, Fenced):
                logger.warning("season %s of %s went to another worker", period_id, board.slug)
            except (StoreUnavailable, DatabaseError):
                raise
            except Exception:
                logger.exception("season %s of %s could not be closed", period_id, board.slug)
    return closed


async def ended(slug: str, *, at_ms: int | None = None) -> list[tuple[str, int]]:
    """The periods of a board that are over by Redis's clock and not archived, with their ends in UTC ms."""
    if at_ms is None:
        seconds, microseconds = await client().time()
        at_ms = seconds * 1000 + microseconds // 1000
    found = await client().zrange(keys.open_periods(slug), "-inf", at_ms, byscore=True, withscores=True)
    return [(period_id, int(end_ms)) for period_id, end_ms in found]


async def close(board: Board, period_id: str, end_ms: int) -> bool:
    """Archive one ended season; False when that was done before.

    Raises:
        LockHeld: another worker is closing it now.
        LockLost, Fenced: another worker took over; what it writes stands.
        StoreUnavailable: no answer from Redis; closing it again goes on from the start.
    """
    async with hold(f"season:{board.slug}:{period_id}") as held:
        season = await sync_to_async(_open_season)(board, period_id, end_ms, held.fence)
        done_before = season.closed_at is not None
        if not done_before:
            await _archive(board, season, held.fence)
            await _announce(board, season)
            await sync_to_async(_finish)(season, held.fence)
        await _retire(board.slug, period_id)
        return not done_before


async def _retire(slug: str, period_id: str) -> None:
    """Give an archived period's standings their last 60 days. One round trip."""
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
            season.placements.all().delete()  # What a holder before us left half done.
    return season


def _claim(season: Season, fence: int) -> None:
    """Say that this fence writes to the season; refused once a higher one has. Call it inside each transaction."""
    if not Season.objects.filter(pk=season.pk, fence__lte=fence, closed_at=None).update(fence=fence):
        raise Fenced


async def archive_now(board: Board, period_id: str, name: str) -> int:
    """Archive a period as it stands, under another name, without closing it; returns how many players.

    Raises LockHeld: another process is archiving it.
    """
    async with hold(f"season:{board.slug}:{period_id}") as held:
        season = await sync_to_async(_open_season)(board, name, time.time_ns() // 1_000_000, held.fence)
        # Of a copy: who climbs on the live board between two pages would be on both, or on none.
        source, copy = keys.standings(board.slug, period_id), keys.shadow(board.slug, name, held.fence)
        pipe = client().pipeline(transaction=True)
        pipe.delete(copy)
        pipe.zunionstore(copy, [source])
        pipe.expire(copy, COPY_TTL_S)
        await pipe.execute()
        await _archive(board, season, held.fence, copy)
        await sync_to_async(_finish)(season, held.fence)
        await client().delete(copy)
    return await archive.size(season)


async def _archive(board: Board, season: Season, fence: int, copy: str = "") -> None:
    name = copy or keys.standings(board.slug, season.period)
    placed = 0
    for start in range(0, await client().zcard(name), archive.BATCH):
        read = await client().zrange(
            name, start, start + archive.BATCH - 1, desc=not board.lower_is_better, withscores=True
        )
        placed += await sync_to_async(_write)(board, season, fence, placed, read)


def _write(board: Board, season: Season, fence: int, placed: int, read: Sequence[tuple[str, float]]) -> int:
    rows = archive.rows(board, season, [(int(player), value) for player, value in read], first=placed + 1)
    with transaction.atomic():
        _claim(season, fence)
        Placement.objects.bulk_create(rows)
    return len(rows)


def _finish(season: Season, fence: int) -> None:
    with transaction.atomic():
        _claim(season, fence)
        Season.objects.filter(pk=season.pk).update(closed_at=datetime.now(UTC))


async def _announce(board: Board, season: Season) -> None:
    first = [row.placement.player for row in await archive.shown(season, CROWNS)]
    winners, ids = [player.shown_name for player in first], [player.pk for player in first]
    at_ms = int(season.ends_at.timestamp() * 1000)
    if winners:
        line = Line("season", board.slug, at_ms, period=season.period, winners=winners, winner_ids=ids)
        await feed.append(line, told=keys.feed_told(f"{board.slug}:{season.period}"))
