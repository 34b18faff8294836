"""Writes accepted runs from the boards' streams to SQL, each exactly once in effect."""

from collections.abc import Sequence
from datetime import UTC, datetime

from asgiref.sync import sync_to_async

from accounts.models import Player
from leaderboard import keys
from leaderboard.models import Board, Run
from store.stream import Entry, GroupReader

GROUP = "history"


def reader(consumer: str) -> GroupReader:
    """The stream consumer that keeps history; `consumer` is the worker's stable name."""
    return GroupReader(GROUP, consumer, _streams, write)


async def _streams() -> list[str]:
    return [keys.runs(slug) async for slug in Board.objects.values_list("slug", flat=True)]


async def write(entries: Sequence[Entry]) -> int:
    """Write a batch of accepted runs in one transaction and return how many were offered.

    A run that is there already, by its id, is left as it is; one whose player was deleted is left out.
    """
    return await sync_to_async(_write)([_run(entry) for entry in entries])


def _run(entry: Entry) -> Run:
    fields = entry.fields
    return Run(
        id=fields["run"],
        board_id=_slug_of(entry.stream),
        player_id=int(fields["player"]),
        points=int(fields["points"]),
        started_at=_moment(fields["started_ms"]),
        accepted_at=_moment(fields["at_ms"]),
        record=fields["record"],
    )


def _slug_of(stream: str) -> str:
    return stream.partition("{")[2].partition("}")[0]


def _moment(ms: str) -> datetime:
    return datetime.fromtimestamp(int(ms) / 1000, UTC)


def _write(runs: Sequence[Run]) -> int:
    players = set(Player.objects.filter(pk__in={run.player_id for run in runs}).values_list("pk", flat=True))
    boards = set(Board.objects.filter(pk__in={run.board_id for run in runs}).values_list("pk", flat=True))
    known = [run for run in runs if run.player_id in players and run.board_id in boards]
    Run.objects.bulk_create(known, ignore_conflicts=True)
    return len(known)
