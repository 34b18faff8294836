"""The definitions of boards (title, order, periods and so on), read from SQL and cached for a few seconds."""

import logging
import time

from leaderboard.errors import UnknownBoard, UnknownPeriod
from leaderboard.models import Board
from leaderboard.periods import Period, current
from store.trouble import SQL_TROUBLE

logger = logging.getLogger(__name__)

FRESH_S = 5.0

_known: dict[str, tuple[float, Board]] = {}


async def find(slug: str) -> Board:
    """The board's definition, at most 5 seconds old; while SQL is unavailable, the last known one.

    Raises:
        UnknownBoard: there is none.
    """
    read_at, board = _known.get(slug, (0.0, None))
    if board is None or time.monotonic() - read_at > FRESH_S:
        try:
            found = await Board.objects.filter(slug=slug).afirst()
        except SQL_TROUBLE as error:
            if board is None:
                raise
            logger.warning("SQL is unavailable, board %s keeps its last known definition: %s", slug, error)
            found = board
        board = found
        if board is None:
            _known.pop(slug, None)
            raise UnknownBoard
        remember(board)
    return board


def remember(board: Board, for_s: float = 0.0) -> None:
    """Cache this definition. It stays fresh `for_s` seconds longer than one that was just read from SQL."""
    _known[board.slug] = (time.monotonic() + for_s, board)


def forget() -> None:
    """Clear the cache, so that every definition is read again."""
    _known.clear()


def now_ms() -> int:
    """This machine's clock, UTC milliseconds. It only guesses periods; Redis's clock decides."""
    return time.time_ns() // 1_000_000


def period(board: Board, kind: str, at_ms: int | None = None) -> Period:
    """The board's period of a kind at a moment (default: now).

    Raises:
        UnknownPeriod: the board does not keep such periods.
    """
    if kind not in board.kinds:
        raise UnknownPeriod
    return current(kind, now_ms() if at_ms is None else at_ms)


def periods(board: Board, at_ms: int) -> list[Period]:
    """Every period of the board at a moment, the shortest first."""
    return [current(kind, at_ms) for kind in board.kinds]
