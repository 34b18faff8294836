"""Fuse: slide the tiles, fuse equal neighbours."""

from games.fuse import rules
from games.game import Game

GAME = Game(
    slug="fuse",
    title="Fuse",
    tagline="Slide. Fuse. Don’t get stuck.",
    how_to_play="Slide all tiles with the arrow keys, WASD or a swipe. Equal neighbours fuse and score their sum. "
    "The run ends when nothing can move.",
    rules=rules,
    points_max=3_932_100,
)
