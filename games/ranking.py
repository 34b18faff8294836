"""An ended run: ranked once in effect, and let go."""

import contextlib
import itertools
import time

import msgspec
from django.utils.translation import gettext_noop

from accounts.cards import Card
from games import keys
from games.game import UnknownGame
from games.kept_runs.record import record
from games.modes import DAILY, day_end_ms
from games.runs import Log, Run, UnknownRun, names, read
from leaderboard import boards
from leaderboard.boards import FinishedRun
from leaderboard.errors import TooLate
from leaderboard.known_boards import find as find_board
from leaderboard.reports import Report
from live.errors import GameError
from store.client import client
from store.scripts import script

_settled = script(__file__, "settled")

# A ranked run is kept for its result panel only, and for less time than its report: once the report is
# forgotten, the run could be ranked anew on a later day's board.
RANKED_TTL_MS = 24 * 60 * 60 * 1000
# A run that ended this long ago and is not ranked was left behind by a process that died.
SETTLE_AFTER_MS = 15_000
AHEAD_MS = 60_000


async def rank(run: Run, card: Card) -> Report:
    """Rank a run that may have ended a while ago, and let it go. Raises as `submit`."""
    # Its player may have been deleted meanwhile, and its log with them.
    report = await submit(msgspec.structs.replace(run, log=None), card)
    await settled(run)
    return report


async def submit(run: Run, card: Card) -> Report:
    """Rank an ended run on its board; once in effect, however often it is called. It ranks from 1 point.

    Raises:
        DayOver: the day of its puzzle has ended; nobody tries again.
        GameError: the board does not take it now (closed, the player hidden), or the run is gone; nobody tries again.
        StoreUnavailable: no answer from Redis; the worker ranks it later.

    Redis: lua/submit.lua, one round trip; one before it when `run.log` is not there. Call `settled` then.
    """
    try:
        if not await has_scored(run):
            return Report(run.id, run.points, run.started_ms, [])
        return await boards.submit(await finished(run, card))
    except UnknownRun:
        raise
    except TooLate:
        await settled(run)
        raise DayOver from None
    except GameError:
        await settled(run)
        raise


class DayOver(GameError):
    code = "day_over"
    message = gettext_noop("The day of this puzzle is over, so that the run does not count.")


def counts(run: Run) -> bool:
    """Whether an ended run is a result at all: where fewer are better, one that was broken off is none."""
    return not run.game.lower_is_better or run.game.rules.over(run.state)


async def has_scored(run: Run) -> bool:
    """Whether there is anything to rank and to keep: a point, or where fewer are better, a run played to its end.

    A run that is not for a board never has.
    """
    if run.board is None:
        return False
    if (await find_board(run.board)).lower_is_better:
        return run.game.rules.over(run.state)
    return run.points >= 1


async def finished(run: Run, card: Card) -> FinishedRun:
    """An ended run as the boards take it. One round trip when `run.log` is not there.

    Raises:
        UnknownRun: it is gone; its player was deleted meanwhile.
    """
    log = run.log or await _log(run)
    pauses = [int(after) - int(before) for before, after in itertools.pairwise(log.moments)]
    replayable = record(run.game, run.seed, log.inputs, run.state, pauses)
    assert run.board is not None
    until_ms = day_end_ms(run.mode.day) if run.mode.kind == DAILY and run.mode.day else 0
    return FinishedRun(run.id, run.board, run.player, card, run.points, run.started_ms, replayable, until_ms)


async def _log(run: Run) -> Log:
    pipe = client().pipeline()
    pipe.exists(keys.run(run.id))
    pipe.lrange(keys.inputs(run.id), 0, -1)
    pipe.lrange(keys.moments(run.id), 0, -1)
    is_there, inputs, moments = await pipe.execute()
    if not is_there:
        raise UnknownRun
    return Log(inputs, moments)


async def settled(run: Run) -> None:
    """Let an ended run go: it is ranked, or was refused. One round trip."""
    await _settled.among(names(run.id), [RANKED_TTL_MS], after=[("ZREM", keys.finishing(), run.id)])


async def unsettled(*, now_ms: int | None = None) -> list[Run]:
    """Ended runs whose process died before it ranked them; entries that never ended are dropped on the way."""
    now_ms = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    pipe = client().pipeline()
    pipe.zrange(keys.finishing(), "-inf", now_ms - SETTLE_AFTER_MS, byscore=True, offset=0, num=100)
    # What lies in the future was noted before the clock went back.
    pipe.zrange(keys.finishing(), now_ms + AHEAD_MS, "+inf", byscore=True, offset=0, num=100)
    due, ahead = await pipe.execute()
    found = []
    for run_id in [*due, *ahead]:
        with contextlib.suppress(UnknownGame):  # A game that was removed: nobody can rank its runs.
            run = await read(run_id)
            if run is not None and run.over:
                found.append(run)
                continue
        await client().zrem(keys.finishing(), run_id)
    return found
