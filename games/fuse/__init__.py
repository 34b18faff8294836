"""Fuse: slide the tiles, fuse equal neighbours."""

from games.fuse import rules
from games.game import Achievement, Daily, Game, Theme

GAME = Game(
    slug="fuse",
    title="Fuse",
    tagline="Slide. Fuse. Don’t get stuck.",
    how_to_play="Slide all tiles with the arrow keys, WASD or a swipe. Equal neighbours fuse and score their sum. "
    "The run ends when nothing can move.",
    rules=rules,
    points_max=3_932_100,
    achievements=(
        Achievement("tile-128", "Getting bigger", "Make a 128 tile in Fuse.", "best_tile", 128, 30),
        Achievement("tile-512", "Half a thousand", "Make a 512 tile in Fuse.", "best_tile", 512, 80),
        Achievement("tile-2048", "The big one", "Make a 2048 tile in Fuse.", "best_tile", 2048, 400),
    ),
    # Practised people play at three to six inputs a second.
    fast=9.0,
    too_fast=15.0,
    themes_title="Tile themes",
    themes=(
        Theme("tiles-ember", "Ember", 200),
        Theme("tiles-moss", "Moss", 200),
        Theme("tiles-candy", "Candy", 350),
        Theme("tiles-ink", "Ink", 500),
    ),
    lobby_order=10,
    daily=Daily(200, "The same tiles for everybody. At most 200 moves."),
)
