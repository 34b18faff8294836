from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console
from rich.progress import track

from store.sync_loop import run_sync
from tools import demo


class Command(BaseCommand):
    help = "Plant demo players with real runs on every board, or remove them all."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--remove", action="store_true", help="remove every demo player and their runs")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["remove"]:
            count = run_sync(demo.remove())
            self.stdout.write(f"Removed {count} demo players and their runs.")
            return
        steps = demo.plan()
        for step in track(steps, "Planting demo players…", console=Console(stderr=True), transient=True):
            run_sync(demo.plant(step))
        self.stdout.write(f"Planted {len(steps)} demo players.")
