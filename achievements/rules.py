"""Every achievement: what it measures, how much of it is asked for, and what it pays. The rules are all here.

The measures are worked out by achievements/awards.py from accepted runs:
`runs` finished with points, `points` of the best run, `best_tile` (a mark of the run's record), `streak` of
days in a row, `day_first` 1 once the player ended a day first among three or more.
"""

from collections.abc import Iterable

import msgspec

MEASURES = ("runs", "points", "best_tile", "streak", "day_first")


class Achievement(msgspec.Struct, frozen=True):
    """Earned when the measure reaches the target. The slug never changes: it is kept with whoever earned it."""

    slug: str
    title: str
    words: str
    measure: str
    target: int
    coins: int


ALL = (
    Achievement("first-run", "First steps", "Finish a run.", "runs", 1, 20),
    Achievement("ten-runs", "Warmed up", "Finish 10 runs.", "runs", 10, 50),
    Achievement("hundred-runs", "Regular", "Finish 100 runs.", "runs", 100, 200),
    Achievement("tile-128", "Getting bigger", "Make a 128 tile in Fuse.", "best_tile", 128, 30),
    Achievement("tile-512", "Half a thousand", "Make a 512 tile in Fuse.", "best_tile", 512, 80),
    Achievement("tile-2048", "The big one", "Make a 2048 tile in Fuse.", "best_tile", 2048, 400),
    Achievement("points-10000", "Five digits", "Score 10,000 points in one run.", "points", 10_000, 120),
    Achievement("day-first", "King of the day", "End a day first of three or more.", "day_first", 1, 100),
    Achievement("streak-3", "Three in a row", "Play on 3 days in a row.", "streak", 3, 60),
    Achievement("streak-7", "A whole week", "Play on 7 days in a row.", "streak", 7, 200),
)


def coins_for(slugs: Iterable[str]) -> int:
    """What these achievements paid together."""
    paid = {each.slug: each.coins for each in ALL}
    return sum(paid.get(slug, 0) for slug in slugs)
