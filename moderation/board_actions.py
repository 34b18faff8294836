"""What operators do to boards: each with who, why, before and after."""

from asgiref.sync import sync_to_async
from django.db import transaction

from accounts.models import Player
from audit.trail import record
from leaderboard import keys, known_boards
from leaderboard.errors import UnknownPeriod
from leaderboard.known_boards import now_ms
from leaderboard.models import Board, Season
from leaderboard.periods import current
from leaderboard.reading.windows import forget_windows
from leaderboard.repair import rebuild
from leaderboard.seasons import closing
from live.errors import GameError
from moderation.account_actions import ReasonMissing
from store.client import client
from store.stream import replay_dead_letters


class WrongName(GameError):
    code = "wrong_name"
    message = "Type the board’s title exactly: a reset cannot be undone."


class NothingToReset(GameError):
    code = "nothing_to_reset"
    message = "Nobody stands on that period."


def _need(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing


async def set_open(board: Board, is_open: bool, *, reason: str, by: Player | None) -> None:
    """Have a board take runs, or no more for now. Processes that know it follow within 5 seconds."""
    _need(reason)
    before = {"open": board.is_open}
    await Board.objects.filter(pk=board.pk).aupdate(is_open=is_open)
    board.is_open = is_open
    known_boards.forget()
    action = "reopen_board" if is_open else "close_board"
    await sync_to_async(record)(action, "board", board.pk, by=by, reason=reason, before=before, after={"open": is_open})


async def reset_period(board: Board, kind: str, typed: str, *, reason: str, by: Player | None) -> int:
    """Empty a board's current period, archived as it stands first; returns how many players stood on it.

    Runs are kept and count on the other periods; on this one only those from now on, in a rebuild, too.

    Raises:
        ReasonMissing, WrongName, UnknownPeriod, NothingToReset: nothing was done.
        LockHeld, LockLost, Fenced, TooBusy: a repair is under way; a rebuild empties the period once it is archived.
    """
    _need(reason)
    if typed.strip() != board.title:
        raise WrongName
    if kind not in board.kinds:
        raise UnknownPeriod
    period = current(kind, now_ms())
    seconds, microseconds = await client().time()
    # From the next millisecond on: a run that was accepted in this one stood there before.
    at_ms = seconds * 1000 + microseconds // 1000 + 1
    await board.arefresh_from_db()
    if not await client().zcard(keys.standings(board.slug, period.id)):
        raise NothingToReset
    # One that broke off is gone on with: it is not closed yet.
    archived = Season.objects.filter(board=board, period__startswith=f"{period.id}~").exclude(closed_at=None)
    name = f"{period.id}~{await archived.acount() + 1}"
    size = await closing.archive_now(board, period.id, name)
    await sync_to_async(_note_reset)(board, period.id, at_ms)
    before, after = {"players": size, "archived_as": name}, {"players": 0}
    await sync_to_async(record)("reset_period", "board", board.pk, by=by, reason=reason, before=before, after=after)
    await rebuild.rebuild(board)
    await forget_windows(board.slug)
    return size


def _note_reset(board: Board, period_id: str, at_ms: int) -> None:
    """Keep from when on a period's runs count, for good: its season can be worked out anew long after."""
    with transaction.atomic():
        board.resets = Board.objects.select_for_update().get(pk=board.pk).resets | {period_id: at_ms}
        board.save(update_fields=["resets"])


async def rebuild_board(board: Board, *, reason: str, by: Player | None) -> None:
    """Build a board anew from SQL. Raises LockHeld, LockLost or TooBusy as `rebuild.rebuild`."""
    _need(reason)
    differed = await rebuild.differences(board)
    await rebuild.rebuild(board)
    before = {"differences": len(differed)}
    await sync_to_async(record)("rebuild_board", "board", board.pk, by=by, reason=reason, before=before)


async def replay_letters(board: Board, *, reason: str, by: Player | None) -> int:
    """Have every dead letter of a board tried again; returns how many."""
    _need(reason)
    count = await replay_dead_letters(keys.runs(board.slug))
    after = {"letters": count}
    await sync_to_async(record)("replay_dead_letters", "board", board.pk, by=by, reason=reason, after=after)
    return count
