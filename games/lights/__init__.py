"""Lights: press lights off; each press turns its neighbours, too."""

from games.game import Achievement, Daily, Game, Theme
from games.lights import rules

GAME = Game(
    slug="lights",
    title="Lights",
    tagline="Turn them all off. Each press turns five.",
    how_to_play="Press a light to turn it and its neighbours. When all are off, the puzzle is solved. "
    "Fewer moves are better; of equal ones the quicker.",
    rules=rules,
    points_max=10_000_000 * 10_000,
    lower_is_better=True,
    unit="moves",
    format="moves",
    points_per_coin=None,
    achievements=(Achievement("lights-par", "Shortest way", "Solve Lights in the fewest moves.", "at_par", 1, 80),),
    # A quick hand presses three or four a second, and has to think.
    fast=5.0,
    too_fast=9.0,
    themes_title="Lights colours",
    themes=(Theme("lights-amber", "Amber", 150), Theme("lights-mint", "Mint", 150)),
    lobby_order=30,
    daily=Daily(200, "One puzzle, the same for everybody. Fewest moves, then the least time."),
)
