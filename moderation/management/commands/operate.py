from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from django.contrib import admin
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Model

from accounts.models import Player
from audit.admin import Exports
from audit.export import lines
from leaderboard.models import Board, Run
from leaderboard.pages import export
from leaderboard.periods import KINDS
from leaderboard.repair import rebuild
from live.errors import GameError
from moderation import account_actions as accounts
from moderation import board_actions, suspicion, visibility
from moderation.models import Suspicion
from store.client import StoreUnavailable
from store.lock import LockHeld, LockLost
from store.sync_loop import run_sync

Act = Callable[..., Coroutine[Any, Any, Any]]

PLAYER_ACTS: dict[str, tuple[str, Act]] = {
    "hide-player": ("take a player off every board", visibility.hide_player),
    "restore-player": ("let a hidden player stand on the boards again", visibility.restore_player),
    "ban": ("hide a player, sign them out everywhere, keep them out", visibility.ban),
    "unban": ("lift a ban", visibility.unban),
    "revoke-sessions": ("sign a player out everywhere", accounts.revoke_sessions),
}
RUN_ACTS: dict[str, tuple[str, Act]] = {
    "hide-run": ("take a run out of its board", visibility.hide_run),
    "restore-run": ("let a hidden run count again", visibility.restore_run),
}

QUEUE_ACTS: dict[str, tuple[str, Act]] = {
    "clear-run": ("decide that a person played a suspicious run", suspicion.clear),
    "confirm-run": ("decide that a program played a suspicious run, and hide it", suspicion.confirm),
}


def _lists() -> dict[str, tuple[type[Model], Sequence[str]]]:
    """The admin's lists that may be taken as CSV: their names, models and columns."""
    listed = admin.site._registry.items()
    return {model._meta.model_name: (model, each.csv_fields) for model, each in listed if isinstance(each, Exports)}


class Command(BaseCommand):
    help = "What the admin's actions do, from a terminal: each asks why, and is kept in the audit trail."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")

        def add(name: str, words: str, target: str) -> CommandParser:
            act = acts.add_parser(name, help=words, description=words)
            act.add_argument("target", metavar=target)
            act.add_argument("--reason", required=True, help="why; kept in the audit trail")
            return act

        for name, (words, _) in PLAYER_ACTS.items():
            add(name, words, "PLAYER")
        for name, (words, _) in (RUN_ACTS | QUEUE_ACTS).items():
            add(name, words, "RUN")
        add("grant-coins", "give a player coins", "PLAYER").add_argument("--coins", type=int, required=True)
        add("close-board", "have a board take no runs for now", "BOARD")
        add("reopen-board", "have a closed board take runs again", "BOARD")
        add("rebuild-board", "build a board anew from SQL", "BOARD")
        add("replay-letters", "have a board's dead letters tried again", "BOARD")
        reset = add("reset-period", "archive and empty a board's current period", "BOARD")
        reset.add_argument("--kind", choices=KINDS, required=True)
        reset.add_argument("--title", required=True, help="the board's title, typed out: this cannot be undone")
        export_list = acts.add_parser("export-list", help="print a whole list of the admin as CSV")
        export_list.add_argument("target", metavar="LIST", choices=sorted(_lists()))
        export_list.add_argument("--reason", required=True, help="why; kept in the audit trail")
        export_csv = acts.add_parser("export", help="print a board's current period as CSV")
        export_csv.add_argument("target", metavar="BOARD")
        export_csv.add_argument("--kind", choices=KINDS, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["act"] == "export-list":
            return run_sync(self.export_list(options["target"], options["reason"]))
        try:
            done = run_sync(self.act(options))
        except GameError as error:
            raise CommandError(str(error)) from error
        except (StoreUnavailable, LockHeld, LockLost, rebuild.TooBusy) as error:
            why = str(error) or "another repair is under way"
            if options["act"] in (*PLAYER_ACTS, *RUN_ACTS, *QUEUE_ACTS) and options["act"] != "revoke-sessions":
                raise CommandError(f"Recorded. The boards follow once the worker and Redis are back: {why}") from error
            raise CommandError(f"It is not known whether it was done: {why}") from error
        self.stdout.write(done)

    async def act(self, options: dict[str, Any]) -> str:
        """Do it, and say so in a line."""
        act, target = options["act"], options["target"]
        why = {"reason": options.get("reason", ""), "by": None}
        if act in PLAYER_ACTS:
            await PLAYER_ACTS[act][1](await self.player(target), **why)
        elif act in RUN_ACTS:
            await RUN_ACTS[act][1](await self.run(target), **why)
        elif act in QUEUE_ACTS:
            await QUEUE_ACTS[act][1](await self.suspicion(target), **why)
        elif act == "grant-coins":
            balance = await accounts.grant_coins(await self.player(target), options["coins"], **why)
            return f"{target} has {balance:,} coins now."
        else:
            return await self.act_on_board(act, await self.board(target), options, why)
        return f"{act}: {target}. Done."

    async def export_list(self, target: str, reason: str) -> None:
        """Print every row of a list, as they are read."""
        model, fields = _lists()[target]
        async for line in lines(model._default_manager.all(), fields, reason=reason, by=None):
            self.stdout.write(line, ending="")

    async def act_on_board(self, act: str, board: Board, options: dict[str, Any], why: dict[str, Any]) -> str:
        if act == "export":
            return "".join([line async for line in export.lines(board.slug, options["kind"])]).rstrip()
        if act == "reset-period":
            size = await board_actions.reset_period(board, options["kind"], options["title"], **why)
            return f"{board.title}: {size:,} players archived, the period is empty."
        if act == "rebuild-board":
            await board_actions.rebuild_board(board, **why)
        elif act == "replay-letters":
            return f"{board.title}: {await board_actions.replay_letters(board, **why)} put back."
        else:
            await board_actions.set_open(board, act == "reopen-board", **why)
        return f"{act}: {board.title}. Done."

    async def player(self, name: str) -> Player:
        found = await Player.objects.named(name).afirst()
        if found is None:
            raise CommandError(f"No player is called {name}.")
        return found

    async def run(self, run_id: str) -> Run:
        found = await Run.objects.select_related("player").filter(pk=run_id).afirst()
        if found is None:
            raise CommandError(f"No kept run is called {run_id}.")
        return found

    async def suspicion(self, run_id: str) -> Suspicion:
        found = await Suspicion.objects.filter(pk=run_id).afirst()
        if found is None:
            raise CommandError(f"No run {run_id} is in the queue.")
        return found

    async def board(self, slug: str) -> Board:
        found = await Board.objects.filter(pk=slug).afirst()
        if found is None:
            raise CommandError(f"There is no board {slug}.")
        return found
