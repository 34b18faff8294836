"""Moves a guest's runs to the account that the same browser signed in to, once, and records this in SQL.

Runs that have not reached SQL yet count for the account at once, and are written to SQL under it.
"""

from datetime import UTC, datetime, timedelta

from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_noop

from accounts.models import Player
from leaderboard import keys
from leaderboard.boards import update_card
from leaderboard.models import Board, HiddenPlayer, Merge, Run
from leaderboard.repair.one_player import put_board_right, sync_hidden
from leaderboard.seasons import archive
from live.errors import GameError
from store.client import client
from store.keys import dead_letters


class BroughtAlready(GameError):
    code = "brought_already"
    message = gettext_noop("The runs of that guest went to another account.")


class NotToBring(GameError):
    code = "not_to_bring"
    message = gettext_noop("That guest has nothing that could be brought along.")


async def begin(guest: Player, player: Player) -> Merge:
    """Record that a guest's runs move to a player, and rank no more runs of the guest. Repeating it is harmless.

    Raises:
        BroughtAlready: the runs went to another account.
        NotToBring: not a guest, or one whom moderators hid or banned.
    """
    merge = await sync_to_async(_record)(guest.pk, player)
    if merge.player_id != player.pk:
        raise BroughtAlready
    async for board in Board.objects.all():
        await sync_hidden(board.slug)
    return merge


def _record(guest_id: int, player: Player) -> Merge:
    with transaction.atomic():
        if merge := Merge.objects.filter(guest_id=guest_id).first():
            return merge
        guest = Player.objects.select_for_update().filter(pk=guest_id, is_guest=True, is_active=True).first()
        if guest is None or HiddenPlayer.objects.filter(player=guest).exists():
            raise NotToBring
        # Nobody plays on as the guest while the runs move.
        Player.objects.filter(pk=guest_id).update(is_active=False)
        return Merge.objects.create(guest_id=guest_id, guest_name=guest.name, player=player)


async def move_runs(merge: Merge) -> None:
    """Move the runs that have reached SQL and repair the boards; `rewrite_archives` repairs the archives later."""
    await sync_to_async(_move)(merge)
    card = (await Player.objects.aget(pk=merge.player_id)).card
    async for board in Board.objects.all():
        for player in (merge.guest_id, merge.player_id):
            await put_board_right(board, player)
        await client().hdel(keys.cards(board.slug), str(merge.guest_id))
        await update_card([board.slug], merge.player_id, card)


def _move(merge: Merge) -> None:
    with transaction.atomic():
        moved = Run.objects.filter(player_id=merge.guest_id).update(player_id=merge.player_id)
        Merge.objects.filter(pk=merge.pk).update(runs=F("runs") + moved)


async def has_arrived(merge: Merge) -> bool:
    """Whether every run of the guest has reached SQL. Runs that are in SQL may still be in a stream too."""
    async for board in Board.objects.all():
        name = keys.runs(board.slug)
        entries = [*await client().xrange(name), *await client().xrange(dead_letters(name))]
        runs = {
            fields["run"] for _, fields in entries if fields.get("player") == str(merge.guest_id) and "run" in fields
        }
        if await Run.objects.filter(pk__in=runs).acount() < len(runs):
            return False
    return True


async def unfinished(older_than_s: float) -> list[Merge]:
    """Unfinished merges that began at least `older_than_s` ago, so that nobody works on them any more."""
    begun = datetime.now(UTC) - timedelta(seconds=older_than_s)
    return [merge async for merge in Merge.objects.filter(applied=False, at__lte=begun).select_related("player")]


async def rewrite_archives(merge: Merge) -> None:
    """Recompute the archives that the guest is placed in."""
    await archive.move_places(merge.guest_id, merge.player_id)


async def finish(merge: Merge) -> None:
    """Mark a merge as applied, and refresh the hidden players of every board."""
    await Merge.objects.filter(pk=merge.pk).aupdate(applied=True)
    async for board in Board.objects.all():
        await sync_hidden(board.slug)
