"""Formats results in the way of their board. Pages, the feed, coins, the admin and CSV all use it."""

from typing import Protocol


class Written(Protocol):
    """How results are written: `format` is `points` or `time` (milliseconds), `unit` the word for them."""

    @property
    def format(self) -> str: ...

    @property
    def unit(self) -> str: ...


def result(points: int, board: Written) -> str:
    """`12,345`, or milliseconds as `1:05.250`."""
    if board.format != "time":
        return f"{points:,}"
    minutes, ms = divmod(points, 60_000)
    return f"{minutes}:{ms // 1000:02}.{ms % 1000:03}"


def with_unit(points: int, board: Written) -> str:
    """`12,345 points`; a time needs no unit: `1:05.250`."""
    written = result(points, board)
    return written if board.format == "time" else f"{written} {board.unit}"
