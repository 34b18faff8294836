"""Fuse: slide the tiles, fuse equal neighbours."""

from django.utils.translation import gettext_noop as _

from games.fuse import rules
from games.game import Achievement, Daily, Game, Theme

GAME = Game(
    slug="fuse",
    title="Fuse",
    tagline=_("Slide. Fuse. Don’t get stuck."),
    how_to_play=_(
        "Slide all tiles with the arrow keys, WASD or a swipe. Equal neighbours fuse and score their sum. "
        "The run ends when nothing can move."
    ),
    rules=rules,
    points_max=3_932_100,
    achievements=(
        Achievement("tile-128", _("Getting bigger"), _("Make a 128 tile in Fuse."), "best_tile", 128, 30),
        Achievement("tile-512", _("Half a thousand"), _("Make a 512 tile in Fuse."), "best_tile", 512, 80),
        Achievement("tile-2048", _("The big one"), _("Make a 2048 tile in Fuse."), "best_tile", 2048, 400),
    ),
    # Practised people play at three to six inputs a second.
    fast=9.0,
    too_fast=15.0,
    themes_title=_("Tile themes"),
    themes=(
        Theme("tiles-ember", _("Ember"), 200),
        Theme("tiles-moss", _("Moss"), 200),
        Theme("tiles-candy", _("Candy"), 350),
        Theme("tiles-ink", _("Ink"), 500),
    ),
    lobby_order=10,
    hints=(
        _("Slide all tiles with the arrow keys or a swipe."),
        _("Two equal tiles that meet become one."),
        _("Keep the largest tile in a corner, and you get further."),
    ),
    daily=Daily(_("Daily Fuse"), 200, _("The same tiles for everybody. At most 200 moves.")),
)
