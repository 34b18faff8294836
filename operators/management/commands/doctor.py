from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from operators import doctor
from store.sync_loop import run_sync


class Command(BaseCommand):
    help = "Check the site: Redis, keys, clock, SQL, worker, static files, Django's checks. Fails if anything is wrong."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--deploy",
            action="store_true",
            default=settings.ON_TLS,
            help="also run the checks for a site that others can reach (default: if SITE_URLS are https)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = run_sync(self.examine(options["deploy"]))
        if wrong:
            raise CommandError(f"{wrong} finding{'s need' if wrong > 1 else ' needs'} mending.")
        self.stdout.write("All is well.")

    async def examine(self, deploy: bool) -> int:
        """Print each finding as it comes; returns how many are wrong."""
        wrong = 0
        async for finding in doctor.examine(deploy):
            wrong += not finding.ok
            self.stdout.write(f"{'✓' if finding.ok else '✗'} {finding.what}: {finding.words}")
        return wrong
