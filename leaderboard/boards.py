"""Boards in Redis: ranking a finished run, and reading standings.

What a board is called and allows is in SQL (`models.Board`), kept here for some seconds at a time.
"""

import time
from collections.abc import Sequence
from typing import Any

import msgspec

from accounts.cards import Card
from leaderboard import keys, score
from leaderboard.errors import PointsOutOfRange, UnknownBoard, UnknownPeriod
from leaderboard.models import Board
from leaderboard.periods import KINDS, Period, all_current, current
from live.keys import marks
from store.client import client
from store.scripts import script

_submit = script(__file__, "submit")
_rows = script(__file__, "rows")
_standing = script(__file__, "standing")

DAY_MS = 24 * 60 * 60 * 1000
REPORT_TTL_MS = 2 * DAY_MS
KEPT_AFTER_END_MS = 60 * DAY_MS
DEFINITION_FRESH_S = 5.0


class FinishedRun(msgspec.Struct, frozen=True):
    """A run that its game has ended; `id` is unique for ever and `record` is what replays it, in JSON."""

    id: str
    board: str
    player: int
    card: Card
    points: int
    started_ms: int
    record: str


class Row(msgspec.Struct, frozen=True):
    """A line of a board; `rank` counts from 1, `at_ms` is when the points were reached."""

    rank: int
    player: int
    points: int
    at_ms: int
    card: Card


class Change(msgspec.Struct, frozen=True):
    """What a run changed on one period: the player's rank and best before and now, and the lines around them."""

    kind: str
    rank_before: int | None
    points_before: int | None
    rank: int
    points: int
    size: int
    to_next: int | None
    rows: list[Row]

    @property
    def gained(self) -> int:
        """Places won by this run; 0 when it changed nothing or the player is new here."""
        return self.rank_before - self.rank if self.rank_before else 0


class Report(msgspec.Struct, frozen=True):
    """What a run changed, by period in the order of `KINDS`."""

    run: str
    points: int
    at_ms: int
    changes: list[Change]


class Standing(msgspec.Struct, frozen=True):
    """A player's place; `rank` is None off the board, `to_next` the points missing to the next place up."""

    rank: int | None
    points: int | None
    size: int
    to_next: int | None


def subject(slug: str) -> str:
    """What is marked when a board changes."""
    return f"board:{slug}"


_definitions: dict[str, tuple[float, Board]] = {}


async def find(slug: str) -> Board:
    """The board's definition, at most 5 seconds old.

    Raises:
        UnknownBoard: there is none.
    """
    read_at, board = _definitions.get(slug, (0.0, None))
    if board is None or time.monotonic() - read_at > DEFINITION_FRESH_S:
        board = await Board.objects.filter(slug=slug).afirst()
        if board is None:
            _definitions.pop(slug, None)
            raise UnknownBoard
        _definitions[slug] = (time.monotonic(), board)
    return board


def period(kind: str, now_ms: int | None = None) -> Period:
    """The current period of a kind.

    Raises:
        UnknownPeriod: not one of `KINDS`.
    """
    if kind not in KINDS:
        raise UnknownPeriod
    return current(kind, _now_ms() if now_ms is None else now_ms)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


async def submit(run: FinishedRun, *, now_ms: int | None = None) -> Report:
    """Rank a finished run on every period of its board and say what it changed.

    Sending the same run twice changes nothing and returns the first report. The run counts in the
    periods that hold Redis's clock (or `now_ms`, for tests and planted demo runs).

    Raises:
        UnknownBoard: no such board.
        PointsOutOfRange: points that are no whole number from 0 to board.points_max.
        StoreUnavailable: no answer from Redis within REDIS_TIMEOUT_S; sending it again is safe.

    Redis: lua/submit.lua, one round trip (two when a period has just turned over), O(log N) per period.
    """
    board = await find(run.board)
    if type(run.points) is not int or not 0 <= run.points <= board.points_max:
        raise PointsOutOfRange(f"{board.title} takes whole numbers from 0 to {board.points_max:,}.")
    assumed_ms = _now_ms() if now_ms is None else now_ms
    for _ in range(3):
        status, reply = await _submit(*_submit_call(run, all_current(assumed_ms), now_ms))
        if status != "clock":
            return _report(reply)
        assumed_ms = int(reply)
    raise RuntimeError("three period turns within one submit")


def _submit_call(run: FinishedRun, periods: Sequence[Period], now_ms: int | None) -> tuple[list[str], list[Any]]:
    slug = run.board
    day = periods[0].id.removeprefix("day:")
    names = [keys.report(slug, run.id), keys.runs(slug), keys.cards(slug), keys.accepted(slug, day)]
    args: list[Any] = [run.id, run.player, run.points, run.card.encode(), run.record, run.started_ms]
    args += ["" if now_ms is None else now_ms, marks(), subject(slug), REPORT_TTL_MS]
    for each in periods:
        names.append(keys.standings(slug, each.id))
        expire_at_ms = each.end_ms + KEPT_AFTER_END_MS if each.end_ms else 0
        args += [each.kind, each.start_ms, each.end_ms or 0, expire_at_ms]
    return names, args


class _RawChange(msgspec.Struct):
    kind: str
    rank: int
    size: int
    first: int
    rows: list[tuple[str, str, str]]
    rank_before: int | None = None
    score_before: str | None = None


class _RawReport(msgspec.Struct):
    run: str
    points: str
    at_ms: str
    periods: list[_RawChange]


_raw_report = msgspec.json.Decoder(_RawReport)


def _report(text: str) -> Report:
    raw = _raw_report.decode(text)
    return Report(raw.run, int(raw.points), int(raw.at_ms), [_change(each) for each in raw.periods])


def report_state(report: Report) -> dict[str, Any]:
    """A report as JSON values, for the socket."""
    return msgspec.to_builtins(report)


def _change(raw: _RawChange) -> Change:
    rows = [_row(raw.first + offset, *line) for offset, line in enumerate(raw.rows)]
    own = rows[raw.rank - raw.first]
    above = rows[raw.rank - raw.first - 1] if raw.rank > raw.first else None
    return Change(
        kind=raw.kind,
        rank_before=raw.rank_before,
        points_before=score.points(float(raw.score_before)) if raw.score_before else None,
        rank=raw.rank,
        points=own.points,
        size=raw.size,
        to_next=_to_next(own.points, above.points) if above else None,
        rows=rows,
    )


def _to_next(own: int, above: int) -> int:
    # Equal points do not pass somebody who was there first: one more is needed.
    return above - own + 1


def _row(rank: int, player: str, raw_score: str, card: str) -> Row:
    value = float(raw_score)
    return Row(rank, int(player), score.points(value), score.reached_at_ms(value), Card.decode(card))


async def top(slug: str, kind: str, count: int, *, now_ms: int | None = None) -> tuple[int, list[Row]]:
    """The number of players on a board's current period, and its first `count` lines.

    Redis: lua/rows.lua, one round trip, O(log N + count).
    """
    name = keys.standings(slug, period(kind, now_ms).id)
    size, flat = await _rows([name, keys.cards(slug)], [0, count - 1])
    return size, [_row(1 + i // 3, *flat[i : i + 3]) for i in range(0, len(flat), 3)]


async def standing(slug: str, kind: str, player: int, *, now_ms: int | None = None) -> Standing:
    """A player's place on a board's current period.

    Redis: lua/standing.lua, one round trip, O(log N).
    """
    size, rank, own, above = await _standing([keys.standings(slug, period(kind, now_ms).id)], [player])
    if not rank:
        return Standing(None, None, size, None)
    points = score.points(float(own))
    return Standing(rank, points, size, _to_next(points, score.points(float(above))) if above else None)


async def update_card(slugs: Sequence[str], player: int, card: Card) -> None:
    """Show a player's new name or country on boards they stand on. One round trip."""
    pipe = client().pipeline()
    for slug in slugs:
        pipe.hset(keys.cards(slug), str(player), card.encode())
        pipe.publish(marks(), subject(slug))
    if slugs:
        await pipe.execute()


async def remove_players(slug: str, players: Sequence[int]) -> None:
    """Take players off every kept period of a board. One round trip."""
    pipe = client().pipeline()
    names = [str(player) for player in players]
    days = range(0, KEPT_AFTER_END_MS + 1, DAY_MS)
    for period_id in {each.id for age_ms in days for each in all_current(_now_ms() - age_ms)}:
        pipe.zrem(keys.standings(slug, period_id), *names)
    pipe.hdel(keys.cards(slug), *names)
    pipe.publish(marks(), subject(slug))
    await pipe.execute()


async def accepted_today(slugs: Sequence[str]) -> int:
    """How many runs these boards accepted since 00:00 UTC. One round trip."""
    day = period("day").id.removeprefix("day:")
    counts = await client().mget([keys.accepted(slug, day) for slug in slugs]) if slugs else []
    return sum(int(count or 0) for count in counts)
