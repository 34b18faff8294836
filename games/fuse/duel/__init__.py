"""Fuse Duel: two boards, the same tiles, stones for the other."""

from django.utils.translation import gettext_noop as _

from games.fuse.duel import room_rules
from games.game import Achievement
from games.rooms.game import RoomGame

ROOM_GAME = RoomGame(
    slug="fuse-duel",
    title="Fuse Duel",
    tagline=_("Same tiles. Two boards. Two minutes."),
    how_to_play=_(
        "Slide your tiles with the arrow keys, WASD or a swipe. Fuse to 128 or more, and a stone falls on the "
        "other board. Who is stuck loses; at the bell more points win."
    ),
    rules=room_rules,
    lobby_order=40,
    hints=(
        _("Both of you get the same tiles: slide with the arrow keys or a swipe."),
        _("Make 128 or more, and a stone falls on the other board."),
        _("A stone crumbles after some moves. Who is stuck loses."),
    ),
    achievements=(
        Achievement("duel-win", _("First blood"), _("Win a rated Fuse Duel."), "wins", 1, 40),
        Achievement("duel-wins-25", _("Duellist"), _("Win 25 rated Fuse Duels."), "wins", 25, 200),
        Achievement("duel-streak-5", _("Five in a row"), _("Win 5 rated Fuse Duels in a row."), "win_streak", 5, 150),
        Achievement("duel-draw", _("Dead heat"), _("End a rated Fuse Duel in a draw."), "drew", 1, 60),
        Achievement("duel-stones-5", _("Quarry"), _("Send 5 stones in one rated Fuse Duel."), "stones_sent", 5, 80),
    ),
)
