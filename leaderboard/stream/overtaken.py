"""Tells players that somebody has passed them on a board, while they are online."""

import asyncio

from leaderboard import keys
from leaderboard.known_boards import find
from leaderboard.messages import Passed
from leaderboard.reading.rows import Row
from leaderboard.reports import Change, Report
from leaderboard.topics import topic_name
from live.layer import tell_player
from live.rate_limits import TooMany, enter
from store.client import client
from store.together import together

TOLD_TTL_MS = 2 * 24 * 60 * 60 * 1000


def passed_on(change: Change) -> list[Row]:
    """The lines below a player's new place that were above the old one; at most two, since a report has no more."""
    before = change.rank_before or change.size
    return [row for row in change.rows if change.rank < row.rank <= before]


async def tell(slug: str, player: int, report: Report) -> None:
    """Notify the players whom a run passed, each about the longest period, once per run and at most once a minute.

    Redis: nothing when nobody was passed, else two round trips.
    """
    passed: dict[int, tuple[Change, Row]] = {}
    for change in reversed(report.changes):
        for row in passed_on(change):
            passed.setdefault(row.player, (change, row))
    if not passed:
        return
    is_first, *may = await together(_is_first_telling(slug, report.run), *map(_may_be_told, passed))
    told = [each for each, allowed in zip(passed.items(), may, strict=True) if is_first and allowed]
    messages = [(other, await _message(slug, player, change, row)) for other, (change, row) in told]
    await asyncio.gather(*(tell_player(other, message) for other, message in messages))


async def _is_first_telling(slug: str, run: str) -> bool:
    return bool(await client().set(keys.passed_told(slug, run), 1, nx=True, px=TOLD_TTL_MS))


async def _may_be_told(player: int) -> bool:
    try:
        await enter("passed", str(player))
    except TooMany:
        return False
    return True


async def _message(slug: str, player: int, change: Change, row: Row) -> Passed:
    board = await find(slug)
    [own] = [each for each in change.rows if each.player == player]
    return Passed(
        topic=topic_name(slug, change.kind),
        title=board.title,
        period=change.kind,
        by=own.card.name,
        points=abs(own.points - row.points),
        format=board.format,
        rank=row.rank,
    )
