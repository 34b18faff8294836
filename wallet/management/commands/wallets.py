import contextlib
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import Progress

from accounts.models import Player
from store.server import private
from store.server.binary import NoServer
from store.sync_loop import run_sync
from wallet import ledger


class Command(BaseCommand):
    help = "Check that every player's coins equal the sum of their ledger, or rebuild them from the ledger."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--rebuild", action="store_true", help="write coins and cosmetics from the ledger; stop the site first"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            # Coins must not move during a rebuild. With a private Redis, locking the data folder prevents it.
            alone = options["rebuild"] and not settings.REDIS_URL
            with contextlib.closing(private.own(settings.DATA_DIR)) if alone else contextlib.nullcontext():
                self.work(rebuild=options["rebuild"], owned=alone)
        except NoServer as error:
            raise CommandError(f"Nothing was done: {error}") from error

    def work(self, *, rebuild: bool, owned: bool) -> None:
        """Compare or rebuild, and show the progress."""
        with private.running(owned=owned), Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("Wallets", total=Player.objects.count())

            def show(done: int) -> None:
                progress.update(task, completed=done)

            if rebuild:
                count = run_sync(ledger.rebuild(show))
                return self.stdout.write(f"Wrote the wallets of {count} players from the ledger.")
            found = run_sync(ledger.differences(show))
        for line in found:
            self.stdout.write(line)
        if found:
            raise CommandError(f"{len(found)} wallets differ from the ledger. Use --rebuild to repair them.")
        self.stdout.write("Every wallet is the sum of its ledger.")
