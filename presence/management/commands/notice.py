from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Player
from live.layer import tell_player
from presence.messages import Notice
from presence.online import everybody
from store.client import StoreUnavailable
from store.sync_loop import run_sync

TEXT_MAX = 280


class Command(BaseCommand):
    help = "Show a short text on the open pages of some players, or of every signed-in player who is online."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("text", help=f"what to say, at most {TEXT_MAX} characters")
        parser.add_argument("--to", metavar="NAME", nargs="+", help="only these players (default: everybody online)")

    def handle(self, *args: Any, **options: Any) -> None:
        text = options["text"].strip()
        if not 0 < len(text) <= TEXT_MAX:
            raise CommandError(f"A notice has 1 to {TEXT_MAX} characters.")
        try:
            players = self.named(options["to"]) if options["to"] else run_sync(everybody())
            run_sync(self.send(players, text))
        except StoreUnavailable as error:
            raise CommandError(f"Redis does not answer: {error}") from error
        self.stdout.write(f"Sent to {len(players)} player{'' if len(players) == 1 else 's'}.")

    def named(self, names: list[str]) -> list[int]:
        """The ids of the named players, ignoring case. Raises CommandError when a name is unknown."""
        found = {name.lower(): Player.objects.named(name).values_list("pk", flat=True).first() for name in names}
        if missing := sorted(name for name, player in found.items() if player is None):
            raise CommandError(f"No player is called {', '.join(missing)}.")
        return [player for player in found.values() if player is not None]

    async def send(self, players: list[int], text: str) -> None:
        """Send the text to every open page of these players."""
        for player in players:
            await tell_player(player, Notice(text))
