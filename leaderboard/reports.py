"""What a ranked run changed, decoded from the report that lua/submit.lua returns and stores."""

from typing import Any

import msgspec

from leaderboard import score
from leaderboard.models import Board
from leaderboard.reading.rows import Row, row, to_next


class Change(msgspec.Struct, frozen=True):
    """What a run changed on one period: the player's rank and points before and now, and the lines around them."""

    kind: str
    rank_before: int | None
    points_before: int | None
    rank: int
    points: int
    size: int
    to_next: int | None
    rows: list[Row]


class Report(msgspec.Struct, frozen=True):
    """What a run changed, by period, the shortest first. `changes` is empty in a batch without full reports."""

    run: str
    points: int
    at_ms: int
    changes: list[Change]


class _RawChange(msgspec.Struct):
    kind: str
    rank: int
    size: int
    first: int
    rows: list[tuple[str, str]]
    rank_before: int | None = None
    score_before: str | None = None


class _RawReport(msgspec.Struct):
    run: str
    points: str
    at_ms: str
    periods: list[_RawChange] = []


_decoder = msgspec.json.Decoder(_RawReport)
_cards = msgspec.json.Decoder(dict[str, str])


def decode(board: Board, text: str, cards: str) -> Report:
    """The report in the script's JSON, with the cards of the players in it."""
    raw, names = _decoder.decode(text), _cards.decode(cards)
    changes = [_change(board, each, names) for each in raw.periods]
    return Report(raw.run, int(raw.points), int(raw.at_ms), changes)


def to_state(report: Report) -> dict[str, Any]:
    """A report as JSON values, for the socket."""
    return msgspec.to_builtins(report)


def _change(board: Board, raw: _RawChange, cards: dict[str, str]) -> Change:
    lower = board.lower_is_better
    rows = [
        row(lower, rank, player, value, cards.get(player, ""))
        for rank, (player, value) in enumerate(raw.rows, raw.first)
    ]
    own = rows[raw.rank - raw.first]
    above = rows[raw.rank - raw.first - 1] if raw.rank > raw.first else None
    return Change(
        kind=raw.kind,
        rank_before=raw.rank_before,
        points_before=score.points(float(raw.score_before)) if raw.score_before else None,
        rank=raw.rank,
        points=own.points,
        size=raw.size,
        to_next=to_next(board, own.points, above.points) if above else None,
        rows=rows,
    )
