import argparse
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from rich.console import Console

from operators.backup import archive, take
from operators.backup.archive import BadArchive
from operators.backup.snapshot import SnapshotFailed
from operators.backup.sql_copy import CopyFailed
from store.client import StoreUnavailable
from store.server.binary import NoServer


class Command(BaseCommand):
    help = (
        "Copy Redis and SQL into one dated archive, while the site is in use, and verify it: it is loaded into a "
        "scratch Redis and compared. Keep archives as safe as the site: they hold password hashes and sessions."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, metavar="FOLDER", help="where to (default: backups in the data folder)")
        parser.add_argument("--keep", type=_count, metavar="N", help="then delete all archives there but the newest N")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        folder = (options["to"] or take.folder_in_use()).resolve()
        console = Console(stderr=True)
        try:
            with console.status("…") as status:
                made = take.make(folder, lambda step: status.update(f"{step}…"))
        except (
            BadArchive,
            CopyFailed,
            SnapshotFailed,
            take.NotTheSame,
            take.Emptier,
            NoServer,
            StoreUnavailable,
            OSError,
            DatabaseError,
        ) as error:
            raise CommandError(f"No backup was made: {error}") from error
        megabytes = made.path.stat().st_size / 1_000_000
        self.stdout.write(str(made.path))
        self.stdout.write(
            f"{megabytes:,.1f} MB after {time.monotonic() - started:.1f} s. Verified: {made.keys_compared:,} keys and "
            f"{made.tables_compared} tables are the same in it; {made.keys_changed:,} keys changed meanwhile."
        )
        for old in archive.listed(folder)[options["keep"] :] if options["keep"] else []:
            old.unlink()
            self.stdout.write(f"Deleted {old.name}.")


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("keep at least 1, the archive that is made now")
    return count
