from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from games.rooms import keys as room_keys
from leaderboard import keys
from leaderboard.models import Board
from store.client import StoreUnavailable
from store.stream import dead_letters, replay_dead_letters
from store.sync_loop import run_sync
from wallet import keys as wallet_keys


class Command(BaseCommand):
    help = "List the stream entries that could not be handled, with their reasons, or put them back to be retried."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--replay", action="store_true", help="put all of them back into their streams")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.show(options)
        except StoreUnavailable as error:
            raise CommandError(f"Redis does not answer: {error}") from error

    def show(self, options: dict[str, Any]) -> None:
        """List the dead letters of every stream, or replay them."""
        streams = {slug: keys.runs(slug) for slug in Board.objects.values_list("slug", flat=True)}
        streams |= {"ledger": wallet_keys.ledger(), "matches": room_keys.finished()}
        for title, stream in streams.items():
            if options["replay"]:
                self.stdout.write(f"{title}: {run_sync(replay_dead_letters(stream))} put back.")
                continue
            letters = run_sync(dead_letters(stream))
            self.stdout.write(f"{title}: {len(letters)} dead letters.")
            for letter in letters:
                fields = letter.fields
                self.stdout.write(f"  {fields['_id']} ({fields['_group']}): {fields['_reason']}")
