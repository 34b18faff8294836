from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from leaderboard.models import Board
from leaderboard.repair import rebuild
from store.lock import LockHeld, LockLost
from store.server import private
from store.sync_loop import run_sync


class Command(BaseCommand):
    help = (
        "Rebuild boards from SQL while they are in use: their current periods, and the archives of ended ones. "
        "With --check, only compare."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--board", metavar="SLUG", help="only this board (default: all)")
        parser.add_argument("--check", action="store_true", help="change nothing; fail when a board differs from SQL")

    def handle(self, *args: Any, **options: Any) -> None:
        boards = list(Board.objects.filter(slug=options["board"]) if options["board"] else Board.objects.all())
        if not boards:
            known = ", ".join(Board.objects.values_list("slug", flat=True))
            raise CommandError(f"There is no board “{options['board']}”. There are: {known}.")
        console = Console(stderr=True)
        columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
        with private.running(say=console.print), Progress(*columns, console=console, transient=True) as progress:
            self.check_boards(boards, progress) if options["check"] else self.rebuild_boards(boards, progress)

    def rebuild_boards(self, boards: list[Board], progress: Progress) -> None:
        """Rebuild each board, and show the progress."""
        archives = 0
        for board in boards:
            show = _shown(progress, board)
            try:
                run_sync(rebuild.rebuild(board, show))
                archives += run_sync(rebuild.rebuild_archives(board, show))
            except (LockHeld, LockLost, rebuild.TooBusy) as error:
                raise CommandError(f"{board.slug}: another repair is under way, or runs come too fast.") from error
        self.stdout.write(f"Rebuilt: {', '.join(board.slug for board in boards)}, and {archives} archives.")

    def check_boards(self, boards: list[Board], progress: Progress) -> None:
        """Print the first 50 differences; fail if there are any."""
        found = []
        for board in boards:
            found += run_sync(rebuild.differences(board))
            found += run_sync(rebuild.archive_differences(board, _shown(progress, board)))
        for words in found[:50]:
            self.stdout.write(words)
        if found:
            raise CommandError(f"{len(found)} standings differ from SQL. Run without --check to repair them.")
        self.stdout.write(f"No difference: {', '.join(board.slug for board in boards)}.")


def _shown(progress: Progress, board: Board) -> Callable[[str, int], None]:
    task = progress.add_task(f"{board.slug}…")
    return lambda step, done: progress.update(task, description=f"{board.slug}, {step}: {done:,}")
