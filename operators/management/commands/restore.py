from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from operators.backup import archive, restore, take
from operators.backup.archive import BadArchive, Manifest
from operators.backup.snapshot import SnapshotFailed
from operators.backup.sql_copy import CopyFailed
from store.client import StoreUnavailable
from store.server.binary import NoServer


class Command(BaseCommand):
    help = (
        "Replace the site's data with a backup; stop the site first. The former data is kept beside it. "
        "Without ARCHIVE it lists the backups."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("archive", type=Path, nargs="?", metavar="ARCHIVE", help="what manage.py backup made")
        parser.add_argument("--check", action="store_true", help="only verify the archive; the site may run")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["archive"]
        if path is None:
            return self.list_archives(take.folder_in_use())
        if not path.exists():
            raise CommandError(f"There is no {path}.")
        if not options["check"] and not options["yes"] and not self.agreed(path):
            raise CommandError("Nothing was done.")
        try:
            with Console(stderr=True).status("…") as status:

                def say(step: str) -> None:
                    status.update(f"{step}…")

                if options["check"]:
                    manifest = restore.check(path, say)
                else:
                    manifest, aside = restore.restore(path, say)
        except restore.Unfinished as error:
            raise CommandError(f"The restore broke off: {error} Run it again.") from error
        except (BadArchive, CopyFailed, SnapshotFailed, restore.CannotRestore) as error:
            raise CommandError(f"Nothing was changed: {error}.") from error
        except (NoServer, StoreUnavailable, OSError) as error:
            raise CommandError(f"Nothing was changed: {error}") from error
        self.stdout.write(f"{path.name} is whole: {_words(manifest)}.")
        if not options["check"]:
            self.stdout.write(f"It is in place. What was there lies in {aside}; delete it when all is well.")

    def agreed(self, path: Path) -> bool:
        """Whether somebody at the terminal says yes; without a terminal nobody does."""
        try:
            made_at = archive.peek(path).made_at
        except BadArchive as error:
            raise CommandError(f"Nothing was changed: {error}.") from error
        try:
            question = f"Put the backup of {made_at} in the place of everything the site has? [yes/no] "
            return input(question).strip().lower() == "yes"
        except EOFError:
            self.stdout.write("")
            return False

    def list_archives(self, folder: Path) -> None:
        """Name the archives, the newest first."""
        found = archive.listed(folder)
        for path in found:
            self.stdout.write(f"{path}  {path.stat().st_size / 1_000_000:,.1f} MB")
        if not found:
            self.stdout.write(f"No backups in {folder}. manage.py backup makes one.")


def _words(manifest: Manifest) -> str:
    keys, rows = sum(manifest.keys.values()), sum(max(0, count) for count in manifest.rows.values())
    counted = f"{rows:,} rows" if rows else f"{len(manifest.rows)} tables"
    return f"made {manifest.made_at}, {keys:,} keys that stay and {counted}"
