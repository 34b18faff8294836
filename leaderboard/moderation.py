"""Hiding and restoring runs and players, and banning: each with who, why and when, each reversible.

SQL is written first, then boards and archives are put right from it; what a crash left between the two, and what was
asked for with `later`, the worker finishes. History is kept.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Player
from accounts.operations import ReasonMissing
from accounts.ranks import LastSuperuser, is_last_superuser, need_above
from accounts.sessions import end_sessions
from audit.trail import record
from leaderboard import archive, feed, keys, results
from leaderboard.boards import kept_periods, subject
from leaderboard.definitions import now_ms, periods
from leaderboard.models import Board, HiddenPlayer, Merge, Moderation, Run
from leaderboard.periods import Period, find
from leaderboard.results import REPAIR_WAIT_S, Flying, repair_lock
from leaderboard.windows import forget_windows
from live.hub import mark
from presence import nearby
from store.client import StoreUnavailable, client
from store.lock import LockLost, hold
from store.scripts import Argument, script
from store.trouble import SQL_TROUBLE

logger = logging.getLogger(__name__)

_put = script(__file__, "put")

Action = Moderation.Action
TRIES_MAX = 50
#: So many newer stream entries are looked through for the player's by the script that writes their score.
NEWER_MAX = 2_000
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


async def sync_hidden(slug: str) -> None:
    """Make a board's set of those whose runs are refused what SQL says: hidden, leaving, merging. One round trip."""
    hidden = [str(pk) async for pk in HiddenPlayer.objects.values_list("player_id", flat=True)]
    hidden += [str(pk) async for pk in Player.objects.exclude(leaving_at=None).values_list("pk", flat=True)]
    hidden += [str(pk) async for pk in Merge.objects.filter(applied=False).values_list("guest_id", flat=True)]
    pipe = client().pipeline(transaction=True)
    pipe.delete(keys.hidden(slug))
    if hidden:
        pipe.sadd(keys.hidden(slug), *hidden)
    await pipe.execute()


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
        await nearby.leave(entry.player_id)
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


async def put_board_right(board: Board, player: int) -> None:
    """Work out a player's standing on every kept period anew. Archives are `archive.put_right`.

    Runs that arrive meanwhile are counted in. Raises LockHeld when another repair takes half a minute.
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
    found = await results.in_flight(board)
    return Flying([result for result in found.results if result.player == player], found.last_id)


async def _put_right_on(board: Board, on: Sequence[Period], player: int, flying: Flying, fence: int) -> list[Period]:
    """Write a player's score on some periods; returns those on which there were newer runs meanwhile.

    Raises LockLost: a later repairer took over.
    """
    # The stream was read before SQL: a run that moves from one to the other meanwhile is in both, never in neither.
    values = await sync_to_async(results.of_player)(board, on, flying, player)
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
