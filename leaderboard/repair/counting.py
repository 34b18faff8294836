"""Computes standings from SQL and from the runs that have not reached it yet; repairs rely on this."""

import contextlib
import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeVar

from django.db.models import Q

from accounts.models import Player
from leaderboard import keys, score
from leaderboard.models import Board, HiddenPlayer, Merge, Run
from leaderboard.periods import Period, current
from store.client import client
from store.keys import dead_letters
from store.stream import id_of, moment, sequence_of

T = TypeVar("T")

READ_BATCH = 5_000
ASKED_AT_ONCE = 1_000
REPAIR_WAIT_S = 30.0


def batched(values: Iterable[T]) -> Iterator[list[T]]:
    """Split values into lists that fit into one SQL query, which takes a few thousand parameters."""
    rest = iter(values)
    while some := list(islice(rest, ASKED_AT_ONCE)):
        yield some


def repair_lock(slug: str) -> str:
    """The lock for computing a board's standings from SQL and its stream, and for trimming that stream."""
    return f"repair:{slug}"


@dataclass(frozen=True, slots=True)
class Result:
    """The part of a run that counts: player, points, when it was accepted (UTC ms), and its position in the order."""

    run: str
    player: int
    points: int
    at_ms: int
    sequence: int
    replayed: bool = False


def combined(board: Board, results: Iterable[Result]) -> dict[int, float]:
    """Each player's score from all their results in one period, in order; computed as in lua/submit.lua."""
    scores: dict[int, float] = {}
    add(board, scores, results)
    return scores


def add(board: Board, scores: dict[int, float], results: Iterable[Result]) -> None:
    """Add further results to the scores, in order."""
    lower = board.lower_is_better
    for result in results:
        before = scores.get(result.player)
        points = result.points
        if board.operator == Board.Operator.FIRST and before is not None:
            continue
        if board.operator == Board.Operator.TOTAL and before is not None:
            points += score.points(before)
        value = score.encode(points, result.at_ms, lower_is_better=lower)
        if board.operator == Board.Operator.BEST and before is not None:
            value = min(before, value) if lower else max(before, value)
        scores[result.player] = value


@dataclass(frozen=True, slots=True)
class Flying:
    """The accepted runs in the stream, and the id of the last entry ever added to it ("": there is no stream).

    Runs later than `last_id` are neither in here nor in what `visible` reads from SQL.
    """

    results: list[Result]
    last_id: str

    @property
    def last_sequence(self) -> int | None:
        return sequence_of(self.last_id) if self.last_id else None


async def in_flight(board: Board, after_id: str = "") -> Flying:
    """The runs in the stream and its dead letters, or only those in the stream after the entry `after_id`.

    Some of them may already be in SQL. If the stream lost its end together with Redis, it knows less than SQL: then
    `last_id` is that of the newest run in SQL. Redis: two round trips; SQL: one query each for that and merges.
    """
    name = keys.runs(board.slug)
    if not await client().exists(name):
        return Flying([], "")
    # Read before the stream: unless Redis lost entries, the stream is then never behind this.
    kept = await Run.objects.filter(board=board).order_by("-sequence").values_list("sequence", flat=True).afirst()
    pipe = client().pipeline(transaction=True)
    pipe.xinfo_stream(name)
    pipe.xrange(name, min=f"({after_id}" if after_id else "-")
    pipe.xrange(dead_letters(name))
    info, found, dead = await pipe.execute()
    by_run: dict[str, Result] = {}
    for entry_id, fields in found if after_id else [*dead, *found]:
        with contextlib.suppress(KeyError, ValueError):  # An entry that is not a run does not count.
            result = _of_entry(entry_id, fields)
            by_run.setdefault(result.run, result)
    moved = await _moved({result.player for result in by_run.values()})
    for result in [each for each in by_run.values() if each.player in moved]:
        by_run[result.run] = replace(result, player=moved[result.player])
    ordered = sorted(by_run.values(), key=lambda each: each.sequence)
    return Flying(
        ordered, id_of(max(kept or 0, sequence_of(info["last-generated-id"]), sequence_of(after_id or "0-0")))
    )


async def _moved(players: set[int]) -> dict[int, int]:
    """For each of these players who was a guest and was merged: the player who has their runs now."""
    found: dict[int, int] = {}
    for some in batched(players):
        rows = Merge.objects.filter(guest_id__in=some).values_list("guest_id", "player_id")
        found |= {guest: player async for guest, player in rows}
    return found


def _of_entry(entry_id: str, fields: dict[str, str]) -> Result:
    """The result in a stream entry. A dead letter, or a replayed one, keeps its original position in the order."""
    origin = fields.get("_id") or fields.get("origin")
    sequence = sequence_of(origin or entry_id)
    points, at_ms = int(fields["points"]), int(fields["at_ms"])
    return Result(fields["run"], int(fields["player"]), points, at_ms, sequence, "origin" in fields)


def visible(
    board: Board, period: Period, flying: Flying, *, player: int | None = None, hidden_too: bool = False
) -> Iterator[Result]:
    """The results of a period that count, in order, up to the last entry of `flying`. Sync: it reads SQL.

    `hidden_too` includes hidden players, for archives, which leave them out when they are read. A run that
    moves from the stream to SQL meanwhile is taken from the stream, so it counts exactly once.
    """
    return _between(board, board.since(period), flying, player, hidden_too)


def of_player(board: Board, periods: Iterable[Period], flying: Flying, player: int) -> dict[str, float | None]:
    """A player's score in each period, by period id (None: no score). Sync: it reads SQL once for all periods."""
    every = list(_between(board, current("all", 0), flying, player, hidden_too=False))
    return {
        period.id: combined(board, [result for result in every if holds(board.since(period), result)]).get(player)
        for period in periods
    }


def _between(board: Board, period: Period, flying: Flying, player: int | None, hidden_too: bool) -> Iterator[Result]:
    ids = {result.run for result in flying.results}
    hidden_runs = {
        pk
        for some in batched(ids)
        for pk in Run.objects.filter(pk__in=some, is_hidden=True).values_list("pk", flat=True)
    }
    hidden = HiddenPlayer.objects.all() if player is None else HiddenPlayer.objects.filter(player=player)
    hidden_players = set() if hidden_too else set(hidden.values_list("player_id", flat=True))
    counted = [
        result
        for result in flying.results
        if holds(period, result)
        and result.run not in hidden_runs
        and result.player not in hidden_players
        and player in (None, result.player)
    ]
    kept = (
        result for result in _from_sql(board, period, flying.last_sequence, player, hidden_too) if result.run not in ids
    )
    return heapq.merge(kept, counted, key=lambda each: each.sequence)


def _from_sql(board: Board, period: Period, upto: int | None, player: int | None, hidden_too: bool) -> Iterator[Result]:
    rows = Run.objects.filter(board=board, is_hidden=False, accepted_at__gte=moment(period.start_ms))
    if not hidden_too:
        # A deleted player stays in the history and in archives, but is on no board.
        gone = Player.objects.filter(Q(is_gone=True) | Q(leaving_at__isnull=False))
        rows = rows.exclude(player_id__in=HiddenPlayer.objects.values("player_id")).exclude(
            player_id__in=gone.values("pk")
        )
    if period.end_ms:
        rows = rows.filter(accepted_at__lt=moment(period.end_ms))
    if upto is not None:
        rows = rows.filter(sequence__lte=upto)
    if player is not None:
        rows = rows.filter(player_id=player)
    values = rows.order_by("sequence").values_list("id", "player_id", "points", "accepted_at", "sequence")
    for run, player_id, points, accepted_at, sequence in values.iterator(chunk_size=READ_BATCH):
        yield Result(run, player_id, points, round(accepted_at.timestamp() * 1000), sequence)


def holds(period: Period, result: Result) -> bool:
    """Whether a result was accepted in a period."""
    return result.at_ms >= period.start_ms and (period.end_ms is None or result.at_ms < period.end_ms)
