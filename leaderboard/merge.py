"""A guest's runs go to the account that the same browser signed in to: once, and kept in SQL as done.

Runs that are still on their way to SQL count for the account at once, and arrive there under it.
"""

from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import F

from accounts.models import Player
from leaderboard import keys
from leaderboard.models import Board, Merge, Run
from leaderboard.moderation import put_right
from live.errors import GameError
from store.client import client
from store.keys import dead_letters


class BroughtAlready(GameError):
    code = "brought_already"
    message = "The runs of that guest went to another account."


async def begin(guest: Player, player: Player) -> Merge:
    """Record that a guest's runs go to a player; doing it twice is harmless.

    Raises:
        BroughtAlready: they went to somebody else.
    """
    merge = await sync_to_async(_record)(guest, player)
    if merge.player_id != player.pk:
        raise BroughtAlready
    return merge


def _record(guest: Player, player: Player) -> Merge:
    with transaction.atomic():
        # Nobody plays on as the guest while the runs move.
        Player.objects.filter(pk=guest.pk).update(is_active=False)
        merge, _ = Merge.objects.get_or_create(guest_id=guest.pk, defaults={"guest_name": guest.name, "player": player})
        return merge


async def move_runs(merge: Merge) -> bool:
    """Move what has reached SQL and put boards and archives right; True when nothing more is on its way."""
    arrived = not [board async for board in Board.objects.all() if await _is_flying(board, merge.guest_id)]
    await sync_to_async(_move)(merge)
    async for board in Board.objects.all():
        for player in (merge.guest_id, merge.player_id):
            await put_right(board, player)
        await client().hdel(keys.cards(board.slug), str(merge.guest_id))
    return arrived


async def _is_flying(board: Board, guest: int) -> bool:
    """Whether a run of the guest has not reached SQL yet. The stream keeps some that have."""
    name = keys.runs(board.slug)
    entries = [*await client().xrange(name), *await client().xrange(dead_letters(name))]
    runs = {fields["run"] for _, fields in entries if fields.get("player") == str(guest) and "run" in fields}
    return await Run.objects.filter(pk__in=runs).acount() < len(runs)


def _move(merge: Merge) -> None:
    with transaction.atomic():
        moved = Run.objects.filter(player_id=merge.guest_id).update(player_id=merge.player_id)
        Merge.objects.filter(pk=merge.pk).update(runs=F("runs") + moved)


async def unfinished() -> list[Merge]:
    """Merges of which something may still be on its way."""
    return [merge async for merge in Merge.objects.filter(applied=False).select_related("player")]


async def finish(merge: Merge) -> None:
    """Say that everything has arrived."""
    await Merge.objects.filter(pk=merge.pk).aupdate(applied=True)
