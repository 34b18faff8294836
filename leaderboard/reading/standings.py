"""Reading boards: the top, pages, one player's place, the rows around a player, and places among some players.

All of them use one order: points, then who reached them first, then the player id as text (descending
where higher is better, ascending where lower is). Each is one round trip, names included.
"""

from collections.abc import Iterable, Sequence
from itertools import count as ranks_from
from typing import Any

import msgspec
from django.core import signing

from accounts.cards import Card
from leaderboard import keys, score
from leaderboard.errors import BadCursor, PeriodEnded
from leaderboard.known_boards import find, period
from leaderboard.models import Board
from leaderboard.reading.rows import Row, rows, to_next
from store.scripts import Argument, script

_rows = script(__file__, "rows")
_page = script(__file__, "page")
_places = script(__file__, "places")
_among = script(__file__, "among")

_SALT = "leaderboard.cursor"


class Rows(msgspec.Struct, frozen=True):
    """Lines of a board, the number of players on it, and the cursor of the next page (None: there is no next page)."""

    size: int
    rows: list[Row]
    cursor: str | None = None


class Standing(msgspec.Struct, frozen=True):
    """A player's place. `rank` is None off the board; `to_next` is the difference needed to pass the next place up.

    `percentile` is the share of players, 0 to 100, who do not rank higher: 100 for the first.
    """

    rank: int | None
    points: int | None
    size: int
    to_next: int | None
    percentile: float | None = None


def _rows_of(board: Board, ranks: Iterable[int], flat: Sequence[Any], width: int = 3) -> list[Row]:
    """Lines of `width` values each, the first of which are player id, score and card."""
    players, scores, cards = (flat[column::width] for column in range(3))
    return rows(board, ranks, map(int, players), list(map(float, scores)), map(Card.decode, cards))


async def top(slug: str, kind: str, count: int, *, now_ms: int | None = None) -> Rows:
    """The first `count` lines of a board's current period.

    Raises:
        UnknownBoard, UnknownPeriod: there is nothing to read.

    Redis: lua/rows.lua, one round trip, O(log N + count).
    """
    board = await find(slug)
    period_id = period(board, kind, now_ms).id
    size, first, flat = await _read(board, keys.standings(slug, period_id), count, "")
    return _page_of(board, period_id, size, first, flat)


async def around(slug: str, kind: str, player: int, count: int, *, now_ms: int | None = None) -> Rows:
    """`count` lines with the player in the middle, shifted near the edges of the board; all lines of a smaller board.

    Empty when the player is not on the board. Redis: lua/rows.lua, one round trip, O(log N + count).
    """
    board = await find(slug)
    name = keys.standings(slug, period(board, kind, now_ms).id)
    size, first, flat = await _read(board, name, count, str(player))
    return Rows(size, _rows_of(board, ranks_from(first), flat))


async def rows_of_key(board: Board, name: str, count: int) -> Rows:
    """The first lines of a standings key with this board's order and cards, such as a window or an ended period."""
    size, first, flat = await _read(board, name, count, "")
    return Rows(size, _rows_of(board, ranks_from(first), flat))


async def _read(board: Board, name: str, count: int, player: str) -> tuple[int, int, list[Any]]:
    return await _rows([name, keys.cards(board.slug)], [board.order, 0, count - 1, player])


def _page_of(board: Board, period_id: str, size: int, first: int, flat: Sequence[Any]) -> Rows:
    more = bool(flat) and first + len(flat) // 3 <= size
    return Rows(size, _rows_of(board, ranks_from(first), flat), _cursor(period_id, flat) if more else None)


def _cursor(period_id: str, flat: Sequence[Any]) -> str:
    player, raw_score = flat[-3], flat[-2]
    return signing.dumps([period_id, raw_score, player], salt=_SALT)


async def page(slug: str, kind: str, cursor: str, count: int, *, now_ms: int | None = None) -> Rows:
    """The `count` lines after the cursor of an earlier read, in the current order.

    Scores may change between two pages. A player whose score stays the same is neither repeated nor left out.

    Raises:
        BadCursor: not a cursor of this board and period kind.
        PeriodEnded: its period is over.

    Redis: lua/page.lua, one round trip, O(log N + count).
    """
    board = await find(slug)
    now_period = period(board, kind, now_ms)
    try:
        period_id, raw_score, player = signing.loads(cursor, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise BadCursor from error
    if period_id != now_period.id:
        raise PeriodEnded if period_id.partition(":")[0] == kind else BadCursor
    names = [keys.standings(slug, period_id), keys.cards(slug)]
    size, first, flat = await _page(names, [board.order, raw_score, player, count])
    return _page_of(board, period_id, size, first, flat)


async def standing(slug: str, kind: str, player: int, *, now_ms: int | None = None) -> Standing:
    """A player's place on a board's current period.

    Redis: lua/places.lua, one round trip, O(log N).
    """
    board = await find(slug)
    size, flat = await _places([keys.standings(slug, period(board, kind, now_ms).id)], [board.order, player])
    return _standing(board, size, *flat)


async def standings_of(
    asked: Sequence[tuple[str, str, Sequence[int]]], *, now_ms: int | None = None
) -> list[list[Standing]]:
    """The places of players on the current periods of several boards, for each (slug, period kind, players) in order.

    Redis: lua/places.lua once a board and period, one round trip, O(M log N).
    """
    boards = [await find(slug) for slug, _, _ in asked]
    calls: list[tuple[list[str], list[Argument]]] = [
        ([keys.standings(slug, period(board, kind, now_ms).id)], [board.order, *players])
        for board, (slug, kind, players) in zip(boards, asked, strict=True)
    ]
    answers = await _places.many(calls)
    return [
        [_standing(board, size, *flat[i : i + 3]) for i in range(0, len(flat), 3)]
        for board, (size, flat) in zip(boards, answers, strict=True)
    ]


def _standing(board: Board, size: int, rank: int, own: str, above: str) -> Standing:
    if not rank:
        return Standing(None, None, size, None)
    points = score.points(float(own))
    missing = to_next(board, points, score.points(float(above))) if above else None
    return Standing(rank, points, size, missing, 100 * (size - rank + 1) / size)


async def among(slug: str, kind: str, players: Sequence[int], *, now_ms: int | None = None) -> Rows:
    """The places of some players, best first, with their ranks on the whole board; absent ones are left out.

    Redis: lua/among.lua, one round trip, O(M log N).
    """
    board = await find(slug)
    return await among_of_key(board, keys.standings(slug, period(board, kind, now_ms).id), players)


async def among_of_key(board: Board, name: str, players: Sequence[int]) -> Rows:
    """The places of some players in a sorted set of a board, as `among`."""
    size, flat = await _among([name, keys.cards(board.slug)], [board.order, *players])
    found = _rows_of(board, flat[3::4], flat, 4)
    return Rows(size, sorted(found, key=lambda each: each.rank))
