"""A board as CSV, a page at a time."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

from audit.export import line, safe
from leaderboard.known_boards import find, now_ms
from leaderboard.models import Board
from leaderboard.reading import standings
from leaderboard.reading.rows import Row
from leaderboard.words import result

PAGE = 1_000
HEADER: list[object] = ["rank", "player", "name", "country", "guest", "points", "reached_at"]
# These columns replace `points` on a board of times, or of moves and times.
WRITTEN: dict[str, list[object]] = {"time": ["time_ms", "time"], "moves": ["moves_and_ms", "moves"]}


async def lines(slug: str, kind: str) -> AsyncIterator[str]:
    """The lines of the file, read while the board is in use; memory stays at one page.

    Raises:
        UnknownBoard, UnknownPeriod: there is nothing to export; raised before the first line.
    """
    board = await find(slug)
    at_ms = now_ms()  # Export the period in which it began, even if that ends meanwhile.
    page = await standings.top(slug, kind, PAGE, now_ms=at_ms)
    yield line([*HEADER[:5], *WRITTEN.get(board.format, HEADER[5:6]), *HEADER[6:]])
    while True:
        for row in page.rows:
            yield line(_cells(board, row))
        if page.cursor is None:
            return
        page = await standings.page(slug, kind, page.cursor, PAGE, now_ms=at_ms)


def _cells(board: Board, row: Row) -> list[object]:
    reached = datetime.fromtimestamp(row.at_ms / 1000, UTC).isoformat()
    card = row.card
    points = [row.points, result(row.points, board)] if board.format in WRITTEN else [row.points]
    return [row.rank, row.player, safe(card.name), safe(card.country), int(card.guest), *points, reached]
