"""Standings worked out from SQL and from what is still on its way there: the truth that repairs are made from."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from leaderboard import history, keys, score
from leaderboard.models import Board, HiddenPlayer, Run
from leaderboard.periods import Period
from store.client import client

READ_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Result:
    """What counts of a run: who, how many points, when it was accepted (UTC ms), and in which order."""

    run: str
    player: int
    points: int
    at_ms: int
    sequence: int


def combined(board: Board, results: Iterable[Result]) -> dict[int, float]:
    """Each player's score from all their results in one period, in order; the same sums as lua/submit.lua."""
    scores: dict[int, float] = {}
    add(board, scores, results)
    return scores


def add(board: Board, scores: dict[int, float], results: Iterable[Result]) -> None:
    """Count further results in."""
    lower = board.lower_is_better
    for result in results:
        before = scores.get(result.player)
        points = result.points
        if board.operator == Board.Operator.TOTAL and before is not None:
            points += score.points(before)
        value = score.encode(points, result.at_ms, lower_is_better=lower)
        if board.operator == Board.Operator.BEST and before is not None:
            value = min(before, value) if lower else max(before, value)
        scores[result.player] = value


async def in_flight(board: Board, after_id: str = "") -> tuple[list[Result], str]:
    """The accepted runs that are in the stream (after an entry, or all), and the id of the last one read.

    Some of them may be in SQL already; `merged` tells by run id. Redis: one round trip.
    """
    found = await client().xrange(keys.runs(board.slug), min=f"({after_id}" if after_id else "-")
    results = [_of_entry(entry_id, fields) for entry_id, fields in found if "run" in fields]
    return results, found[-1][0] if found else after_id or "0-0"


def _of_entry(entry_id: str, fields: dict[str, str]) -> Result:
    at_ms, sequence = int(fields["at_ms"]), history.sequence_of(entry_id)
    return Result(fields["run"], int(fields["player"]), int(fields["points"]), at_ms, sequence)


def from_sql(board: Board, period: Period, *, player: int | None = None) -> Iterator[Result]:
    """The visible runs of a period in order, a batch in memory at a time. Sync: it reads SQL."""
    rows = Run.objects.filter(board=board, is_hidden=False, accepted_at__gte=history.moment(period.start_ms))
    rows = rows.exclude(player_id__in=HiddenPlayer.objects.values("player_id"))
    if period.end_ms:
        rows = rows.filter(accepted_at__lt=history.moment(period.end_ms))
    if player is not None:
        rows = rows.filter(player_id=player)
    values = rows.order_by("sequence").values_list("id", "player_id", "points", "accepted_at", "sequence")
    for run, player_id, points, accepted_at, sequence in values.iterator(chunk_size=READ_BATCH):
        yield Result(run, player_id, points, round(accepted_at.timestamp() * 1000), sequence)


def only_flying(board: Board, flying: Sequence[Result]) -> list[Result]:
    """Those that are not in SQL yet and not of a hidden player. Sync: it reads SQL."""
    known = set(Run.objects.filter(pk__in=[result.run for result in flying]).values_list("pk", flat=True))
    hidden = set(HiddenPlayer.objects.values_list("player_id", flat=True))
    return [result for result in flying if result.run not in known and result.player not in hidden]


def merged(kept: Iterable[Result], flying: Iterable[Result], period: Period) -> Iterator[Result]:
    """The kept results of a period and those on their way, in order."""
    return heapq.merge(kept, (result for result in flying if holds(period, result)), key=lambda each: each.sequence)


def holds(period: Period, result: Result) -> bool:
    """Whether a result was accepted in a period."""
    return result.at_ms >= period.start_ms and (period.end_ms is None or result.at_ms < period.end_ms)
