"""What browsers can watch of boards: `board:<slug>:<period kind>`."""

from collections.abc import Sequence
from typing import Any

import msgspec

from leaderboard import boards
from leaderboard.known_boards import find, period
from leaderboard.messages import Standing
from leaderboard.periods import KINDS
from leaderboard.reading import standings
from leaderboard.reading.rows import Row
from leaderboard.stream import feed
from live.errors import UnknownTopic
from live.protocol import Message
from live.topics import EventTopic, State, Topic, kind

TOP_COUNT = 50


async def own_standings(asked: Sequence[tuple[Any, Sequence[Any]]]) -> dict[tuple[str, int], Message]:
    """Each watching player's own place, all boards in one round trip."""
    found = await standings.standings_of(
        [(topic.slug, topic.period_kind, [player.pk for player in players]) for topic, players in asked]
    )
    return {
        (topic.name, player.pk): Standing(topic.name, own.rank, own.points, own.size, own.to_next)
        for (topic, players), places in zip(asked, found, strict=True)
        for player, own in zip(players, places, strict=True)
    }


class BoardTopic(Topic):
    """The first 50 of a board's current period; signed-in watchers also get their own place.

    State: `order` is the list of player ids from first place on, `row:<id>` what a line shows,
    `size` the number of players, `ends_ms` the period's end (null: none).
    """

    shows_scores = True
    personal = staticmethod(own_standings)

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

    def news(self, before: Message | None, now: Message) -> Message | None:
        """Send the standing when the place itself changed, not when only the size of the board did."""
        assert isinstance(now, Standing)
        if before is None:
            return now
        assert isinstance(before, Standing)
        if (before.rank, before.points, before.to_next) == (now.rank, now.points, now.to_next):
            return None
        return msgspec.structs.replace(now, rank_before=before.rank)


def row_state(row: Row) -> dict[str, Any]:
    """The state of one line. It has no rank, which follows from its position in `order`."""
    return {"points": row.points, "at_ms": row.at_ms, **msgspec.to_builtins(row.card)}


def topic_name(slug: str, period_kind: str) -> str:
    return f"board:{slug}:{period_kind}"


class FeedTopic(EventTopic):
    """The last 100 lines of the activity feed."""

    async def snapshot(self) -> State:
        lines = await feed.shown(feed.LINES_MAX)
        return {id: feed.to_state(line) for id, line in reversed(lines)}


@kind("feed")
def feed_topic(name: str, rest: str) -> Topic:
    """`feed`: events. The last 100 lines: `kind` (`place`, `best`, `season`), `board` and `period` in words, `at_ms`,
    `player`, `card`, `points`, `format`, `unit`, `rank`, `winners`."""
    if name != feed.SUBJECT:
        raise UnknownTopic
    return FeedTopic(name, feed.SUBJECT)


@kind("board")
def board_topic(name: str, rest: str) -> Topic:
    """`board:<slug>:<day|week|month|all>`: the first 50 of a board. `order` (player ids, first place first),
    `row:<id>` (points, at_ms, name, country, guest, demo), `size`, `ends_ms`. Who is signed in gets `standing`, too."""
    slug, _, period_kind = rest.partition(":")
    if period_kind not in KINDS:
        raise UnknownTopic
    return BoardTopic(name, slug, period_kind)
