"""Hiding and restoring runs and players, and banning: each with who, why and when, each reversible.

SQL is written first; then the boards of all current periods are put right from it. History is kept.
"""

from typing import Any

from asgiref.sync import sync_to_async
from django.db import transaction

from accounts.models import Player
from accounts.sessions import end_sessions
from leaderboard import keys, results
from leaderboard.boards import subject
from leaderboard.definitions import find, now_ms, periods
from leaderboard.models import Board, HiddenPlayer, Moderation, Run
from leaderboard.periods import Period
from leaderboard.results import Flying
from live.errors import GameError
from live.hub import mark
from store.client import client
from store.lock import hold
from store.scripts import script

_put = script(__file__, "put")

Action = Moderation.Action
TRIES_MAX = 50
REPAIR_WAIT_S = 30.0


def repair_lock(board: Board) -> str:
    """The lock of whoever works out a board's standings from SQL: a player's, or all of them."""
    return f"repair:{board.slug}"


class ReasonMissing(GameError):
    code = "reason_missing"
    message = "Say why: it is kept with what you did."


async def hide_run(run: Run, *, reason: str, by: Player | None) -> None:
    """Take one run out of its board; the player's next best run, if any, counts instead."""
    await sync_to_async(_record_run)(run, True, Action.HIDE_RUN, reason, by)
    await _put_right(await find(run.board_id), run.player_id)


async def restore_run(run: Run, *, reason: str, by: Player | None) -> None:
    """Let a hidden run count again."""
    await sync_to_async(_record_run)(run, False, Action.RESTORE_RUN, reason, by)
    await _put_right(await find(run.board_id), run.player_id)


async def hide_player(player: Player, *, reason: str, by: Player | None) -> None:
    """Take a player off every board; runs they finish from now on are refused."""
    await sync_to_async(_record_player)(player, Action.HIDE_PLAYER, reason, by)
    await _keep_off(player.pk)


async def restore_player(player: Player, *, reason: str, by: Player | None) -> None:
    """Let a hidden player stand on the boards again, with every run that is not hidden itself."""
    await sync_to_async(_record_player)(player, Action.RESTORE_PLAYER, reason, by)
    await _let_back(player.pk)


async def ban(player: Player, *, reason: str, by: Player | None) -> None:
    """Hide a player, end all their sessions and sockets, and keep them from signing in."""
    await sync_to_async(_record_player)(player, Action.BAN, reason, by)
    await _keep_off(player.pk)
    await end_sessions(player.pk)


async def unban(player: Player, *, reason: str, by: Player | None) -> None:
    """Lift a ban: the player may sign in again and stands on the boards again."""
    await sync_to_async(_record_player)(player, Action.UNBAN, reason, by)
    await _let_back(player.pk)


def _record_run(run: Run, hidden: bool, action: Any, reason: str, by: Player | None) -> None:
    with transaction.atomic():
        _record(action, run.player, run, reason, by)
        Run.objects.filter(pk=run.pk).update(is_hidden=hidden)


def _record_player(player: Player, action: Any, reason: str, by: Player | None) -> None:
    with transaction.atomic():
        _record(action, player, None, reason, by)
        if action in (Action.HIDE_PLAYER, Action.BAN):
            HiddenPlayer.objects.get_or_create(player=player)
        else:
            HiddenPlayer.objects.filter(player=player).delete()
        if action in (Action.BAN, Action.UNBAN):
            Player.objects.filter(pk=player.pk).update(is_active=action == Action.UNBAN)


def _record(action: Any, player: Player, run: Run | None, reason: str, by: Player | None) -> None:
    if not reason.strip():
        raise ReasonMissing
    Moderation.objects.create(action=action, player=player, run=run, reason=reason.strip()[:300], by=by)


async def _keep_off(player: int) -> None:
    async for board in Board.objects.all():
        pipe = client().pipeline(transaction=True)
        pipe.sadd(keys.hidden(board.slug), str(player))
        for period in periods(board, now_ms()):
            pipe.zrem(keys.standings(board.slug, period.id), str(player))
        await pipe.execute()
        await mark(subject(board.slug))


async def _let_back(player: int) -> None:
    async for board in Board.objects.all():
        await client().srem(keys.hidden(board.slug), str(player))
        await _put_right(board, player)


async def _put_right(board: Board, player: int) -> None:
    """Work out a player's standing on every current period anew. Runs that arrive meanwhile are counted in."""
    async with hold(repair_lock(board), wait_s=REPAIR_WAIT_S):
        for period in periods(board, now_ms()):
            await _put_right_on(board, period, player)
    await mark(subject(board.slug))


async def _put_right_on(board: Board, period: Period, player: int) -> None:
    names = [keys.standings(board.slug, period.id), keys.runs(board.slug)]
    for _ in range(TRIES_MAX):
        flying = await results.in_flight(board)
        value = await sync_to_async(_score)(board, period, player, flying)
        if await _put(names, [player, "" if value is None else repr(value), flying.last_id or "0-0"]):
            return
    raise RuntimeError(f"player {player} finished runs faster than their standing could be worked out")


def _score(board: Board, period: Period, player: int, flying: Flying) -> float | None:
    return results.combined(board, results.visible(board, period, flying, player=player)).get(player)
