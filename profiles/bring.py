"""Brings what a guest has to the account that the same browser signed in to: runs, coins, achievements, follows.

Each step may be done again. What is still on its way when the player asks, the worker brings after it.
"""

import contextlib

from asgiref.sync import sync_to_async

from accounts import wallet
from accounts.models import Follow, Player
from accounts.sessions import end_sessions
from accounts.wallet import Movement, OwnedAlready
from leaderboard import merge as runs
from leaderboard.models import Merge, Run
from profiles import rights
from profiles.models import Award, Progress


async def has_something(guest: int) -> bool:
    """Whether a guest has anything to bring: runs that are kept, or coins from some that will be."""
    return await Run.objects.filter(player_id=guest).aexists() or (await wallet.purse(guest)).balance > 0


async def bring(guest: Player, player: Player) -> None:
    """Give a player everything that a guest has; the guest is gone afterwards.

    Raises:
        BroughtAlready: it went to another account before.
    """
    merge = await runs.begin(guest, player)
    await end_sessions(guest.pk)
    if not merge.applied:
        await _go_on(merge)


async def finish() -> int:
    """Bring what was still on its way; returns how many guests are done. The worker does it every 5 seconds."""
    done = 0
    for merge in await runs.unfinished():
        done += await _go_on(merge)
    return done


async def _go_on(merge: Merge) -> bool:
    arrived = await runs.move_runs(merge)
    await _move_coins(merge.guest_id, merge.player_id)
    await sync_to_async(_move_rows)(merge.guest_id, merge.player_id)
    if not arrived:
        return False
    guest = await Player.objects.filter(pk=merge.guest_id).afirst()
    await runs.finish(merge)
    if guest is not None:
        await rights.delete(guest)
    return True


async def _move_coins(guest: int, player: int) -> None:
    await wallet.transfer(guest, player, "brought from a guest", f"merge:{guest}")
    for item in (await wallet.purse(guest)).owned:
        with contextlib.suppress(OwnedAlready):
            await wallet.move(Movement(player, 0, "brought from a guest", f"merge:{guest}:item:{item}", item))


def _move_rows(guest: int, player: int) -> None:
    had = set(Award.objects.filter(player=player).values_list("slug", flat=True))
    Award.objects.filter(player=guest).exclude(slug__in=had).update(player=player)
    for row in Progress.objects.filter(player=guest):
        own, _ = Progress.objects.get_or_create(player_id=player, measure=row.measure, defaults={"value": row.value})
        Progress.objects.filter(pk=own.pk, value__lt=row.value).update(value=row.value)
    for field, other in (("follower_id", "followed_id"), ("followed_id", "follower_id")):
        known = set(Follow.objects.filter(**{field: player}).values_list(other, flat=True)) | {player}
        Follow.objects.filter(**{field: guest}).exclude(**{f"{other}__in": known}).update(**{field: player})
