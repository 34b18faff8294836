"""Lights: press lights off; each press turns its neighbours, too."""

from django.utils.translation import gettext_noop as _

from games.game import Achievement, Daily, Game, Theme
from games.lights import rules

GAME = Game(
    slug="lights",
    title="Lights",
    tagline=_("Turn them all off. Each press turns five."),
    how_to_play=_(
        "Press a light to turn it and its neighbours. When all are off, the puzzle is solved. "
        "Fewer moves are better; of equal ones the quicker."
    ),
    rules=rules,
    points_max=10_000_000 * 10_000,
    lower_is_better=True,
    unit=_("moves"),
    format="moves",
    points_per_coin=None,
    achievements=(
        Achievement("lights-par", _("Shortest way"), _("Solve Lights in the fewest moves."), "at_par", 1, 80),
    ),
    # A quick hand presses three or four a second, and has to think.
    fast=5.0,
    too_fast=9.0,
    themes_title=_("Lights colours"),
    themes=(Theme("lights-amber", _("Amber"), 150), Theme("lights-mint", _("Mint"), 150)),
    lobby_order=30,
    hints=(
        _("Press a light: it changes, and so do its neighbours."),
        _("Pressing a light twice undoes it, and the order does not matter."),
        _("Turn all of them off in as few presses as you can."),
    ),
    daily=Daily(_("Daily Lights"), 200, _("One puzzle, the same for everybody. Fewest moves, then the least time.")),
)
