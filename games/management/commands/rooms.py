"""Runs rooms until it is told to end."""

import asyncio
import signal
from typing import Any

import uvloop
from django.core.management.base import BaseCommand, CommandParser

from games.rooms.running.runner import Runner
from store.client import close


class Command(BaseCommand):
    help = "Run the rooms in which people play each other. Start one for each core; a leaving one hands its rooms over."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", default="", help="name of this runner (default: the host's, and a random number)")

    def handle(self, *args: Any, **options: Any) -> None:
        uvloop.run(self.work(options["name"]))

    async def work(self, name: str) -> None:
        """Run until SIGTERM or SIGINT; the rooms are handed over first."""
        runner = Runner(name)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, runner.stop)
        try:
            await runner.run()
        finally:
            await close()
