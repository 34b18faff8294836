"""Why a run is not ranked or a board not shown."""

from live.errors import GameError


class UnknownBoard(GameError):
    code = "unknown_board"
    message = "There is no such board."


class UnknownPeriod(GameError):
    code = "unknown_period"
    message = "A board has the periods day, week, month and all."


class PointsOutOfRange(GameError):
    code = "points_out_of_range"
    message = "Points are whole numbers from 0 to the board's maximum."
