"""Formats results in the way of their board. Pages, the feed, coins, the admin and CSV all use it."""

from typing import Protocol

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

#: Where fewer moves are better, and with as many less time, a result is moves times this plus milliseconds.
MOVE = 10_000_000


class Written(Protocol):
    """How results are written: `format` is `points`, `time` (milliseconds) or `moves`, `unit` the word for points."""

    @property
    def format(self) -> str: ...

    @property
    def unit(self) -> str: ...


def result(points: int, board: Written) -> str:
    """`12,345`, milliseconds as `1:05.250`, or moves as `12 moves · 1:05.250`."""
    if board.format == "time":
        return _time(points)
    if board.format != "moves":
        return number(points)
    moves, ms = divmod(points, MOVE)
    words = ngettext("{count} move", "{count} moves", moves).format(count=number(moves))
    return f"{words} · {_time(ms)}" if ms else words


def number(value: int) -> str:
    """`12,345`, as the language in use writes it."""
    return number_format(value, use_l10n=True, force_grouping=True)


def _time(ms: int) -> str:
    minutes, rest = divmod(ms, 60_000)
    return f"{minutes}:{rest // 1000:02}.{rest % 1000:03}"


def gap(points: int, board: Written) -> str:
    """How far two results are apart. Of moves, the time says nothing unless they are equal."""
    if board.format != "moves" or points < MOVE // 2:
        return _time(points) if board.format == "moves" else result(points, board)
    return result(MOVE * round(points / MOVE), board)


def with_unit(points: int, board: Written) -> str:
    """`12,345 points`; times and moves need no unit: `1:05.250`."""
    written = result(points, board)
    return f"{written} {gettext(board.unit)}" if board.format == "points" else written
