"""Recomputes one player's standings from SQL and the stream, and updates who is kept off the boards."""

from collections.abc import Iterable, Sequence

from asgiref.sync import sync_to_async

from accounts.models import Player
from leaderboard import keys
from leaderboard.boards import kept_periods, subject
from leaderboard.known_boards import now_ms, periods
from leaderboard.models import Board, HiddenPlayer, Merge
from leaderboard.periods import Period, find
from leaderboard.reading.windows import forget_windows
from leaderboard.repair import counting
from leaderboard.repair.counting import REPAIR_WAIT_S, Flying, repair_lock
from live.hub import mark
from store.client import client
from store.lock import LockLost, hold
from store.scripts import Argument, script

_put = script(__file__, "put")

TRIES_MAX = 50
#: The script that writes a score checks at most this many newer stream entries for runs of the player.
NEWER_MAX = 2_000
#: A command of a transaction may not be too long for a cluster: store/nodes/transaction.py.
HIDDEN_AT_ONCE = 1_000


async def sync_hidden(slug: str) -> None:
    """Copy from SQL the players whose runs a board refuses: hidden, leaving or merging. One round trip."""
    hidden = [str(pk) async for pk in HiddenPlayer.objects.values_list("player_id", flat=True)]
    hidden += [str(pk) async for pk in Player.objects.exclude(leaving_at=None).values_list("pk", flat=True)]
    hidden += [str(pk) async for pk in Merge.objects.filter(applied=False).values_list("guest_id", flat=True)]
    pipe = client().pipeline(transaction=True)
    pipe.delete(keys.hidden(slug))
    for first in range(0, len(hidden), HIDDEN_AT_ONCE):
        pipe.sadd(keys.hidden(slug), *hidden[first : first + HIDDEN_AT_ONCE])
    await pipe.execute()


async def put_board_right(board: Board, player: int) -> None:
    """Recompute a player's standing on every period in Redis. For archives, see `archive.put_right`.

    Runs that arrive meanwhile are included. Raises LockHeld when another repair holds the lock for 30 seconds.
    """
    async with hold(repair_lock(board.slug), wait_s=REPAIR_WAIT_S) as held:
        left = list(await _kept(board))
        for _ in range(TRIES_MAX):
            left = await _put_right_on(board, left, player, await _flying(board, player), held.fence)
            if not left:
                break
        else:
            raise RuntimeError(f"player {player} finished runs faster than their standing could be worked out")
    await forget_windows(board.slug)
    await mark(subject(board.slug))


async def _kept(board: Board) -> Iterable[Period]:
    """The current periods, and the ended ones that Redis still holds."""
    found = {period.id: period for period in periods(board, now_ms())}
    return (found | {period_id: find(period_id) for period_id in await kept_periods(board.slug)}).values()


async def _flying(board: Board, player: int) -> Flying:
    found = await counting.in_flight(board)
    return Flying([result for result in found.results if result.player == player], found.last_id)


async def _put_right_on(board: Board, on: Sequence[Period], player: int, flying: Flying, fence: int) -> list[Period]:
    """Write a player's score on some periods; returns those to retry, because newer runs arrived meanwhile.

    Raises LockLost: a later repairer took over.
    """
    # The stream was read before SQL: a run that moves from one to the other meanwhile is in both, never in neither.
    values = await sync_to_async(counting.of_player)(board, on, flying, player)
    slug = board.slug
    calls: list[tuple[list[str], list[Argument]]] = []
    for period in on:
        names = [keys.standings(slug, period.id), keys.runs(slug), keys.hidden(slug), keys.repair_fence(slug)]
        value = values[period.id]
        args: list[Argument] = [player, "" if value is None else repr(value), flying.last_id or "0-0", fence, NEWER_MAX]
        calls.append((names, args))
    answers = await _put.many(calls) if calls else []
    if any(answer < 0 for answer in answers):
        raise LockLost(slug)
    return [period for period, answer in zip(on, answers, strict=True) if not answer]
