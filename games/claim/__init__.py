"""Claim: many in one field, each with a trail; what it encloses is yours."""

from django.utils.translation import gettext_noop as _

from games.claim import room_rules
from games.game import Achievement
from games.rooms.game import Arena, RoomGame

ROOM_GAME = RoomGame(
    slug="claim",
    title="Claim",
    tagline=_("One field. Sixteen heads. Yours is what you enclose."),
    how_to_play=_(
        "Steer with the arrow keys, WASD or a swipe. Leave your land, draw a line, come back: what you "
        "enclose is yours. Whoever crosses your line before you are back ends your life, and you theirs. Land counts "
        "every second."
    ),
    rules=room_rules,
    seats=16,
    bot_pause_ms=260,
    match_coins=2,
    win_coins=8,
    arena=Arena(room_rules.join, bots_until=8, late_tick=room_rules.LENGTH_TICKS // 2),
    achievements=(
        Achievement("claim-land-400", _("Landlord"), _("Hold 400 cells at once in Claim."), "best_cells", 400, 60),
        Achievement("claim-land-1200", _("Empire"), _("Hold 1,200 cells at once in Claim."), "best_cells", 1_200, 200),
        Achievement("claim-kills-5", _("Scissors"), _("Cut 5 lines in one round of Claim."), "kills", 5, 80),
    ),
    lobby_order=20,
    hints=(
        _("Leave your land, draw a line and come back: what you enclose is yours."),
        _("While you are out, nobody may cross your line: short ways are safe ways."),
        _("Cross the line of somebody else, and they begin anew."),
    ),
    emotes=(),
)
