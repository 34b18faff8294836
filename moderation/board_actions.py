"""Operator actions on boards. Each is audited: who, why, and the values before and after."""

from asgiref.sync import sync_to_async
from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.db import transaction
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from accounts.ranks import OPERATOR
from audit.actions import Act, action
from leaderboard import keys, known_boards
from leaderboard.errors import UnknownPeriod
from leaderboard.known_boards import now_ms
from leaderboard.models import Board, Season
from leaderboard.periods import KINDS, TITLES, current
from leaderboard.reading.windows import forget_windows
from leaderboard.repair import rebuild
from leaderboard.seasons import closing
from live.errors import GameError
from moderation.targets import BOARD, OPERATE
from store.client import client
from store.stream import replay_dead_letters


class WrongName(GameError):
    code = "wrong_name"
    message = gettext_noop("Type the board’s title exactly: a reset cannot be undone.")


class NothingToReset(GameError):
    code = "nothing_to_reset"
    message = gettext_noop("Nobody stands on that period.")


_operated = {"role": OPERATOR, "permission": OPERATE}


@action(
    BOARD,
    words=gettext_noop("Close these boards"),
    past=gettext_noop("closed"),
    help="stop a board accepting runs for now",
    undone_by="reopen_board",
    **_operated,
)
async def close_board(board: Board, *, act: Act) -> None:
    """Stop a board from accepting runs. Processes that cache the board follow within 5 seconds."""
    await _set_open(board, False, act)


@action(
    BOARD,
    words=gettext_noop("Reopen these boards"),
    past=gettext_noop("reopened"),
    help="let a closed board take runs again",
    undone_by="close_board",
    **_operated,
)
async def reopen_board(board: Board, *, act: Act) -> None:
    """Let a closed board accept runs again."""
    await _set_open(board, True, act)


async def _set_open(board: Board, is_open: bool, act: Act) -> None:
    before = {"open": board.is_open}
    await Board.objects.filter(pk=board.pk).aupdate(is_open=is_open)
    board.is_open = is_open
    known_boards.forget()
    await sync_to_async(act.keep)(before, {"open": is_open})


@action(
    BOARD,
    words=gettext_noop("Reset a period"),
    past=gettext_noop("reset"),
    help="archive and empty a board's current period",
    asks={
        "kind": forms.ChoiceField(label=gettext_lazy("Which period"), choices=[(kind, TITLES[kind]) for kind in KINDS]),
        "typed": forms.CharField(
            label=gettext_lazy("Type the board’s title: this cannot be undone"), widget=AdminTextInputWidget
        ),
    },
    flags={"typed": "title"},
    if_unknown=gettext_noop("If the season’s archive is there, rebuild the board from SQL: that empties the period."),
    says=lambda board, size: gettext("{board}: {count} players archived, the period is empty.").format(
        board=board.title, count=f"{size:,}"
    ),
    **_operated,
)
async def reset_period(board: Board, kind: str, typed: str, *, act: Act) -> int:
    """Archive a board's current period, then empty it; returns how many players were on it.

    Runs are kept and still count for the other periods. For this one only later runs count, even after a rebuild.

    Raises:
        WrongName, UnknownPeriod, NothingToReset: nothing was done.
        LockHeld, LockLost, Fenced, TooBusy: a repair is under way; a rebuild empties the period once it is archived.
    """
    if typed.strip() != board.title:
        raise WrongName
    if kind not in board.kinds:
        raise UnknownPeriod
    period = current(kind, now_ms())
    seconds, microseconds = await client().time()
    # Count runs from the next millisecond on: one accepted in this millisecond belongs to the time before the reset.
    at_ms = seconds * 1000 + microseconds // 1000 + 1
    await board.arefresh_from_db()
    if not await client().zcard(keys.standings(board.slug, period.id)):
        raise NothingToReset
    # An interrupted archive is not closed yet, so it is not counted: its name is used again and it is continued.
    archived = Season.objects.filter(board=board, period__startswith=f"{period.id}~").exclude(closed_at=None)
    name = f"{period.id}~{await archived.acount() + 1}"
    size = await closing.archive_now(board, period.id, name)
    await sync_to_async(_note_reset)(board, period.id, at_ms)
    await sync_to_async(act.keep)({"players": size, "archived_as": name}, {"players": 0})
    await rebuild.rebuild(board)
    await forget_windows(board.slug)
    return size


def _note_reset(board: Board, period_id: str, at_ms: int) -> None:
    """Store the time from which a period's runs count. It is kept for good: a season may be recomputed much later."""
    with transaction.atomic():
        board.resets = Board.objects.select_for_update().get(pk=board.pk).resets | {period_id: at_ms}
        board.save(update_fields=["resets"])


@action(
    BOARD,
    words=gettext_noop("Rebuild from SQL"),
    past=gettext_noop("rebuilt"),
    help="rebuild a board from SQL",
    **_operated,
)
async def rebuild_board(board: Board, *, act: Act) -> None:
    """Rebuild a board from SQL. Raises LockHeld, LockLost or TooBusy, as `rebuild.rebuild` does."""
    differed = await rebuild.differences(board)
    await rebuild.rebuild(board)
    await sync_to_async(act.keep)({"differences": len(differed)})


@action(
    BOARD,
    words=gettext_noop("Replay dead letters"),
    past=gettext_noop("retried"),
    help="retry a board's dead letters",
    says=lambda board, count: gettext("{board}: {count} put back.").format(board=board.title, count=count),
    **_operated,
)
async def replay_letters(board: Board, *, act: Act) -> int:
    """Put every dead letter of a board back on its stream; returns how many."""
    count = await replay_dead_letters(keys.runs(board.slug))
    await sync_to_async(act.keep)(after={"letters": count})
    return count
