"""The errors for runs that are not ranked and boards that are not shown."""

from django.utils.translation import gettext_noop

from live.errors import GameError


class UnknownBoard(GameError):
    code = "unknown_board"
    message = gettext_noop("There is no such board.")


class UnknownPeriod(GameError):
    code = "unknown_period"
    message = gettext_noop("This board does not keep that period.")


class BoardClosed(GameError):
    code = "board_closed"
    message = gettext_noop("This board takes no runs at the moment.")


class TooLate(GameError):
    code = "too_late"
    message = gettext_noop("It is too late for this run to be ranked.")


class PlayerHidden(GameError):
    code = "player_hidden"
    message = gettext_noop("Your runs are not ranked. The operators can tell you why.")


class PointsOutOfRange(GameError):
    code = "points_out_of_range"
    message = gettext_noop("Points are whole numbers from 0 to the board's maximum.")


class PeriodEnded(GameError):
    code = "period_ended"
    message = gettext_noop("That page belongs to a period that has ended. Start again from the top.")


class BadCursor(GameError):
    code = "bad_cursor"
    message = gettext_noop("That is no page of this board.")


class NoWindow(GameError):
    code = "no_window"
    message = gettext_noop("Rolling windows exist only on boards that keep days and rank each player's best run.")
