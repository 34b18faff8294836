"""Rolling windows, and the champions across games: when they are stale, one process computes them for all readers.

A window is the union of its days, so it exists only on boards that keep days and rank each player's best
run. As on every board, a tie goes to the player who reached the points first, here within the window. (Summing
totals would add up their time fractions too, and a union cannot tell which run is the latest.)
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from accounts.cards import Card
from leaderboard import keys, score
from leaderboard.errors import NoWindow
from leaderboard.known_boards import find, now_ms, period
from leaderboard.models import Board
from leaderboard.periods import KINDS, current
from leaderboard.reading import standings
from leaderboard.reading.rows import Row
from leaderboard.reading.standings import Rows
from store import shared
from store.client import client

DAYS = (7, 30)
FRESH_S = 5
KEPT_S = 60
# How many of each board's first players count for the champions board.
CHAMPIONS_DEPTH = 1_000

_rows = msgspec.json.Decoder(list[Row])


async def window(slug: str, days: int, count: int, *, at_ms: int | None = None) -> Rows:
    """The first `count` lines of the last 7 or 30 days, today included, at most 5 seconds old.

    Raises:
        NoWindow: the board keeps no days or does not rank best runs, or `days` is neither 7 nor 30.

    Redis: two round trips; every 5 seconds one process adds a ZUNIONSTORE, O(members log members).
    """
    board = await _computed(slug, days, at_ms)
    return await standings.rows_of_key(board, keys.window(slug, days), count)


async def among(slug: str, days: int, players: Sequence[int], *, at_ms: int | None = None) -> Rows:
    """The places of some players in the last 7 or 30 days, with their ranks among all; raises and costs as `window`."""
    board = await _computed(slug, days, at_ms)
    return await standings.among_of_key(board, keys.window(slug, days), players)


async def _computed(slug: str, days: int, at_ms: int | None) -> Board:
    board = await find(slug)
    if days not in DAYS or not board.keeps_day or board.operator != Board.Operator.BEST:
        raise NoWindow

    async def compute() -> None:
        await _compute(board, days, now_ms() if at_ms is None else at_ms)

    name = keys.window(slug, days)
    await shared.see_to(name, keys.window_fresh(slug, days), FRESH_S, f"window:{slug}:{days}", compute)
    return board


async def forget_windows(slug: str) -> None:
    """Drop every window of a board, and the champions; the next read computes them again. Two round trips."""
    await client().delete(*(name(slug, days) for days in DAYS for name in (keys.window, keys.window_fresh)))
    await shared.forget(*(f"champions:{kind}" for kind in KINDS))


async def _compute(board: Board, days: int, at_ms: int) -> None:
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    back = [int((moment - timedelta(days=age)).timestamp() * 1000) for age in range(days)]
    names = [keys.standings(board.slug, current("day", each).id) for each in back]
    pipe = client().pipeline(transaction=True)
    pipe.zunionstore(keys.window(board.slug, days), names, aggregate="MIN" if board.lower_is_better else "MAX")
    pipe.expire(keys.window(board.slug, days), KEPT_S)
    pipe.set(keys.window_fresh(board.slug, days), 1, ex=FRESH_S)
    await pipe.execute()


async def champions(kind: str, count: int) -> list[Row]:
    """The best across all games, at most 5 seconds old: the first 1,000 of each board get points times its weight.

    Boards are left out if lower is better, if they do not keep this kind of period, or if their weight is 0. The
    earlier of two equal sums ranks higher. Redis: two round trips; every 5 seconds one process adds one per board.
    """

    async def compute() -> str:
        return msgspec.json.encode(await _champions(kind)).decode()

    return _rows.decode(await shared.text(f"champions:{kind}", FRESH_S, compute))[:count]


async def _champions(kind: str) -> list[Row]:
    points: dict[int, int] = {}
    reached: dict[int, int] = {}
    cards: dict[int, Card] = {}
    async for board in Board.objects.filter(order=Board.Order.HIGHER, champion_weight__gt=0):
        if kind not in board.kinds:
            continue
        name = keys.standings(board.slug, period(board, kind).id)
        for each in (await standings.rows_of_key(board, name, CHAMPIONS_DEPTH)).rows:
            points[each.player] = points.get(each.player, 0) + each.points * board.champion_weight
            reached[each.player] = max(reached.get(each.player, 0), each.at_ms)
            cards[each.player] = each.card
    order = sorted(
        points, key=lambda player: (score.encode(points[player], reached[player]), str(player)), reverse=True
    )
    first = enumerate(order[:CHAMPIONS_DEPTH], start=1)
    return [Row(rank, player, points[player], reached[player], cards[player]) for rank, player in first]
