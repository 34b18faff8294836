"""A line of a board, parsed from what the scripts return."""

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


def row(lower_is_better: bool, rank: int, player: str, raw_score: str, card: str) -> Row:
    """A line from a script's player id, score and card. A page reads hundreds of them."""
    points, at_ms = score.parts(float(raw_score), lower_is_better)
    return Row(rank, int(player), points, at_ms, Card.decode(card))


def to_next(board: Board, own: int, above: int) -> int:
    """The difference needed to pass a player with `above` points. A tie does not pass them: they were first."""
    return own - above + 1 if board.lower_is_better else above - own + 1
