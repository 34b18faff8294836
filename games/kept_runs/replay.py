"""Kept runs played again from their inputs, by the rules."""

import itertools
from typing import Any

import msgspec
from asgiref.sync import sync_to_async
from django.utils.translation import gettext_noop

from games.game import UnknownGame, find
from games.kept_runs import record
from games.kept_runs.record import Record
from leaderboard import known_boards
from leaderboard.models import Board, HiddenPlayer, Run
from live.errors import GameError
from store.stream import moment

FRAMES_MAX = 2_000


class BadFrame(GameError):
    code = "bad_frame"
    message = gettext_noop("`from` is the number of a frame.")


class NoReplay(GameError):
    code = "no_replay"
    message = gettext_noop("There is no such run to watch.")


def first_frame(text: str) -> int:
    """The frame that an address asks for.

    Raises:
        BadFrame: it is no number of one.
    """
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise BadFrame
    return int(text)


async def load(run_id: str) -> Run:
    """A kept run that may be seen.

    Raises:
        NoReplay: none of this id, or it or its player is hidden, or its record cannot be played.
    """
    run = await Run.objects.filter(pk=run_id, is_hidden=False).select_related("player", "board").afirst()
    if run is None or await HiddenPlayer.objects.filter(player=run.player_id).aexists():
        raise NoReplay
    try:
        find(record_of(run).game)
    except (UnknownGame, msgspec.DecodeError) as error:
        raise NoReplay from error
    return run


def record_of(run: Run) -> Record:
    """What replays a run. Raises msgspec.DecodeError when it is no record."""
    return record.decode(run.record)


async def frames(run: Run, start: int) -> dict[str, Any]:
    """Up to 2,000 frames from a place on: each the view and the points after one more input; frame 0 is the first view.

    Simulated from the run's start each time, in a thread.
    """
    return await sync_to_async(_frames, thread_sensitive=False)(record_of(run), start)


def _frames(kept: Record, start: int) -> dict[str, Any]:
    game = find(kept.game)
    steps = zip(["", *kept.inputs], record.states(game, kept.seed, kept.inputs), strict=True)
    shown = [
        {"input": input, "points": game.points(state), "view": game.rules.view(state)}
        for input, state in itertools.islice(steps, start, start + FRAMES_MAX)
    ]
    return {"start": start, "total": len(kept.inputs) + 1, "frames": shown}


async def points_of(run: Run) -> list[int]:
    """The points of a run after each of its inputs, from before the first on."""
    return await sync_to_async(_points, thread_sensitive=False)(record_of(run))


def _points(kept: Record) -> list[int]:
    game = find(kept.game)
    return [game.points(state) for state in record.states(game, kept.seed, kept.inputs)]


async def record_run(board: Board, player: int, kind: str) -> Run:
    """The run behind a player's place on a board's current period.

    Raises:
        UnknownPeriod: the board keeps no such period.
        NoReplay: none is kept, or it is still on its way to SQL.
    """
    period = known_boards.period(board, kind)
    runs = Run.objects.filter(
        board=board, player=player, is_hidden=False, accepted_at__gte=moment(period.start_ms)
    ).exclude(player__in=HiddenPlayer.objects.values("player_id"))
    best = ["points" if board.lower_is_better else "-points", "sequence"]
    run = await runs.order_by(*(best if board.operator == Board.Operator.BEST else ["-sequence"])).afirst()
    if run is None:
        raise NoReplay
    return run
