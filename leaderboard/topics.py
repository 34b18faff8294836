"""What browsers can watch of boards: `board:<slug>:<period kind>`."""

from typing import Any

import msgspec

from leaderboard import boards, feed, standings
from leaderboard.definitions import find, period
from leaderboard.periods import KINDS
from leaderboard.rows import Row
from live.errors import UnknownTopic
from live.topics import State, Topic, kind

TOP_COUNT = 50
FEED_COUNT = 12


class BoardTopic(Topic):
    """The first 50 of a board's current period.

    State: `order` is the list of player ids from first place on, `row:<id>` what a line shows,
    `size` the number of players, `ends_ms` the period's end (null: none).
    """

    def __init__(self, name: str, slug: str, period_kind: str) -> None:
        super().__init__(name, boards.subject(slug))
        self.slug = slug
        self.period_kind = period_kind

    async def snapshot(self) -> State:
        board = await find(self.slug)
        read = await standings.top(self.slug, self.period_kind, TOP_COUNT)
        state: State = {
            "order": [row.player for row in read.rows],
            "size": read.size,
            "ends_ms": period(board, self.period_kind).end_ms,
        }
        return state | {f"row:{row.player}": row_state(row) for row in read.rows}


def row_state(row: Row) -> dict[str, Any]:
    """What a line shows besides its rank, which follows from its place in the order."""
    return {"points": row.points, "at_ms": row.at_ms, **msgspec.to_builtins(row.card)}


def topic_name(slug: str, period_kind: str) -> str:
    return f"board:{slug}:{period_kind}"


class FeedTopic(Topic):
    """The newest lines of the activity feed. State: `order` (ids, newest first, at most 12), `line:<id>`."""

    async def snapshot(self) -> State:
        lines = await feed.shown(FEED_COUNT)
        return {"order": [id for id, _ in lines]} | {f"line:{id}": feed.to_state(line) for id, line in lines}


@kind("feed")
def feed_topic(name: str, rest: str) -> Topic:
    if name != feed.SUBJECT:
        raise UnknownTopic
    return FeedTopic(name, feed.SUBJECT)


@kind("board")
def board_topic(name: str, rest: str) -> Topic:
    slug, _, period_kind = rest.partition(":")
    if period_kind not in KINDS:
        raise UnknownTopic
    return BoardTopic(name, slug, period_kind)
