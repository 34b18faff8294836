"""The achievements of all games: what each measures, the value to reach, and the coins that it pays.

A game declares its own (games/game.py). achievements/awards.py computes the measures from accepted runs: `runs` is
the number of runs with points, `points` the best run in a game where more is better, `streak` the number of days in a
row, `day_first` 1 once the player won a day with three or more players, and `<game>:<name>` a whole number in the
final view of a run of that game.
"""

import functools
from collections.abc import Iterable
from dataclasses import replace

from django.utils.translation import gettext_noop as _

from games.game import Achievement, Game, all_games
from games.rooms.game import RoomGame, all_room_games

GENERAL = (
    Achievement("first-run", _("First steps"), _("Finish a run."), "runs", 1, 20),
    Achievement("ten-runs", _("Warmed up"), _("Finish 10 runs."), "runs", 10, 50),
    Achievement("hundred-runs", _("Regular"), _("Finish 100 runs."), "runs", 100, 200),
    Achievement("points-10000", _("Five digits"), _("Score 10,000 points in one run."), "points", 10_000, 120),
    Achievement("day-first", _("King of the day"), _("End a day first of three or more."), "day_first", 1, 100),
    Achievement("streak-3", _("Three in a row"), _("Play on 3 days in a row."), "streak", 3, 60),
    Achievement("streak-7", _("A whole week"), _("Play on 7 days in a row."), "streak", 7, 200),
)


def every() -> tuple[Achievement, ...]:
    """The general achievements, then those of each game, whose measures are prefixed with its slug."""
    return _every((*all_games(), *all_room_games()))


@functools.lru_cache(maxsize=4)
def _every(games: tuple[Game | RoomGame, ...]) -> tuple[Achievement, ...]:
    own = [replace(each, measure=f"{game.slug}:{each.measure}") for game in games for each in game.achievements]
    return (*GENERAL, *own)


def measures() -> set[str]:
    """Everything that an achievement measures."""
    return {each.measure for each in every()}


def coins_for(slugs: Iterable[str]) -> int:
    """The total coins that these achievements pay."""
    paid = {each.slug: each.coins for each in every()}
    return sum(paid.get(slug, 0) for slug in slugs)
