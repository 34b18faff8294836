import asyncio
import logging
import signal
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections

from flags import flags
from games.rooms.after import results
from games.settle import settle
from leaderboard.seasons import closing
from leaderboard.stream import readers
from moderation import visibility
from nearby import cells
from operators import identity, minutes
from people import deletion, guest_merge
from store import heartbeat
from store.client import StoreUnavailable, close
from store.stream import GroupReader
from wallet import ledger

logger = logging.getLogger(__name__)

HEARTBEAT_S = 5.0

# What is done besides reading the streams, and how often, in seconds.
CHORES: list[tuple[Callable[[], Awaitable[object]], float]] = [
    (settle, 10.0),
    (closing.close_ended, 5.0),
    (closing.close_missing, 600.0),
    (readers.trim, 30.0),
    (results.trim, 30.0),
    (ledger.drop_acknowledged, 30.0),
    (visibility.finish, 60.0),
    (visibility.work_off, 2.0),
    (guest_merge.finish, 5.0),
    (cells.sweep, 60.0),
    (flags.write_missing, 30.0),
    (minutes.sample_minute, 60.0),
    (minutes.sample_memory, 300.0),
    (deletion.finish_leaving, 60.0),
    (deletion.remove_stale_guests, 600.0),
]


class Command(BaseCommand):
    help = "Read the streams (history, its followers, feed, ledger), close ended seasons, finish interrupted work."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--name",
            default=socket.gethostname(),
            help="stable name of this worker; it takes up what that name left unfinished (default: the host's name)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(self.work(options["name"]))

    async def work(self, name: str) -> None:
        """Run until SIGTERM or SIGINT; the batches in hand are finished first."""
        reading = [*readers.readers(name), GroupReader(ledger.GROUP, name, ledger.streams)]
        reading.append(GroupReader(results.GROUP, name, results.streams))
        loop = asyncio.get_running_loop()

        def stop() -> None:
            for reader in reading:
                reader.stop()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)

        await know_the_site()
        chores = [asyncio.create_task(repeat(chore, every_s)) for chore, every_s in CHORES]
        chores.append(asyncio.create_task(beat(name), name="heartbeat"))
        try:
            await asyncio.gather(*(reader.run() for reader in reading))
        finally:
            for task in chores:
                task.cancel()
            await asyncio.gather(*chores, return_exceptions=True)
            await close()


async def know_the_site() -> None:
    """Write the site's id to the stores if nobody has yet; log an error if they do not belong together."""
    try:
        if found := await identity.problems():
            logger.error("%s", found[0])
        elif not await identity.is_noted():
            await identity.unite()
    except (StoreUnavailable, DatabaseError) as error:
        logger.warning("whether the stores belong together is not known: %s", error)


async def beat(name: str) -> None:
    """Send this worker's heartbeat periodically. It never waits for SQL, which may be locked or away."""
    while True:
        try:
            await heartbeat.beat(name)
        except StoreUnavailable as error:
            logger.warning("the heartbeat waits: %s", error)
        await asyncio.sleep(HEARTBEAT_S)


async def repeat(chore: Callable[[], Awaitable[object]], every_s: float) -> None:
    """Run a chore periodically. Errors are logged, and the chore is tried again next time."""
    while True:
        try:
            await sync_to_async(close_old_connections)()
            await chore()
        except (StoreUnavailable, DatabaseError) as error:
            logger.warning("%s waits: %s", chore.__qualname__, error)
        except Exception:
            logger.exception("%s failed", chore.__qualname__)
        await asyncio.sleep(every_s)
