"""The activity feed: a line when a player takes one of the first places or beats their own best; the last 100."""

from collections.abc import Sequence
from typing import Any

import msgspec

from accounts.cards import Card
from leaderboard import keys, score
from leaderboard.definitions import find
from leaderboard.errors import UnknownBoard
from leaderboard.history import slug_of
from leaderboard.periods import in_words
from live.hub import mark
from store.client import client
from store.scripts import script
from store.stream import Entry, Group

LINES_MAX = 100
TOP_PLACES = 3
# One player's good evening must not fill the feed.
PAUSE_MS = 60_000
SUBJECT = "feed"

_append = script(__file__, "feed_append")


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line: `kind` is `place`, `best` or `season`; `rank` counts from 1; `winners` are a season's first three."""

    kind: str
    board: str
    at_ms: int
    player: int = 0
    card: Card = Card()
    points: int = 0
    rank: int = 0
    period: str = ""
    winners: list[str] = []


def line_of(entry: Entry) -> Line | None:
    """What an accepted run has to say, if anything. Runs of a batch have no rank and say nothing."""
    fields = entry.fields
    if not fields.get("rank"):
        return None
    rank, points = int(fields["rank"]), int(fields["points"])
    rank_before = int(fields["rank_before"]) if fields["rank_before"] else None
    best_before = score.points(float(fields["score_before"])) if fields["score_before"] else None
    if rank <= TOP_PLACES and (rank_before is None or rank < rank_before):
        kind = "place"
    elif best_before is not None and points > best_before:
        kind = "best"
    else:
        return None
    card = Card.decode(fields["card"])
    return Line(kind, slug_of(entry.stream), int(fields["at_ms"]), int(fields["player"]), card, points, rank)


async def write(entries: Sequence[Entry]) -> None:
    """Add the lines of a batch; a repeated entry within a minute adds nothing."""
    for entry in entries:
        line = line_of(entry)
        if line is not None:
            await append(line, pause=keys.feed_pause(line.player))


async def append(line: Line, pause: str = "") -> bool:
    """Add a line, unless its player is pausing (`pause` is the key that says so); True when it was added.

    Redis: lua/feed_append.lua, one round trip.
    """
    names = [keys.feed(), *([pause] if pause else [])]
    added = await _append(names, [msgspec.json.encode(line).decode(), LINES_MAX, PAUSE_MS])
    if added:
        await mark(SUBJECT)
    return bool(added)


async def lines(count: int = LINES_MAX) -> list[tuple[str, Line]]:
    """The newest lines with their stream ids, newest first. One round trip."""
    found = await client().xrevrange(keys.feed(), count=count)
    return [(entry_id, _decoder.decode(fields["line"])) for entry_id, fields in found]


async def shown(count: int) -> list[tuple[str, Line]]:
    """The newest lines in words for people: the board by its title, the period by its name."""
    return [(entry_id, await _in_words(line)) for entry_id, line in await lines(count)]


async def _in_words(line: Line) -> Line:
    try:
        title = (await find(line.board)).title
    except UnknownBoard:
        title = line.board
    return msgspec.structs.replace(line, board=title, period=in_words(line.period) if line.period else "")


def to_state(line: Line) -> dict[str, Any]:
    """A line as JSON values, for the socket."""
    return msgspec.to_builtins(line)


_decoder = msgspec.json.Decoder(Line)
GROUP = Group("feed", write)
