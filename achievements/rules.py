"""The achievements of all games: what each measures, how much of it is asked for, and what it pays.

A game declares its own (games/game.py). The measures are worked out by achievements/awards.py from accepted runs:
`runs` finished with points, `points` of the best run of a game where more is better, `streak` of days in a row,
`day_first` 1 once the player ended a day first among three or more, and `<game>:<name>` for a whole
number in the view that a run of that game ends with.
"""

import functools
from collections.abc import Iterable
from dataclasses import replace

from games.game import Achievement, Game, all_games

GENERAL = (
    Achievement("first-run", "First steps", "Finish a run.", "runs", 1, 20),
    Achievement("ten-runs", "Warmed up", "Finish 10 runs.", "runs", 10, 50),
    Achievement("hundred-runs", "Regular", "Finish 100 runs.", "runs", 100, 200),
    Achievement("points-10000", "Five digits", "Score 10,000 points in one run.", "points", 10_000, 120),
    Achievement("day-first", "King of the day", "End a day first of three or more.", "day_first", 1, 100),
    Achievement("streak-3", "Three in a row", "Play on 3 days in a row.", "streak", 3, 60),
    Achievement("streak-7", "A whole week", "Play on 7 days in a row.", "streak", 7, 200),
)


def every() -> tuple[Achievement, ...]:
    """The general ones, and those of each game, whose measures bear its name."""
    return _every(tuple(all_games()))


@functools.lru_cache(maxsize=4)
def _every(games: tuple[Game, ...]) -> tuple[Achievement, ...]:
    own = [replace(each, measure=f"{game.slug}:{each.measure}") for game in games for each in game.achievements]
    return (*GENERAL, *own)


def measures() -> set[str]:
    """Everything that an achievement measures."""
    return {each.measure for each in every()}


def coins_for(slugs: Iterable[str]) -> int:
    """What these achievements paid together."""
    paid = {each.slug: each.coins for each in every()}
    return sum(paid.get(slug, 0) for slug in slugs)
