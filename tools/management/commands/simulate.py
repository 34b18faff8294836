import asyncio
import random
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from websockets.exceptions import WebSocketException

from games.game import UnknownGame, all_games, find
from tools.bots import Bot, BotError


class Command(BaseCommand):
    help = "Have bots play real games through the real pages and sockets of a running site."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--players", type=int, default=8, metavar="N", help="how many bots (default: 8)")
        site = settings.SITE_URLS[0] if settings.SITE_URLS else "http://localhost:8000"
        parser.add_argument("--url", default=site, help="the running site (default: %(default)s)")
        parser.add_argument("--game", default=all_games()[0].slug, help="which game (default: %(default)s)")
        parser.add_argument(
            "--speed", type=float, default=4.0, metavar="S", help="moves a second for each bot (default: 4)"
        )
        parser.add_argument(
            "--runs", type=int, default=0, metavar="N", help="runs for each bot (default: 0, until Ctrl-C)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["players"] < 1 or options["speed"] <= 0 or options["runs"] < 0:
            raise CommandError("--players and --speed are above 0, --runs is 0 or more.")
        try:
            game = find(options["game"])
        except UnknownGame as error:
            raise CommandError(f"{error} There are: {', '.join(each.slug for each in all_games())}.") from error
        columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
        try:
            with Progress(*columns, console=Console(stderr=True)) as progress:
                asyncio.run(self.play(game, options, progress))
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")
        except ExceptionGroup as group:
            # Report one cause: the other bots failed in the same way, or were cancelled by the first failure.
            cause = group.exceptions[0]
            if not isinstance(cause, OSError | BotError | WebSocketException):
                raise
            raise CommandError(f"{options['url']}: {cause}") from cause

    async def play(self, game: Any, options: dict[str, Any], progress: Progress) -> None:
        task = progress.add_task("")
        counts = {"moves": 0, "runs": 0, "best": 0}

        def show() -> None:
            played = f"{counts['moves']:,} moves · {counts['runs']:,} runs · best {counts['best']:,}"
            progress.update(task, description=f"{options['players']} bots · {played}")

        def moved() -> None:
            counts["moves"] += 1
            show()

        def report(points: int) -> None:
            counts["runs"] += 1
            counts["best"] = max(counts["best"], points)
            show()

        async with asyncio.TaskGroup() as group:
            for _ in range(options["players"]):
                bot = Bot(
                    options["url"].rstrip("/"), game, random.Random(), options["speed"], options["runs"], moved, report
                )
                group.create_task(bot.play())
        self.stdout.write(f"{counts['runs']} runs played, {counts['moves']} moves, best {counts['best']:,}.")
