"""The activity feed: a line when a player takes one of the first places or beats their own best; the last 100."""

from collections.abc import Sequence
from typing import Any

import msgspec

from accounts.cards import Card
from leaderboard import keys, score
from leaderboard.errors import UnknownBoard
from leaderboard.known_boards import find
from leaderboard.models import Board, HiddenPlayer
from leaderboard.stream.history import slug_of
from live.hub import mark
from store.client import client
from store.scripts import Argument, script
from store.stream import Entry, Group

LINES_MAX = 100
# A page shows at most this many of them.
PAGE_COUNT = 12
TOP_PLACES = 3
# One very active player must not fill the feed.
PAUSE_MS = 60_000
TOLD_TTL_MS = 7 * 24 * 60 * 60 * 1000
SUBJECT = "feed"

_append = script(__file__, "feed_append")


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line: `kind` is `place`, `best` or `season`; `rank` counts from 1; `winners` are a season's first three.

    `period` is the id of a season. `format` and `unit` are those of the board. They are set when a line is shown, as is
    the title in `board`.
    """

    kind: str
    board: str
    at_ms: int
    player: int = 0
    card: Card = Card()
    points: int = 0
    rank: int = 0
    period: str = ""
    winners: list[str] = []
    winner_ids: list[int] = []
    format: str = "points"
    unit: str = "points"


def line_of(board: Board, entry: Entry) -> Line | None:
    """The line for an accepted run, or None. Runs of a batch without full reports have no rank, and get no line."""
    fields = entry.fields
    if not fields.get("rank"):
        return None
    rank, points = int(fields["rank"]), int(fields["points"])
    rank_before = int(fields["rank_before"]) if fields["rank_before"] else None
    best_before = score.points(float(fields["score_before"])) if fields["score_before"] else None
    if rank <= TOP_PLACES and (rank_before is None or rank < rank_before):
        kind = "place"
    elif board.operator == Board.Operator.BEST and best_before is not None and _better(board, points, best_before):
        kind = "best"
    else:
        return None
    card = Card.decode(fields["card"])
    return Line(kind, board.slug, int(fields["at_ms"]), int(fields["player"]), card, points, rank)


def _better(board: Board, points: int, before: int) -> bool:
    return points < before if board.lower_is_better else points > before


async def write(entries: Sequence[Entry]) -> None:
    """Add the lines of a batch, each once; hidden players get none."""
    hidden = await _hidden()
    for entry in entries:
        try:
            line = line_of(await find(slug_of(entry.stream)), entry)
        except UnknownBoard:
            continue
        if line is not None and line.player not in hidden:
            await append(line, told=keys.feed_told(entry.fields["run"]), pause=keys.feed_pause(line.player))


async def _hidden() -> set[int]:
    return {player async for player in HiddenPlayer.objects.values_list("player_id", flat=True)}


async def append(line: Line, *, told: str, pause: str = "") -> bool:
    """Add a line, unless it was handled before (key `told`) or falls into the player's pause (key `pause`).

    Redis: lua/feed_append.lua, one round trip, and one to mark the feed.
    """
    names = [keys.feed(), told, *([pause] if pause else [])]
    place = line.rank if line.kind == "place" else 0
    args: list[Argument] = [msgspec.json.encode(line).decode(), LINES_MAX, PAUSE_MS, TOLD_TTL_MS, line.at_ms, place]
    added = await _append(names, args)
    if added:
        await mark(SUBJECT)
    return bool(added)


async def take_back(told: str, board: str, period: str) -> None:
    """Remove the line of a season, so that it can be added again when the season ends."""
    gone = [entry_id for entry_id, line in await lines() if (line.board, line.period) == (board, period)]
    pipe = client().pipeline()
    pipe.delete(told)
    if gone:
        pipe.xdel(keys.feed(), *gone)
    await pipe.execute()
    await mark(SUBJECT)


async def lines(count: int = LINES_MAX) -> list[tuple[str, Line]]:
    """The newest lines with their stream ids, newest first. One round trip."""
    found = await client().xrevrange(keys.feed(), count=count)
    return [(entry_id, _decoder.decode(fields["line"])) for entry_id, fields in found]


async def shown(count: int) -> list[tuple[str, Line]]:
    """The newest lines as people read them, with board titles; hidden players are left out."""
    newest = await lines()
    hidden = await _hidden() if newest else set()
    found = [(entry_id, line) for entry_id, line in newest if line.player not in hidden]
    return [(entry_id, await _titled(line)) for entry_id, line in found[:count]]


async def _titled(line: Line) -> Line:
    try:
        board = await find(line.board)
    except UnknownBoard:
        return line
    return msgspec.structs.replace(line, board=board.title, format=board.format, unit=board.unit)


def to_state(line: Line) -> dict[str, Any]:
    """A line as JSON values, for the socket."""
    return msgspec.to_builtins(line)


_decoder = msgspec.json.Decoder(Line)
GROUP = Group("feed", write)
