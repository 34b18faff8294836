"""Who reads the boards' streams. A further consumer is a Group in this list."""

from leaderboard import feed, history, keys
from leaderboard.models import Board
from store import stream
from store.stream import GroupReader

GROUPS = [history.GROUP, feed.GROUP]


async def streams() -> list[str]:
    """The streams of all boards."""
    return [keys.runs(slug) async for slug in Board.objects.values_list("slug", flat=True)]


def readers(consumer: str) -> list[GroupReader]:
    """One reader per group; `consumer` is the worker's stable name."""
    return [GroupReader(group, consumer, streams) for group in GROUPS]


async def trim() -> int:
    """Drop what every group has acknowledged from every board's stream; returns how many entries."""
    return sum([await stream.trim(key, [group.name for group in GROUPS]) for key in await streams()])
