from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from leaderboard import rebuild
from leaderboard.models import Board
from store import server
from store.client import run_sync
from store.lock import LockHeld, LockLost


class Command(BaseCommand):
    help = "Build the current periods of boards anew from SQL, while they are in use; or only compare."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--board", metavar="SLUG", help="only this board (default: all)")
        parser.add_argument("--check", action="store_true", help="change nothing; fail when a board differs from SQL")

    def handle(self, *args: Any, **options: Any) -> None:
        boards = list(Board.objects.filter(slug=options["board"]) if options["board"] else Board.objects.all())
        if not boards:
            known = ", ".join(Board.objects.values_list("slug", flat=True))
            raise CommandError(f"There is no board “{options['board']}”. There are: {known}.")
        with server.running():
            self.check_boards(boards) if options["check"] else self.rebuild_boards(boards)

    def rebuild_boards(self, boards: list[Board]) -> None:
        """Build each anew, and show how far it is."""
        columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            for board in boards:
                task = progress.add_task(f"{board.slug}…")

                def show(kind: str, done: int, task: Any = task, slug: str = board.slug) -> None:
                    progress.update(task, description=f"{slug}, {kind}: {done:,} players")

                try:
                    run_sync(rebuild.rebuild(board, show))
                except (LockHeld, LockLost, rebuild.TooBusy) as error:
                    raise CommandError(f"{board.slug}: another repair is under way, or runs come too fast.") from error
        self.stdout.write(f"Rebuilt: {', '.join(board.slug for board in boards)}.")

    def check_boards(self, boards: list[Board]) -> None:
        """Name every difference; none is success."""
        found = [words for board in boards for words in run_sync(rebuild.differences(board))]
        for words in found[:50]:
            self.stdout.write(words)
        if found:
            raise CommandError(f"{len(found)} standings differ from SQL. Without --check they are put right.")
        self.stdout.write(f"No difference: {', '.join(board.slug for board in boards)}.")
