"""Merges a guest into the account that the same browser signed in to: runs, coins, achievements, follows.

Each step can be repeated. The worker later moves what was still on its way when the player asked.
"""

import contextlib

from asgiref.sync import sync_to_async

from accounts.models import Follow, Player
from accounts.sessions.engine import end_sessions
from achievements.models import Award, Progress
from achievements.rules import coins_for
from games.models import MatchSeat, Rating
from games.rooms.after import results
from leaderboard.models import HiddenPlayer, Merge
from leaderboard.repair import guest_runs as runs
from people import deletion
from people.profile import places
from store.lock import LockHeld
from wallet import coins

# The worker waits this long before it continues a merge: the request may still be running, or awards be on their way.
FINISH_AFTER_S = 5.0


async def has_something(guest: Player) -> bool:
    """Whether a guest has runs, on boards or in SQL, or coins to bring. False if moderators hid the guest."""
    if await HiddenPlayer.objects.filter(player=guest).aexists():
        return False
    on_boards = any(part["standing"].rank for place in await places(guest) for part in place["periods"])
    return on_boards or await guest.runs.aexists() or (await coins.purse(guest.pk)).balance > 0


async def bring(guest: Player, player: Player) -> None:
    """Move everything a guest has to a player. The worker moves what arrives later, then deletes the guest.

    Raises:
        BroughtAlready: it went to another account before.
        NotToBring: no guest, or one whom moderators hid or banned.
        LockHeld: a board is being repaired; the worker goes on when it is done.
    """
    merge = await runs.begin(guest, player)
    await end_sessions(guest.pk)
    if not merge.applied:
        await _move(merge)


async def finish(older_than_s: float = FINISH_AFTER_S) -> int:
    """Continue unfinished merges; returns how many are now complete. The worker calls it every 5 seconds."""
    done = 0
    for merge in await runs.unfinished(older_than_s):
        with contextlib.suppress(LockHeld):
            arrived = await runs.has_arrived(merge) and await results.are_written([merge.guest_id])
            await _move(merge)
            if arrived:
                await runs.rewrite_archives(merge)
                if guest := await Player.objects.filter(pk=merge.guest_id).afirst():
                    await deletion.delete(guest)
                await runs.finish(merge)
                done += 1
    return done


async def _move(merge: Merge) -> None:
    await runs.move_runs(merge)
    await _move_coins(merge.guest_id, merge.player_id)
    await sync_to_async(_move_rows)(merge.guest_id, merge.player_id)


async def _move_coins(guest: int, player: int) -> None:
    """An achievement that both earned is paid once: the guest's coins for it, or what they bought, are not moved."""
    had = Award.objects.filter(player=player).values("slug")
    twice = [award.slug async for award in Award.objects.filter(player=guest, slug__in=had)]
    await coins.bring(guest, player, "brought from a guest", back=coins_for(twice))


def _move_rows(guest: int, player: int) -> None:
    had = set(Award.objects.filter(player=player).values_list("slug", flat=True))
    Award.objects.filter(player=guest).exclude(slug__in=had).update(player=player)
    for row in Progress.objects.filter(player=guest):
        own, _ = Progress.objects.get_or_create(player_id=player, measure=row.measure, defaults={"value": row.value})
        Progress.objects.filter(pk=own.pk, value__lt=row.value).update(value=row.value)
    MatchSeat.objects.filter(player=guest).update(player=player)
    rated = Rating.objects.filter(player=player).values("game")
    Rating.objects.filter(player=guest).exclude(game__in=rated).update(player=player)
    for field, other in (("follower_id", "followed_id"), ("followed_id", "follower_id")):
        known = set(Follow.objects.filter(**{field: player}).values_list(other, flat=True)) | {player}
        Follow.objects.filter(**{field: guest}).exclude(**{f"{other}__in": known}).update(**{field: player})
