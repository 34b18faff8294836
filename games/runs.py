"""The life of a run: begun, moved on one numbered input at a time, ended, ranked.

The server is the game: only inputs come in, and the state lives in Redis, so that any process can go
on with any run at the same move.
"""

import contextlib
import itertools
import secrets
import time
from typing import Any

import msgspec

from accounts.cards import Card
from games import keys
from games.game import Game, UnknownGame, find
from games.record import record
from leaderboard import boards
from leaderboard.boards import FinishedRun
from leaderboard.known_boards import find as find_board
from leaderboard.reports import Report
from live.errors import GameError
from store.client import client
from store.scripts import script

_begin = script(__file__, "begin")
_commit = script(__file__, "commit")
_settled = script(__file__, "settled")

TTL_MS = 7 * 24 * 60 * 60 * 1000
# A ranked run is kept for its result panel only, and for less time than its report: once the report is
# forgotten, the run could be ranked anew on a later day's board.
RANKED_TTL_MS = 24 * 60 * 60 * 1000
# A run that ended this long ago and is not ranked was left behind by a process that died.
SETTLE_AFTER_MS = 15_000
AHEAD_MS = 60_000
INPUTS_MAX = 60_000


class UnknownRun(GameError):
    code = "unknown_run"
    message = "That run does not exist, or nobody moved in it for a week."


class NotYourRun(GameError):
    code = "not_your_run"
    message = "That is somebody else’s run."


class RunOver(GameError):
    code = "run_over"
    message = "That run is over."


class Log(msgspec.Struct, frozen=True):
    """The inputs of an ended run, and when each was taken (UTC ms)."""

    inputs: list[str]
    moments: list[str]


class Run(msgspec.Struct, frozen=True):
    """A run as Redis has it. `seq` is the number of the last input taken; `state` is the game's own.

    `log` is there when this process has just ended the run.
    """

    id: str
    game: Game
    player: int
    seed: str
    state: Any
    seq: int
    points: int
    over: bool
    started_ms: int
    log: "Log | None" = None

    @property
    def view(self) -> dict[str, Any]:
        return self.game.rules.view(self.state)


async def begin(game: Game, player: int) -> Run:
    """The player's open run of a game, or a new one when none is open.

    Two tabs that begin at once get the same run. Redis: three or four round trips.
    """
    current = await client().get(keys.current(player, game.slug)) or ""
    if current and (run := await _read(current)) and not run.over:
        await client().pexpire(keys.current(player, game.slug), TTL_MS)
        return run
    made = await _create(game, player)
    winner = await _begin([keys.current(player, game.slug)], [current, made.id, TTL_MS])
    if winner == made.id:
        return made
    await client().delete(keys.run(made.id))
    return await load(winner, player)


async def _create(game: Game, player: int) -> Run:
    seed = secrets.token_hex(16)
    state = game.rules.new(seed)
    now_ms = time.time_ns() // 1_000_000
    run = Run(secrets.token_urlsafe(12), game, player, seed, state, 0, game.rules.points(state), False, now_ms)
    fields = {
        "game": game.slug,
        "player": player,
        "seed": seed,
        "state": game.rules.dump(state),
        "seq": 0,
        "points": run.points,
        "over": 0,
        "started_ms": now_ms,
    }
    pipe = client().pipeline()
    pipe.hset(keys.run(run.id), mapping=fields)
    pipe.pexpire(keys.run(run.id), TTL_MS)
    await pipe.execute()
    return run


async def load(run_id: str, player: int) -> Run:
    """The player's run as it stands.

    Raises:
        UnknownRun: no such run.
        NotYourRun: it is another player's.

    Redis: one round trip.
    """
    run = await _read(run_id)
    if run is None:
        raise UnknownRun
    if run.player != player:
        raise NotYourRun
    return run


async def _read(run_id: str) -> Run | None:
    fields = await client().hgetall(keys.run(run_id))
    if not fields:
        return None
    game = find(fields["game"])
    return Run(
        id=run_id,
        game=game,
        player=int(fields["player"]),
        seed=fields["seed"],
        state=game.rules.load(fields["state"]),
        seq=int(fields["seq"]),
        points=int(fields["points"]),
        over=fields["over"] == "1",
        started_ms=int(fields["started_ms"]),
    )


async def move(run: Run, input: str) -> Run | None:
    """The run after its next input, kept in Redis; None when the run had already moved on elsewhere.

    An input that changes nothing takes its number but is not logged.

    Raises:
        RunOver: the run has ended.
        UnknownInput: the game has no such input.

    Redis: lua/commit.lua, one round trip, O(1).
    """
    if run.over:
        raise RunOver
    run.game.check_input(input)
    rules = run.game.rules
    state = rules.apply(run.state, input)
    over = rules.over(state) or run.seq + 1 >= INPUTS_MAX
    after = msgspec.structs.replace(run, state=state, seq=run.seq + 1, points=rules.points(state), over=over)
    return await _keep(run, after, input if state is not run.state else "")


async def end(run: Run) -> Run | None:
    """The run ended where it stands; None when it had already moved on elsewhere.

    Raises:
        RunOver: it has ended before.
    """
    if run.over:
        raise RunOver
    return await _keep(run, msgspec.structs.replace(run, over=True), "")


async def _keep(run: Run, after: Run, logged: str) -> Run | None:
    args: list[str | int] = [
        run.seq,
        after.seq,
        run.game.rules.dump(after.state),
        after.points,
        int(after.over),
        logged,
        TTL_MS,
    ]
    # The player's pointer to the run must not end before it: they would have two open ones then.
    pointed = ("PEXPIRE", keys.current(run.player, run.game.slug), TTL_MS)
    if not after.over:
        done, *_ = await _commit.among(_keys(run.id), args, after=[pointed])
        return after if done else None
    # Before the commit, so that a process that dies between here and the ranking leaves a trace to settle.
    trace = ("ZADD", keys.finishing(), time.time_ns() // 1_000_000, run.id)
    read = [("LRANGE", name, 0, -1) for name in _keys(run.id)[1:]]
    done, _, _, inputs, moments = await _commit.among(_keys(run.id), args, before=[trace], after=[pointed, *read])
    return msgspec.structs.replace(after, log=Log(inputs, moments)) if done else None


def _keys(run_id: str) -> list[str]:
    return [keys.run(run_id), keys.inputs(run_id), keys.moments(run_id)]


async def rank(run: Run, card: Card) -> Report:
    """Rank a run that may have ended a while ago, and let it go. Raises as `submit`."""
    # Its player may have been deleted meanwhile, and its log with them.
    report = await submit(msgspec.structs.replace(run, log=None), card)
    await settled(run)
    return report


async def submit(run: Run, card: Card) -> Report:
    """Rank an ended run on its game's board; once in effect, however often it is called. It ranks from 1 point.

    Raises:
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
    except GameError:
        await settled(run)
        raise


async def has_scored(run: Run) -> bool:
    """Whether there is anything to rank and to keep: a point, or where fewer are better, a run played to its end."""
    if (await find_board(run.game.slug)).lower_is_better:
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
    return FinishedRun(run.id, run.game.slug, run.player, card, run.points, run.started_ms, replayable)


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
    await _settled.among(_keys(run.id), [RANKED_TTL_MS], after=[("ZREM", keys.finishing(), run.id)])


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
            run = await _read(run_id)
            if run is not None and run.over:
                found.append(run)
                continue
        await client().zrem(keys.finishing(), run_id)
    return found
