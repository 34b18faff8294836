"""Writes accepted runs from the boards' streams to SQL, with exactly-once effect, and reads them back.

Higher layers can add followers, such as awards, which are called with each batch once it is in SQL.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.db.models import Count, QuerySet

from accounts.models import Player
from leaderboard.models import Board, Merge, Run
from store.stream import Entry, Group, moment, sequence_of
from store.trouble import SQL_TROUBLE

#: Called in order with the rows of each batch, after they are in SQL; a row may be passed again.
FOLLOWERS: list[Callable[[Sequence[Run]], Awaitable[None]]] = []


def add_follower(follow: Callable[[Sequence[Run]], Awaitable[None]]) -> None:
    """Register a function for batches of accepted runs. Apps call this in `ready`; functions run in that order."""
    if follow not in FOLLOWERS:
        FOLLOWERS.append(follow)


async def handle(entries: Sequence[Entry]) -> None:
    """Write a batch, then call the followers with its rows."""
    runs = await write(entries)
    for follow in FOLLOWERS if runs else ():
        await follow(runs)


async def write(entries: Sequence[Entry]) -> list[Run]:
    """Write a batch of accepted runs in one statement, and return their rows.

    A run whose id is already in SQL stays unchanged; one whose player or board is deleted is left out. A run of a guest
    who was merged is written for the player who has the guest's runs now.
    """
    return await sync_to_async(_write)([run_of(entry) for entry in entries])


def run_of(entry: Entry) -> Run:
    """Build the row of an accepted run, without saving it.

    Raises:
        KeyError, ValueError: the entry was not written by a submit.
    """
    fields = entry.fields
    return Run(
        id=fields["run"],
        board_id=slug_of(entry.stream),
        player_id=int(fields["player"]),
        points=int(fields["points"]),
        started_at=moment(fields["started_ms"]),
        accepted_at=moment(fields["at_ms"]),
        sequence=sequence_of(fields.get("origin", entry.id)),
        record=fields["record"],
    )


def slug_of(stream: str) -> str:
    """The board in a stream's key: its hash tag."""
    return stream.partition("{")[2].partition("}")[0]


def _write(runs: Sequence[Run]) -> list[Run]:
    close_old_connections()  # A connection that the database has dropped would fail for ever.
    moved = dict(
        Merge.objects.filter(guest_id__in={run.player_id for run in runs}).values_list("guest_id", "player_id")
    )
    for run in runs:
        run.player_id = moved.get(run.player_id, run.player_id)
    players = set(Player.objects.filter(pk__in={run.player_id for run in runs}).values_list("pk", flat=True))
    boards = set(Board.objects.filter(pk__in={run.board_id for run in runs}).values_list("pk", flat=True))
    known = [run for run in runs if run.player_id in players and run.board_id in boards]
    Run.objects.bulk_create(known, ignore_conflicts=True)
    return known


def runs_of(board: Board, player: Player) -> "QuerySet[Run]":
    """A player's kept runs on a board, the newest first; hidden ones are left out."""
    return Run.objects.filter(board=board, player=player, is_hidden=False).order_by("-accepted_at")


async def personal_best(board: Board, player: Player) -> Run | None:
    """The player's best kept run, the earliest among equals."""
    order = "points" if board.lower_is_better else "-points"
    return await runs_of(board, player).order_by(order, "sequence").afirst()


async def counts() -> list[dict[str, Any]]:
    """For each board its title, how many runs are kept, and how many players have one."""
    rows = Board.objects.annotate(runs_kept=Count("runs"), players_kept=Count("runs__player", distinct=True))
    return [{"title": row.title, "runs": row.runs_kept, "players": row.players_kept} async for row in rows]


GROUP = Group("history", handle, trouble=SQL_TROUBLE)
