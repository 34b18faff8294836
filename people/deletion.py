"""Deletes accounts, with everything about the player in SQL and in Redis.

If a crash interrupts a deletion, the worker finishes it: every step can be repeated.
"""

import logging
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_noop

from accounts.models import Player
from accounts.sessions import engine
from audit.trail import forget_player
from games.models import MatchSeat
from games.rooms import registry
from games.rooms.after import results
from leaderboard.boards import subject
from leaderboard.models import Board, HiddenPlayer, Merge, Placement, Run
from leaderboard.repair import one_player
from leaderboard.stream import feed
from live.errors import GameError
from live.hub import mark
from moderation.models import Moderation
from nearby import cells
from people import key_scan
from presence import online
from store.lock import hold
from store.sync_loop import run_sync
from visitors import active_days
from wallet import coins

logger = logging.getLogger(__name__)

GUESTS_KEPT = timedelta(days=30)
BATCH = 200
# One deletion at a time: each scans all keys, which takes a moment per hundred thousand.
WAIT_S = 20.0


class StaffStay(GameError):
    code = "staff_stay"
    message = gettext_noop("Staff cannot delete their own account. Ask an owner to take your rights first.")


async def delete(player: Player) -> None:
    """Delete an account: first rights, sessions and sockets, then everything else. History stays, without a name.

    Raises:
        StaffStay: staff, whose acts are audited.
        LockHeld: another deletion takes long; the worker goes on with this one.
    """
    if player.is_staff:
        raise StaffStay
    await _forget(await _begin(Player.objects.filter(pk=player.pk)))


def delete_when_asked(player: Player, **_: Any) -> None:
    """Receiver of `deletion_asked`. It runs after the admin's transaction, which would block other writes meanwhile."""
    transaction.on_commit(lambda: run_sync(delete(player)))


async def _begin(chosen: "QuerySet[Player]") -> list[Player]:
    """Deactivate these players and end their sessions; returns those that still matched the query."""
    now = datetime.now(UTC)
    await chosen.aupdate(is_active=False, leaving_at=now)
    players = [player async for player in Player.objects.filter(leaving_at=now)]
    async for board in Board.objects.all():
        await one_player.sync_hidden(board.slug)
    for player in players:
        await engine.end_sessions(player.pk)
    return players


async def finish_leaving() -> int:
    """Finish the deletions that a crash stopped; returns how many. The worker does it every minute."""
    left = Player.objects.filter(leaving_at__lt=datetime.now(UTC) - timedelta(seconds=60))[:BATCH]
    players = [player async for player in left]
    await _forget(players)
    return len(players)


async def remove_stale_guests() -> int:
    """Forget guests without a run for 30 days; returns how many. The worker does it every 10 minutes."""
    since = datetime.now(UTC) - GUESTS_KEPT
    played = Run.objects.filter(player=OuterRef("pk"), accepted_at__gte=since)
    stale = Player.objects.filter(is_guest=True, joined_at__lt=since, leaving_at=None).exclude(Exists(played))
    some = [pk async for pk in stale.values_list("pk", flat=True)[:BATCH]]
    # The update repeats the filter, since some may have become members meanwhile.
    players = await _begin(stale.filter(pk__in=some)) if some else []
    await _forget(players)
    if players:
        logger.info("forgot %d guests without a run for 30 days", len(players))
    return len(players)


async def _forget(players: Sequence[Player]) -> None:
    """Remove all data of deactivated players. Raises LockHeld if another process holds the lock for too long."""
    if not players:
        return
    async with hold("forget", wait_s=WAIT_S):
        # Guests with an unfinished merge into one of these accounts are deleted too.
        merging = Merge.objects.filter(player__in=players, applied=False).values("guest_id")
        players = [*players, *[guest async for guest in Player.objects.filter(pk__in=merging)]]
        ids, names = [player.pk for player in players], [player.name for player in players]
        await _forget_live(ids)
        await key_scan.erase(ids, names)
        await key_scan.sweep(ids)
        await sync_to_async(_forget_rows)(players)
        # A process that was working on their data meanwhile may have written some of it again.
        await _forget_live(ids)
        await key_scan.erase(ids, names)
        async for board in Board.objects.all():
            await one_player.sync_hidden(board.slug)
            await mark(subject(board.slug))
        await mark(feed.SUBJECT)


async def _forget_live(players: Sequence[int]) -> None:
    for player in players:
        await online.forget(player)
        await cells.leave(player)
        await active_days.forget(player)
        await coins.forget(player)
        await registry.forget(player)


def _forget_rows(players: Sequence[Player]) -> None:
    kind = ContentType.objects.get_for_model(Player)
    for player in players:
        with transaction.atomic():
            kept = (Run.objects.filter(player=player), Placement.objects.filter(player=player))
            acted = LogEntry.objects.filter(user=player)
            if any(rows.exists() for rows in (*kept, acted)):
                gone = Player.objects.create(name=f"gone-{secrets.token_hex(6)}", is_gone=True, is_active=False)
                for model in (Run, Placement, Moderation):
                    model._default_manager.filter(player=player).update(player=gone)
                acted.update(user=gone)
                if HiddenPlayer.objects.filter(player=player).exists():
                    HiddenPlayer.objects.create(player=gone)
            MatchSeat.objects.filter(player=player).update(player=None, name=results.GONE)
            forget_player(player.pk)
            LogEntry.objects.filter(content_type=kind, object_id=str(player.pk)).update(
                object_id=None, object_repr="somebody who is gone", change_message=""
            )
            Player.objects.filter(pk=player.pk).delete()
