"""Hides and restores runs and players, and bans players. Each action is reversible, and stored with who, why and when.

SQL is written first, then boards and archives are repaired from it. The worker finishes what a crash interrupted, and
what was requested with `later`. History is kept.
"""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop

from accounts.models import Player
from accounts.ranks import MODERATOR, LastSuperuser, is_last_superuser
from accounts.sessions.engine import end_sessions
from audit.actions import Act, action
from leaderboard.models import Board, HiddenPlayer, Run
from leaderboard.repair.one_player import put_board_right, sync_hidden
from leaderboard.seasons import archive
from leaderboard.stream import feed
from live.hub import mark
from moderation.models import Moderation
from moderation.targets import MODERATE, PLAYER, RUN
from nearby import cells
from store.client import StoreUnavailable
from store.trouble import SQL_TROUBLE

logger = logging.getLogger(__name__)

Kind = Moderation.Action
# An entry that is not applied after this time was left behind by a process that died.
FINISH_AFTER_S = 60


_moderated = {"role": MODERATOR, "permission": MODERATE, "worker_finishes": True}


@action(
    RUN,
    words=gettext_noop("Hide these runs"),
    past=gettext_noop("hidden"),
    help="take a run out of its board",
    undone_by="restore_run",
    **_moderated,
)
async def hide_run(run: Run, *, act: Act, later: bool = False) -> None:
    """Take one run out of its board; the player's next best run, if any, counts instead."""
    await _do(Kind.HIDE_RUN, run.player, run, act, later)


@action(
    RUN,
    words=gettext_noop("Restore these runs"),
    past=gettext_noop("restored"),
    help="let a hidden run count again",
    undone_by="hide_run",
    **_moderated,
)
async def restore_run(run: Run, *, act: Act, later: bool = False) -> None:
    """Let a hidden run count again."""
    await _do(Kind.RESTORE_RUN, run.player, run, act, later)


@action(
    PLAYER,
    words=gettext_noop("Hide these players"),
    past=gettext_noop("hidden"),
    help="take a player off every board",
    undone_by="restore_player",
    **_moderated,
)
async def hide_player(player: Player, *, act: Act, later: bool = False) -> None:
    """Take a player off every board; runs they finish from now on are refused."""
    await _do(Kind.HIDE_PLAYER, player, None, act, later)


@action(
    PLAYER,
    words=gettext_noop("Restore these players"),
    past=gettext_noop("restored"),
    help="let a hidden player stand on the boards again",
    undone_by="hide_player",
    **_moderated,
)
async def restore_player(player: Player, *, act: Act, later: bool = False) -> None:
    """Let a hidden player stand on the boards again, with every run that is not hidden itself."""
    await _do(Kind.RESTORE_PLAYER, player, None, act, later)


@action(
    PLAYER,
    words=gettext_noop("Ban these players"),
    past=gettext_noop("banned"),
    help="hide a player, sign them out everywhere, keep them out",
    undone_by="unban",
    **_moderated,
)
async def ban(player: Player, *, act: Act, later: bool = False) -> None:
    """Hide a player, end all their sessions and sockets, and keep them from signing in.

    Raises:
        LastSuperuser: nobody else could do everything then.
    """
    if await sync_to_async(is_last_superuser)(player):
        raise LastSuperuser
    await _do(Kind.BAN, player, None, act, later)


@action(
    PLAYER,
    words=gettext_noop("Lift the ban of these players"),
    past=gettext_noop("no longer banned"),
    help="lift a ban",
    undone_by="ban",
    **_moderated,
)
async def unban(player: Player, *, act: Act, later: bool = False) -> None:
    """Lift a ban: the player may sign in again and stands on the boards again."""
    await _do(Kind.UNBAN, player, None, act, later)


async def finish() -> int:
    """Apply the entries left behind, and write to Redis again who is hidden. The worker calls it every minute."""
    async for board in Board.objects.all():
        await sync_hidden(board.slug)
    left_behind = Q(at__lt=datetime.now(UTC) - timedelta(seconds=FINISH_AFTER_S))
    return await _apply_all(Moderation.objects.filter(left_behind, applied=False))


async def work_off() -> int:
    """Apply the entries queued with `later`, in order; returns how many. The worker calls it every 2 seconds."""
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


async def _do(kind: Any, player: Player, run: Run | None, act: Act, later: bool) -> None:
    entry = await sync_to_async(_record)(kind, player, run, act, later)
    if not later:
        await _apply(entry)


def _record(kind: Any, player: Player, run: Run | None, act: Act, later: bool) -> Moderation:
    with transaction.atomic():
        before = _visibility(player, run)
        if run is not None:
            Run.objects.filter(pk=run.pk).update(is_hidden=kind == Kind.HIDE_RUN)
        elif kind in (Kind.HIDE_PLAYER, Kind.BAN):
            HiddenPlayer.objects.get_or_create(player=player)
        else:
            HiddenPlayer.objects.filter(player=player).delete()
        if kind in (Kind.BAN, Kind.UNBAN):
            Player.objects.filter(pk=player.pk).update(is_active=kind == Kind.UNBAN)
        act.keep(before, _visibility(player, run))
        return Moderation.objects.create(
            action=kind, player=player, run=run, reason=act.reason, by=act.by, applied=False, queued=later
        )


def _visibility(player: Player, run: Run | None) -> dict[str, bool]:
    if run is not None:
        return {"hidden": Run.objects.get(pk=run.pk).is_hidden}
    is_active = Player.objects.values_list("is_active", flat=True).get(pk=player.pk)
    return {"hidden": HiddenPlayer.objects.filter(player=player).exists(), "may_sign_in": is_active}


async def _apply(entry: Moderation) -> None:
    """Update boards, archives and sessions to match SQL; doing it twice is harmless."""
    if entry.action == Kind.BAN:
        await end_sessions(entry.player_id, why="banned")
    if entry.action in (Kind.BAN, Kind.HIDE_PLAYER):
        await cells.leave(entry.player_id)
    boards = Board.objects.filter(pk=entry.run.board_id) if entry.run else Board.objects.all()
    async for board in boards:
        await sync_hidden(board.slug)
        await put_board_right(board, entry.player_id)
        if entry.run:
            await archive.put_right(board, entry.player_id, entry.run.accepted_at)
        else:
            # Archives keep hidden players and filter them out on reading, so only the cached list is dropped.
            await archive.forget_past(board)
    await mark(feed.SUBJECT)
    await Moderation.objects.filter(pk=entry.pk).aupdate(applied=True, queued=False)
