"""The life of a run: begun, moved on one numbered input at a time, ended. games/ranking.py ranks it.

The server is the game: only inputs come in, and the state lives in Redis, so that any process can go
on with any run at the same move.
"""

import secrets
import time
from typing import Any

import msgspec
from django.utils.translation import gettext_noop

from games import keys
from games.game import Game, find
from games.modes import DAILY, FREE_PLAY, Mode, parse
from leaderboard.words import MOVE
from live.errors import GameError
from store.client import client
from store.scripts import script

_begin = script(__file__, "begin")
_commit = script(__file__, "commit")

TTL_MS = 7 * 24 * 60 * 60 * 1000
INPUTS_MAX = 60_000


class UnknownRun(GameError):
    code = "unknown_run"
    message = gettext_noop("That run does not exist, or nobody moved in it for a week.")


class NotYourRun(GameError):
    code = "not_your_run"
    message = gettext_noop("That is somebody else’s run.")


class RunOver(GameError):
    code = "run_over"
    message = gettext_noop("That run is over.")


class Log(msgspec.Struct, frozen=True):
    """The inputs of an ended run, and when each was taken (UTC ms)."""

    inputs: list[str]
    moments: list[str]


class Run(msgspec.Struct, frozen=True):
    """A run as Redis has it. `seq` is the number of the last input taken; `state` is the game's own.

    It is over after `inputs_max` inputs at the latest.
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
    mode: Mode = FREE_PLAY
    inputs_max: int = INPUTS_MAX
    log: "Log | None" = None

    @property
    def board(self) -> str | None:
        """The board that ranks it; None: it is not ranked."""
        return self.mode.board(self.game)

    @property
    def view(self) -> dict[str, Any]:
        return self.game.rules.view(self.state)


class Played(GameError):
    code = "played"
    message = gettext_noop("You have had your try at this puzzle. The next one comes at 00:00 UTC.")


async def current(game: Game, player: int, mode: Mode) -> Run | None:
    """The player's open run of a game in a mode, if any; of a puzzle of the day the one try, open or not.

    Raises:
        Played: today's puzzle was played, and the run is not there any more.

    Redis: one round trip, three when there is one.
    """
    name = keys.current(player, _mark(game, mode))
    return await _pointed(name, await client().get(name) or "", mode)


async def _pointed(name: str, run_id: str, mode: Mode) -> Run | None:
    """The run that a pointer of this name leads to, if it is the player's current one; the pointer lives on."""
    if not run_id:
        return None
    run = await read(run_id)
    if run is None and mode.kind == DAILY:
        raise Played
    if run is None or (run.over and mode.kind != DAILY):
        return None
    await client().pexpire(name, TTL_MS)
    return run


async def waiting_points(game: Game, player: int) -> int | None:
    """The points of the player's open run in free play; None: none is open. Two round trips."""
    run_id = await client().get(keys.current(player, game.slug))
    if not run_id:
        return None
    points, over = await client().hmget(keys.run(run_id), ["points", "over"])
    return int(points) if points and over == "0" and int(points) else None


async def begin(
    game: Game, player: int, mode: Mode = FREE_PLAY, *, seed: str = "", inputs_max: int = INPUTS_MAX
) -> Run:
    """The player's open run of a game in a mode, or a new one when none is open, with `seed` or one of its own.

    Two tabs that begin at once get the same run. Redis: four or five round trips.

    Raises:
        Played: today's puzzle was played, and the run is not there any more.
    """
    name = keys.current(player, _mark(game, mode))
    before = await client().get(name) or ""
    if run := await _pointed(name, before, mode):
        return run
    made = await _create(game, player, mode, seed or secrets.token_hex(16), inputs_max)
    winner = await _begin([name], [before, made.id, TTL_MS])
    if winner == made.id:
        return made
    await client().delete(keys.run(made.id))
    return await load(winner, player)


def _mark(game: Game, mode: Mode) -> str:
    """What tells the player's newest runs apart: the game, and what they are for."""
    return f"{game.slug}/{mode.text}" if mode.kind else game.slug


async def _create(game: Game, player: int, mode: Mode, seed: str, inputs_max: int) -> Run:
    state = game.rules.new(seed)
    # By the clock that takes its inputs: the time between may count.
    seconds, us = await client().time()
    now_ms = 1000 * seconds + us // 1000
    run = Run(
        secrets.token_urlsafe(12), game, player, seed, state, 0, game.points(state), False, now_ms, mode, inputs_max
    )
    fields = {
        "game": game.slug,
        "player": player,
        "seed": seed,
        "state": game.rules.dump(state),
        "seq": 0,
        "points": run.points,
        "over": 0,
        "started_ms": now_ms,
        "mode": mode.text,
        "inputs_max": inputs_max,
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
    run = await read(run_id)
    if run is None:
        raise UnknownRun
    if run.player != player:
        raise NotYourRun
    return run


async def read(run_id: str) -> Run | None:
    """A run as Redis has it; None: it is gone. One round trip."""
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
        mode=parse(fields.get("mode", "")),
        inputs_max=int(fields.get("inputs_max", INPUTS_MAX)),
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
    over = rules.over(state) or run.seq + 1 >= run.inputs_max
    after = msgspec.structs.replace(run, state=state, seq=run.seq + 1, points=run.game.points(state), over=over)
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
        MOVE - 1 if run.game.is_timed else 0,
    ]
    # The player's pointer to the run must not end before it: they would have two open ones then.
    pointed = ("PEXPIRE", keys.current(run.player, _mark(run.game, run.mode)), TTL_MS)
    if not after.over:
        done, *_ = await _commit.among(names(run.id), args, after=[pointed])
        return after if done else None
    # Before the commit, so that a process that dies between here and the ranking leaves a trace to settle.
    trace = ("ZADD", keys.finishing(), time.time_ns() // 1_000_000, run.id)
    read = [("LRANGE", name, 0, -1) for name in names(run.id)[1:]]
    done, _, _, inputs, moments = await _commit.among(names(run.id), args, before=[trace], after=[pointed, *read])
    if not done:
        return None
    return msgspec.structs.replace(after, points=after.points + done - 1, log=Log(inputs, moments))


def names(run_id: str) -> list[str]:
    """A run's keys: itself, its inputs, their moments."""
    return [keys.run(run_id), keys.inputs(run_id), keys.moments(run_id)]
