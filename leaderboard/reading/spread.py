"""How the results on a board are spread: how many there are in each of a few equal ranges."""

from dataclasses import dataclass

from leaderboard import keys, score
from leaderboard.known_boards import find, period
from leaderboard.words import MOVE
from store.client import client

BARS = 10


@dataclass(frozen=True)
class Bar:
    """A range of results, both ends in it, and how many there are; whole moves on a board of moves."""

    low: int
    high: int
    count: int


async def spread(slug: str, kind: str) -> list[Bar]:
    """The results of a board's current period in at most ten ranges, the lowest first; empty without results.

    Raises:
        UnknownBoard, UnknownPeriod: there is no such thing.

    Redis: two round trips, O(log N) for each range.
    """
    board = await find(slug)
    name = keys.standings(slug, period(board, kind).id)
    pipe = client().pipeline()
    pipe.zrange(name, 0, 0, withscores=True)
    pipe.zrange(name, -1, -1, withscores=True)
    first, last = await pipe.execute()
    if not first:
        return []
    unit = MOVE if board.format == "moves" else 1
    low, high = sorted(score.points(value) // unit for [(_, value)] in (first, last))
    width = -(-(high - low + 1) // BARS)
    edges = list(range(low, high + 1, width))
    pipe = client().pipeline()
    for edge in edges:
        pipe.zcount(name, edge * unit, f"({(edge + width) * unit}")
    counts = await pipe.execute()
    return [Bar(edge, edge + width - 1, count) for edge, count in zip(edges, counts, strict=True)]
