"""The consumer groups of the boards' streams."""

import contextlib

from leaderboard import keys
from leaderboard.models import Board
from leaderboard.repair.counting import repair_lock
from leaderboard.stream import feed, history
from store import stream
from store.lock import LockHeld, hold
from store.stream import GroupReader

GROUPS = [history.GROUP, feed.GROUP]


async def streams() -> list[str]:
    """The streams of all boards."""
    return [keys.runs(slug) async for slug in Board.objects.values_list("slug", flat=True)]


def readers(consumer: str) -> list[GroupReader]:
    """One reader per group; `consumer` is the worker's stable name."""
    return [GroupReader(group, consumer, streams) for group in GROUPS]


async def trim() -> int:
    """Trim the entries that every group has acknowledged from every board's stream; returns how many.

    A board is skipped while a repair reads its stream: the repair would miss the trimmed entries.
    """
    dropped = 0
    async for board in Board.objects.all():
        with contextlib.suppress(LockHeld):
            async with hold(repair_lock(board.slug)):
                dropped += await stream.trim(keys.runs(board.slug), [group.name for group in GROUPS])
    return dropped
