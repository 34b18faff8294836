from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from leaderboard import keys
from leaderboard.models import Board
from store.client import run_sync
from store.stream import dead_letters, replay_dead_letters


class Command(BaseCommand):
    help = "List the stream entries that could not be handled, with their reasons, or put them back to be tried again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--replay", action="store_true", help="put all of them back into their streams")

    def handle(self, *args: Any, **options: Any) -> None:
        for slug in Board.objects.values_list("slug", flat=True):
            if options["replay"]:
                count = run_sync(replay_dead_letters(keys.runs(slug)))
                self.stdout.write(f"{slug}: {count} put back.")
                continue
            letters = run_sync(dead_letters(keys.runs(slug)))
            self.stdout.write(f"{slug}: {len(letters)} dead letters.")
            for letter in letters:
                fields = letter.fields
                self.stdout.write(f"  {fields['_id']} ({fields['_group']}): {fields['_reason']}")
