"""What a ranked run changed, decoded from the report that lua/submit.lua returns and stores."""

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import msgspec

from accounts.cards import Card
from leaderboard import score
from leaderboard.models import Board
from leaderboard.reading.rows import Row, rows, to_next


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
    rows: list[tuple[int, float]]
    rank_before: int | None = None
    score_before: float | None = None


class _RawReport(msgspec.Struct):
    run: str
    points: int
    at_ms: int
    periods: list[_RawChange] = []


#: The player of a row whose player was erased.
NOBODY = "0"

# Ids, scores, points and times are JSON strings, since the script writes them with every digit.
_decoder = msgspec.json.Decoder(_RawReport, strict=False)


def decode(board: Board, text: str, players: Sequence[str], cards: Sequence[str | None]) -> Report:
    """The report in the script's JSON. `cards` are those of the players in it, in the same order."""
    raw = _decoder.decode(text)
    if not raw.periods:
        return Report(raw.run, raw.points, raw.at_ms, [])
    known = {int(player): Card.decode(card or "") for player, card in zip(players, cards, strict=True)}
    # The rows of all periods at once, which takes less time than one period after the other.
    ranks = [rank for each in raw.periods for rank in range(each.first, each.first + len(each.rows))]
    ids, scores = zip(*[row for each in raw.periods for row in each.rows], strict=True)
    found = iter(rows(board, ranks, ids, scores, [known[player] for player in ids]))
    changes = [_change(board, each, list(islice(found, len(each.rows)))) for each in raw.periods]
    return Report(raw.run, raw.points, raw.at_ms, changes)


def without(text: str, players: Iterable[str]) -> str:
    """A stored report in which the rows of these players (ids as text) are nobody's."""
    # A row is ["player id","score"]; nothing else in a report begins like it.
    return re.sub(rf'\["({"|".join(players)})",', f'["{NOBODY}",', text)


def to_state(report: Report) -> dict[str, Any]:
    """A report as JSON values, for the socket."""
    return msgspec.to_builtins(report)


def _change(board: Board, raw: _RawChange, found: list[Row]) -> Change:
    own = found[raw.rank - raw.first]
    above = found[raw.rank - raw.first - 1] if raw.rank > raw.first else None
    return Change(
        kind=raw.kind,
        rank_before=raw.rank_before,
        points_before=None if raw.score_before is None else score.points(raw.score_before),
        rank=raw.rank,
        points=own.points,
        size=raw.size,
        to_next=to_next(board, own.points, above.points) if above else None,
        rows=found,
    )
