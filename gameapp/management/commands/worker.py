import asyncio
import signal
import socket
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from games.settle import settle_forever
from leaderboard import history
from store.client import close


class Command(BaseCommand):
    help = "Write accepted runs from the event streams to SQL, and rank runs that a dead process left behind."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--name",
            default=socket.gethostname(),
            help="stable name of this worker; it takes up what that name left unfinished (default: the host's name)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(self.work(options["name"]))

    async def work(self, name: str) -> None:
        """Run until SIGTERM or SIGINT; the batch in hand is finished first."""
        reader = history.reader(name)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, reader.stop)
        settling = asyncio.create_task(settle_forever())
        try:
            await reader.run()
        finally:
            settling.cancel()
            await asyncio.gather(settling, return_exceptions=True)
            await close()
