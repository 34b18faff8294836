"""Rebuilds boards from SQL while they are in use, or only compares them.

Standings are built in a shadow key and swapped in atomically. The swap adds the runs that arrived meanwhile.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from asgiref.sync import sync_to_async

from accounts.models import Player
from leaderboard import keys
from leaderboard.boards import subject
from leaderboard.known_boards import now_ms, periods
from leaderboard.models import Board
from leaderboard.periods import Period
from leaderboard.repair import counting, one_player
from leaderboard.repair.counting import REPAIR_WAIT_S, repair_lock
from leaderboard.seasons import archive, closing
from live.hub import mark
from store.client import client
from store.lock import LockLost, hold
from store.scripts import script

_swap = script(__file__, "swap", prelude=["score"])

WRITE_BATCH = 5_000
SHADOW_TTL_S = 3600
# The swap adds at most this many newer runs, which takes a few milliseconds. If there are more, they are added first.
SWAP_COUNTS_MAX = 500
CATCH_UPS_MAX = 100
RECHECKS = 5

Progress = Callable[[str, int], object]


class TooBusy(Exception):
    """Runs arrive faster than they can be counted in."""


async def rebuild(board: Board, progress: Progress = lambda step, done: None) -> None:
    """Rebuild every current period of a board from SQL; `progress` gets a period kind and the players written.

    Raises:
        LockHeld, LockLost: another repair of the board is under way, or took over.
        TooBusy: runs arrive faster than they can be counted in.
    """
    async with hold(repair_lock(board.slug), wait_s=REPAIR_WAIT_S) as held:
        await one_player.sync_hidden(board.slug)
        for period in periods(board, now_ms()):
            await _rebuild_period(board, period, held.fence, progress)
        await _rebuild_cards(board)
    await mark(subject(board.slug))


async def _rebuild_period(board: Board, period: Period, fence: int, progress: Progress) -> None:
    slug, period = board.slug, board.since(period)
    names = [keys.standings(slug, period.id), keys.shadow(slug, period.id, fence), keys.runs(slug)]
    names += [keys.hidden(slug), keys.repair_fence(slug)]
    scores, last_id = await expected(board, period)
    await _write(names[1], scores, lambda done: progress(period.kind, done))
    for _ in range(CATCH_UPS_MAX):
        args = [last_id or "0-0", board.order, board.operator, period.start_ms, period.end_ms or 0, SWAP_COUNTS_MAX]
        swapped = await _swap(names, [*args, fence])
        if swapped < 0:
            raise LockLost(slug)
        if swapped:
            break
        newer = await counting.in_flight(board, last_id)
        inside = [each for each in newer.results if counting.holds(period, each) and not each.replayed]
        counting.add(board, scores, inside)
        await _write(names[1], {result.player: scores[result.player] for result in inside})
        last_id = newer.last_id
    else:
        raise TooBusy(slug)
    if period.end_ms and await client().exists(names[0]):
        await client().zadd(keys.open_periods(slug), {period.id: period.end_ms})


async def _write(name: str, scores: Mapping[int, float], progress: Callable[[int], object] = lambda done: None) -> None:
    done = 0
    for batch in _batches(scores):
        pipe = client().pipeline()
        pipe.zadd(name, {str(player): value for player, value in batch.items()})
        pipe.expire(name, SHADOW_TTL_S)
        await pipe.execute()
        done += len(batch)
        progress(done)


def _batches(scores: Mapping[int, float]) -> Iterator[dict[int, float]]:
    items = iter(scores.items())
    while batch := dict(islice(items, WRITE_BATCH)):
        yield batch


async def _rebuild_cards(board: Board) -> None:
    cards: dict[str, str] = {}
    async for player in Player.objects.filter(runs__board=board).distinct().aiterator(chunk_size=WRITE_BATCH):
        cards[str(player.pk)] = player.card.encode()
        if len(cards) == WRITE_BATCH:
            await client().hset(keys.cards(board.slug), mapping=cards)
            cards.clear()
    if cards:
        await client().hset(keys.cards(board.slug), mapping=cards)


async def expected(board: Board, period: Period) -> tuple[dict[int, float], str]:
    """Each player's score from SQL and the stream, and the last stream entry that it includes ("": no stream)."""
    flying = await counting.in_flight(board)
    compute = sync_to_async(lambda: counting.combined(board, counting.visible(board, period, flying)))
    return await compute(), flying.last_id


async def differences(board: Board) -> list[str]:
    """Describe each standing that differs from SQL; empty when none does. Works while the board is in use."""
    found = []
    for period in periods(board, now_ms()):
        suspects, last_id = await _suspects(board, period)
        for _ in range(RECHECKS):
            if not suspects:
                break
            # A player who finished a run during the check differs briefly. One who still differs is wrong.
            still, newer_id = await _suspects(board, period)
            suspects &= still
            if newer_id == last_id:  # No run arrived meanwhile.
                break
            last_id = newer_id
        found += [f"{board.slug}, {period.id}: player {player}" for player in sorted(suspects)]
    return found


async def rebuild_archives(board: Board, progress: Progress = lambda step, done: None) -> int:
    """Archive the ended periods that have runs but no archive, and rebuild archives that differ; returns how many."""
    done = 0
    for period_id, end_ms in await sync_to_async(closing.missing)(board, await _now_ms()):
        done += await closing.close(board, period_id, end_ms)
        progress(period_id, done)
    async for season in archive.rewritable(board):
        flying = await counting.in_flight(board)
        if await sync_to_async(archive.differs)(board, season, flying):
            await sync_to_async(archive.rewrite)(board, season, flying)
            done += 1
        progress(season.period, done)
    await archive.forget_past(board)
    return done


async def archive_differences(board: Board, progress: Progress = lambda step, done: None) -> list[str]:
    """Describe each ended period that lacks its archive, and each archive that differs from its runs."""
    lacking = await sync_to_async(closing.missing)(board, await _now_ms())
    found = [f"{board.slug}, {period_id}: ended, and not archived" for period_id, _ in lacking]
    async for season in archive.rewritable(board):
        progress(season.period, len(found))
        if await sync_to_async(archive.differs)(board, season, await counting.in_flight(board)):
            found.append(f"{board.slug}, {season.period}: the archive differs")
    return found


async def _now_ms() -> int:
    seconds, microseconds = await client().time()
    return seconds * 1000 + microseconds // 1000


async def _suspects(board: Board, period: Period) -> tuple[set[int], str]:
    """The players whose scores differ from SQL and the stream, and the last stream entry that was included."""
    name = keys.standings(board.slug, period.id)
    live = {int(player): value async for player, value in client().zscan_iter(name, count=WRITE_BATCH)}
    scores, last_id = await expected(board, period)
    return {player for player in live.keys() | scores.keys() if live.get(player) != scores.get(player)}, last_id
