"""What is a player's own: everything that is kept about them as JSON, and being forgotten.

A deletion that a crash stopped half way the worker finishes: every step may be done again.
"""

import contextlib
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

from accounts import sessions, wallet
from accounts.models import LedgerEntry, Player
from leaderboard import moderation
from leaderboard.boards import subject
from leaderboard.models import Board, HiddenPlayer, Merge, Moderation, Placement, Run
from live.errors import GameError
from live.hub import mark
from presence import activity, nearby, online
from profiles import traces
from profiles.models import Award, Progress
from profiles.profile import places
from store.client import run_sync
from store.lock import LockHeld, hold

logger = logging.getLogger(__name__)

GUESTS_KEPT = timedelta(days=30)
BATCH = 200


class StaffStay(GameError):
    code = "staff_stay"
    message = "Staff cannot delete their own account. Ask an owner to take your rights first."


# Export


async def export(player: Player) -> dict[str, Any]:
    """Everything that SQL and Redis hold about a player, as JSON values. Times are UTC."""
    return {
        "player": {
            field.name: getattr(player, field.attname)
            for field in Player._meta.concrete_fields
            if field.name != "password"
        },
        "sessions": [
            {"device": each.words, "created": _time(each.created_ms), "seen": _time(each.seen_ms)}
            for each in await sessions.devices(player.pk)
        ],
        "boards": [
            {"board": each["board"].slug, **{part["kind"]: _standing(part["standing"]) for part in each["periods"]}}
            for each in await places(player)
        ],
        "runs": await _rows(Run.objects.filter(player=player), "player"),
        "seasons": await _rows(Placement.objects.filter(player=player), "player"),
        "moderation": await _rows(Moderation.objects.filter(player=player), "player", "by"),
        "hidden": await HiddenPlayer.objects.filter(player=player).aexists(),
        "guests_brought": await _rows(Merge.objects.filter(player=player), "player"),
        "achievements": await _rows(Award.objects.filter(player=player), "player", "id"),
        "progress": await _rows(Progress.objects.filter(player=player), "player", "id"),
        "follows": [name async for name in player.follows.values_list("followed__name", flat=True)],
        "followers": [name async for name in player.followers.values_list("follower__name", flat=True)],
        **await _purse(player),
        "ledger": await _rows(LedgerEntry.objects.filter(player=player), "player"),
        "days_here": [str(day) for day in await activity.days(player.pk)],
        "online": [each.state for each in (await online.friends([(player.pk, [player.pk])]))[0]],
        "nearby_cell": await nearby.kept(player.pk),
        "open_runs": [each async for each in traces.open_runs(player.pk)],
    }


async def _purse(player: Player) -> dict[str, Any]:
    purse = await wallet.purse(player.pk)
    return {"coins": purse.balance, "cosmetics": sorted(purse.owned)}


def _standing(standing: Any) -> dict[str, Any] | None:
    return {"rank": standing.rank, "points": standing.points} if standing.rank else None


def _time(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


async def _rows(rows: "QuerySet[Any]", *but: str) -> list[dict[str, Any]]:
    names = [field.attname for field in rows.model._meta.concrete_fields if field.name not in but]
    return [row async for row in rows.values(*names)]


# Deletion


async def delete(player: Player) -> None:
    """Delete an account: rights, sessions and sockets end at once, then everything else goes; history stays, nameless.

    Raises:
        StaffStay: staff, whose acts are audited.
    """
    if player.is_staff:
        raise StaffStay
    await _begin([player.pk])
    await _forget([player])


def delete_when_asked(player: Player, **_: Any) -> None:
    """Receiver of `deletion_asked`."""
    run_sync(delete(player))


async def _begin(players: Sequence[int]) -> None:
    now = datetime.now(UTC)
    await Player.objects.filter(pk__in=players).aupdate(is_active=False, leaving_at=now)
    for player in players:
        await sessions.end_sessions(player)


async def finish_leaving() -> int:
    """Finish the deletions that a crash stopped; returns how many. The worker does it every minute."""
    left = Player.objects.filter(leaving_at__lt=datetime.now(UTC) - timedelta(seconds=60))[:BATCH]
    players = [player async for player in left]
    if players:
        await _forget(players)
    return len(players)


async def remove_stale_guests() -> int:
    """Forget guests without a run for 30 days; returns how many. The worker does it every 10 minutes."""
    since = datetime.now(UTC) - GUESTS_KEPT
    played = Run.objects.filter(player=OuterRef("pk"), accepted_at__gte=since)
    stale = Player.objects.filter(is_guest=True, is_gone=False, joined_at__lt=since).exclude(Exists(played))[:BATCH]
    players = [player async for player in stale]
    if players:
        await _begin([player.pk for player in players])
        await _forget(players)
        logger.info("forgot %d guests without a run for 30 days", len(players))
    return len(players)


async def _forget(players: Sequence[Player]) -> None:
    """Remove all that is kept of players who can act no more."""
    with contextlib.suppress(LockHeld):  # Another process is at it.
        async with hold("forget"):
            for player in players:
                await online.forget(player.pk)
                await nearby.leave(player.pk)
                await activity.forget(player.pk)
                await wallet.forget(player.pk)
            ids, names = [player.pk for player in players], [player.name for player in players]
            await traces.erase(ids, names)
            await sync_to_async(_forget_rows)(players)
            # What the worker had in hand meanwhile may have come back to Redis.
            await traces.erase(ids, names)
            async for board in Board.objects.all():
                await moderation.sync_hidden(board.slug)
                await mark(subject(board.slug))


def _forget_rows(players: Sequence[Player]) -> None:
    kind = ContentType.objects.get_for_model(Player)
    for player in players:
        with transaction.atomic():
            if Run.objects.filter(player=player).exists() or Placement.objects.filter(player=player).exists():
                gone = Player.objects.create(name=f"gone-{secrets.token_hex(6)}", is_gone=True, is_active=False)
                for model in (Run, Placement, Moderation):
                    model._default_manager.filter(player=player).update(player=gone)
                if HiddenPlayer.objects.filter(player=player).exists():
                    HiddenPlayer.objects.create(player=gone)
            LogEntry.objects.filter(content_type=kind, object_id=str(player.pk)).update(
                object_id=None, object_repr="somebody who is gone", change_message=""
            )
            Player.objects.filter(pk=player.pk).delete()
