"""Ranks finished runs on their boards and keeps the names on them up to date. Reading is in `standings`."""

import functools
from collections.abc import Sequence
from typing import Any

import msgspec
from django.utils.translation import gettext_noop

from accounts.cards import Card
from leaderboard import keys, reports
from leaderboard.errors import BoardClosed, PlayerHidden, PointsOutOfRange, TooLate
from leaderboard.known_boards import find, now_ms
from leaderboard.models import Board
from leaderboard.periods import DAY_MS, current
from leaderboard.reports import Report
from live.errors import GameError
from live.keys import marks
from store.client import client, publishing
from store.keys import prefix
from store.scripts import Argument, script

_encode = msgspec.msgpack.Encoder().encode
_submit = script(__file__, "submit", prelude=("periods", "score", "place", "cards"), lasts=True)

REPORT_TTL_MS = 2 * 24 * 60 * 60 * 1000
BATCH_MAX = 1_000
# Runs ranked by one script call: enough to spread its fixed cost, few enough to block Redis only briefly.
RUNS_PER_SCRIPT = 50
PIPELINES = 4


class FinishedRun(msgspec.Struct, frozen=True):
    """A run that its game has ended; `id` is never reused, and `record` is the JSON from which it can be replayed.

    It has to be ranked before `until_ms` (UTC, by Redis's clock), unless that is 0.
    """

    id: str
    board: str
    player: int
    card: Card
    points: int
    started_ms: int
    record: str
    until_ms: int = 0


def subject(slug: str) -> str:
    """The subject that is marked when a board changes."""
    return f"board:{slug}"


async def submit(run: FinishedRun, *, at_ms: int | None = None) -> Report:
    """Rank a finished run on every period of its board and say what it changed.

    Sending the same run twice changes nothing and returns the first report. The run counts in the
    periods that hold Redis's clock (or `at_ms`, for tests and planted demo runs).

    Raises:
        UnknownBoard, BoardClosed: no such board, or it takes no runs now.
        PlayerHidden: moderators keep this player off the boards.
        TooLate: its time to be ranked is over; a run that was ranked in time has its report all the same.
        PointsOutOfRange: points that are no whole number from 0 to board.points_max.
        StoreUnavailable: no answer from Redis within REDIS_TIMEOUT_S; sending it again is safe.

    Redis: lua/submit.lua, one round trip (two when a period has just turned over), O(log N) per period.
    """
    board = await find(run.board)
    _check(board, run)
    [answer] = await _rank(board, [run], full=True, at_ms=at_ms)
    if isinstance(answer, GameError):
        raise answer
    return answer


async def submit_many(
    runs: Sequence[FinishedRun], *, full: bool = False, at_ms: int | None = None
) -> list[Report | GameError]:
    """Rank up to 1,000 runs through pipelined scripts; returns the report or the error of each run.

    Unless `full` is set, reports list no changes. Everything else is as in `submit`, for each run.

    Raises:
        ValueError: more than 1,000 runs.
        StoreUnavailable: no answer from Redis; some may be ranked, sending them all again is safe.
    """
    if len(runs) > BATCH_MAX:
        raise ValueError(f"a batch has at most {BATCH_MAX} runs")
    answers: dict[int, Report | GameError] = {}
    ready: dict[str, list[int]] = {}
    for index, run in enumerate(runs):
        try:
            _check(await find(run.board), run)
            ready.setdefault(run.board, []).append(index)
        except GameError as error:
            answers[index] = error
    for slug, indexes in ready.items():
        ranked = await _rank(await find(slug), [runs[index] for index in indexes], full=full, at_ms=at_ms)
        answers.update(zip(indexes, ranked, strict=True))
    return [answers[index] for index in range(len(runs))]


def _check(board: Board, run: FinishedRun) -> None:
    if not board.is_open:
        raise BoardClosed
    # In Python a bool is an int; here it is a mistake.
    if type(run.points) is not int or not 0 <= run.points <= board.points_max:
        raise PointsOutOfRange(
            gettext_noop("{board} takes whole numbers from 0 to {most}."),
            board=board.title,
            most=f"{board.points_max:,}",
        )


async def _rank(
    board: Board, runs: Sequence[FinishedRun], *, full: bool, at_ms: int | None
) -> list[Report | GameError]:
    chunks = [runs[start : start + RUNS_PER_SCRIPT] for start in range(0, len(runs), RUNS_PER_SCRIPT)]
    answers: list[list[Any]] = [[] for _ in chunks]
    waiting = list(range(len(chunks)))
    assumed_ms = now_ms() if at_ms is None else at_ms
    # Where only the latest run counts, or the first, the runs of a batch must be ranked in order.
    pipelines = 1 if board.operator in (Board.Operator.LATEST, Board.Operator.FIRST) else PIPELINES
    for _ in range(3):
        calls = [_call(board, chunks[index], full, assumed_ms, at_ms) for index in waiting]
        ranked = await _submit.many(calls, pipelines=pipelines)
        for index, (status, *rest) in zip(waiting, ranked, strict=True):
            answers[index] = rest
            if status == "clock":
                assumed_ms, answers[index] = int(rest[0]), []
        waiting = [index for index in waiting if not answers[index]]
        if not waiting:
            return [_answer(board, *each) for flat in answers for each in zip(*[iter(flat)] * 4, strict=True)]
    raise RuntimeError("three period turns within one submit")


def _answer(board: Board, status: str, text: str, players: list[str], cards: list[str | None]) -> Report | GameError:
    if status == "hidden":
        return PlayerHidden()
    if status == "late":
        return TooLate()
    if status == "range":
        return PointsOutOfRange("The player's total would no longer fit.")
    return reports.decode(board, text, players, cards)


class _Period(msgspec.Struct):
    kind: str
    id: str
    start_ms: int
    end_ms: int


class _Run(msgspec.Struct):
    """Player and points are text, as the script writes them."""

    id: str
    player: str
    points: str
    card: str
    record: str
    started_ms: int
    until_ms: int


class Plan(msgspec.Struct):
    """The argument of lua/submit.lua, which reads these field names. It is MessagePack: faster to read than JSON."""

    now_ms: int
    marks: str
    subject: str
    report_ttl_ms: int
    lower: bool
    operator: str
    full: bool
    day: tuple[int, int]
    periods: list[_Period]
    runs: list[_Run]


def _call(
    board: Board, runs: Sequence[FinishedRun], full: bool, assumed_ms: int, at_ms: int | None
) -> tuple[list[str], list[Argument]]:
    slug = board.slug
    day, fixed, kept = _on_day(prefix(), slug, tuple(board.kinds), assumed_ms // DAY_MS)
    plan = Plan(
        now_ms=at_ms or 0,
        marks=publishing(marks(subject(slug))),
        subject=subject(slug),
        report_ttl_ms=REPORT_TTL_MS,
        lower=board.lower_is_better,
        operator=str(board.operator),
        full=full,
        day=day,
        periods=kept,
        runs=[
            _Run(run.id, str(run.player), str(run.points), run.card.encode(), run.record, run.started_ms, run.until_ms)
            for run in runs
        ],
    )
    return [*fixed, *[keys.report(slug, run.id) for run in runs]], [_encode(plan)]


@functools.lru_cache(maxsize=256)
def _on_day(
    site: str, slug: str, kinds: tuple[str, ...], number: int
) -> tuple[tuple[int, int], list[str], list[_Period]]:
    """The limits of a day (its number since 1970), the keys that all submits of it have, and the board's periods."""
    day, *kept = (current(kind, number * DAY_MS) for kind in ("day", *kinds))
    accepted = keys.accepted(slug, day.id.removeprefix("day:"))
    names = [keys.runs(slug), keys.cards(slug), accepted, keys.hidden(slug), keys.open_periods(slug), keys.marked(slug)]
    names += [keys.standings(slug, each.id) for each in kept]
    limits = day.start_ms, day.end_ms or 0
    return limits, names, [_Period(each.kind, each.id, each.start_ms, each.end_ms or 0) for each in kept]


async def update_card(slugs: Sequence[str], player: int, card: Card) -> None:
    """Show a player's new name or country on boards they stand on. One round trip."""
    pipe = client().pipeline()
    for slug in slugs:
        pipe.hset(keys.cards(slug), str(player), card.encode())
        pipe.publish(marks(subject(slug)), subject(slug))
    if slugs:
        await pipe.execute()


async def accepted_today(slugs: Sequence[str]) -> int:
    """How many runs these boards accepted since 00:00 UTC. One round trip."""
    day = current("day", now_ms()).id.removeprefix("day:")
    counts = await client().mget([keys.accepted(slug, day) for slug in slugs]) if slugs else []
    return sum(int(count or 0) for count in counts)


async def kept_periods(slug: str) -> list[str]:
    """The ids of every period of a board that has standings in Redis, ended ones included. One round trip."""
    pipe = client().pipeline()
    pipe.zrange(keys.open_periods(slug), 0, -1)
    pipe.zrange(keys.closed_periods(slug), 0, -1)
    pipe.exists(keys.standings(slug, "all"))
    still_open, closed, has_all = await pipe.execute()
    return [*still_open, *closed, *(["all"] if has_all else [])]


async def remove_players(slug: str, players: Sequence[int]) -> None:
    """Remove players and their cards from every period of a board in Redis."""
    names = [str(player) for player in players]
    if not names:
        return
    pipe = client().pipeline()
    for period_id in await kept_periods(slug):
        pipe.zrem(keys.standings(slug, period_id), *names)
    pipe.hdel(keys.cards(slug), *names)
    pipe.publish(marks(subject(slug)), subject(slug))
    await pipe.execute()
