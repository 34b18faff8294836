"""Hiding and restoring runs and players, and banning: each with who, why and when, each reversible.

SQL is written first, then boards and archives are put right from it; what a crash left between the two, and what was
asked for with `later`, the worker finishes. History is kept.
"""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Player
from accounts.ranks import LastSuperuser, is_last_superuser, need_above
from accounts.sessions.engine import end_sessions
from audit.trail import record
from leaderboard.models import Board, HiddenPlayer, Run
from leaderboard.repair.one_player import put_board_right, sync_hidden
from leaderboard.seasons import archive
from leaderboard.stream import feed
from live.hub import mark
from moderation.account_actions import ReasonMissing
from moderation.models import Moderation
from nearby import cells
from store.client import StoreUnavailable
from store.trouble import SQL_TROUBLE

logger = logging.getLogger(__name__)

Action = Moderation.Action
# What is not applied after so long was left behind by a process that died.
FINISH_AFTER_S = 60


async def hide_run(run: Run, *, reason: str, by: Player | None, later: bool = False) -> None:
    """Take one run out of its board; the player's next best run, if any, counts instead."""
    await _do(Action.HIDE_RUN, run.player, run, reason, by, later)


async def restore_run(run: Run, *, reason: str, by: Player | None, later: bool = False) -> None:
    """Let a hidden run count again."""
    await _do(Action.RESTORE_RUN, run.player, run, reason, by, later)


async def hide_player(player: Player, *, reason: str, by: Player | None, later: bool = False) -> None:
    """Take a player off every board; runs they finish from now on are refused."""
    await _do(Action.HIDE_PLAYER, player, None, reason, by, later)


async def restore_player(player: Player, *, reason: str, by: Player | None, later: bool = False) -> None:
    """Let a hidden player stand on the boards again, with every run that is not hidden itself."""
    await _do(Action.RESTORE_PLAYER, player, None, reason, by, later)


async def ban(player: Player, *, reason: str, by: Player | None, later: bool = False) -> None:
    """Hide a player, end all their sessions and sockets, and keep them from signing in."""
    await _do(Action.BAN, player, None, reason, by, later)


async def unban(player: Player, *, reason: str, by: Player | None, later: bool = False) -> None:
    """Lift a ban: the player may sign in again and stands on the boards again."""
    await _do(Action.UNBAN, player, None, reason, by, later)


async def finish() -> int:
    """Apply what was recorded and not applied, and say to Redis again who is hidden. The worker does it each minute."""
    async for board in Board.objects.all():
        await sync_hidden(board.slug)
    left_behind = Q(at__lt=datetime.now(UTC) - timedelta(seconds=FINISH_AFTER_S))
    return await _apply_all(Moderation.objects.filter(left_behind, applied=False))


async def work_off() -> int:
    """Apply what was asked for to be done later, in order; returns how many. The worker does it every 2 seconds."""
    return await _apply_all(Moderation.objects.filter(queued=True, applied=False))


async def _apply_all(left: "QuerySet[Moderation]") -> int:
    done = 0
    async for entry in left.order_by("pk").select_related("player", "run"):
        try:
            await _apply(entry)
            done += 1
        except (StoreUnavailable, *SQL_TROUBLE):
            raise
        except Exception:
            logger.exception("moderation %s could not be applied; those after it go on", entry.pk)
    return done


async def _do(action: Any, player: Player, run: Run | None, reason: str, by: Player | None, later: bool) -> None:
    if not reason.strip():
        raise ReasonMissing
    await sync_to_async(need_above)(by, player)
    if action == Action.BAN and await sync_to_async(is_last_superuser)(player):
        raise LastSuperuser
    entry = await sync_to_async(_record)(action, player, run, reason.strip()[:300], by, later)
    if not later:
        await _apply(entry)


def _record(action: Any, player: Player, run: Run | None, reason: str, by: Player | None, later: bool) -> Moderation:
    with transaction.atomic():
        before = _visibility(player, run)
        if run is not None:
            Run.objects.filter(pk=run.pk).update(is_hidden=action == Action.HIDE_RUN)
        elif action in (Action.HIDE_PLAYER, Action.BAN):
            HiddenPlayer.objects.get_or_create(player=player)
        else:
            HiddenPlayer.objects.filter(player=player).delete()
        if action in (Action.BAN, Action.UNBAN):
            Player.objects.filter(pk=player.pk).update(is_active=action == Action.UNBAN)
        target = ("run", run.pk) if run else ("player", player.pk)
        record(str(action), *target, by=by, reason=reason, before=before, after=_visibility(player, run))
        return Moderation.objects.create(
            action=action, player=player, run=run, reason=reason, by=by, applied=False, queued=later
        )


def _visibility(player: Player, run: Run | None) -> dict[str, bool]:
    if run is not None:
        return {"hidden": Run.objects.get(pk=run.pk).is_hidden}
    is_active = Player.objects.values_list("is_active", flat=True).get(pk=player.pk)
    return {"hidden": HiddenPlayer.objects.filter(player=player).exists(), "may_sign_in": is_active}


async def _apply(entry: Moderation) -> None:
    """Make boards, archives and sessions what SQL says by now; doing it twice is harmless."""
    if entry.action == Action.BAN:
        await end_sessions(entry.player_id)
    if entry.action in (Action.BAN, Action.HIDE_PLAYER):
        await cells.leave(entry.player_id)
    boards = Board.objects.filter(pk=entry.run.board_id) if entry.run else Board.objects.all()
    async for board in boards:
        await sync_hidden(board.slug)
        await put_board_right(board, entry.player_id)
        if entry.run:
            await archive.put_right(board, entry.player_id, entry.run.accepted_at)
        else:
            # An archive keeps hidden players and leaves them out when it is read: nothing in it changes.
            await archive.forget_past(board)
    await mark(feed.SUBJECT)
    await Moderation.objects.filter(pk=entry.pk).aupdate(applied=True, queued=False)
