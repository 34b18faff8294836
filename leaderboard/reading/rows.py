"""The lines of a board, made from what the scripts return."""

from collections.abc import Iterable, Sequence

import msgspec

from accounts.cards import Card
from leaderboard import score
from leaderboard.models import Board


class Row(msgspec.Struct, frozen=True):
    """A line of a board; `rank` counts from 1, `at_ms` is when the points were reached."""

    rank: int
    player: int
    points: int
    at_ms: int
    card: Card


def rows(
    board: Board, ranks: Iterable[int], players: Iterable[int], scores: Sequence[float], cards: Iterable[Card]
) -> list[Row]:
    """Lines from their columns. A page has hundreds, and each finished run twenty."""
    points, at_ms = score.decode(scores, lower_is_better=board.lower_is_better)
    return list(map(Row, ranks, players, points, at_ms, cards))


def to_next(board: Board, own: int, above: int) -> int:
    """The difference needed to pass a player with `above` points. A tie does not pass them: they were first."""
    return own - above + 1 if board.lower_is_better else above - own + 1
