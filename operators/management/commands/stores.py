from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from rich.console import Console

from accounts.models import Player
from flags import flags
from leaderboard.models import Board
from leaderboard.repair import rebuild
from operators import identity
from operators.backup import restore
from store.client import StoreUnavailable, client
from store.keys import every_key, prefix
from store.lock import LockHeld, LockLost
from store.server import private
from store.server.binary import NoServer
from store.sync_loop import run_sync
from wallet import ledger


class Command(BaseCommand):
    help = (
        "Check that Redis, SQL, the data folder and the secret key belong to one site, or repair what was lost. "
        "If there is a backup, restore it instead. Stop the site first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        mend = parser.add_mutually_exclusive_group()
        mend.add_argument(
            "--rebuild-redis", action="store_true", help="Redis was lost: write boards, coins and flags from SQL"
        )
        mend.add_argument(
            "--forget-redis", action="store_true", help="SQL was lost: delete what Redis keeps of its players"
        )
        mend.add_argument(
            "--new-secret",
            action="store_true",
            help="the secret key was lost: everybody has to sign in again",
        )

        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with private.running(say=Console(stderr=True).print):
                self.work(options)
        except (NoServer, StoreUnavailable) as error:
            raise CommandError(f"Redis cannot be used: {error}") from error
        except DatabaseError as error:
            raise CommandError(f"SQL cannot be used: {error}") from error
        except (LockHeld, LockLost, rebuild.TooBusy) as error:
            raise CommandError("Somebody is at work on a board: stop the site, and do it again.") from error

    def work(self, options: dict[str, Any]) -> None:
        """Make the requested repair, then report the state."""
        if options["rebuild_redis"]:
            for board in Board.objects.all():
                run_sync(rebuild.rebuild(board))
            run_sync(ledger.rebuild())
            run_sync(flags.write_missing(anew=True))
        if options["forget_redis"]:
            self.forget_redis(yes=options["yes"])
        if any(options[name] for name in ("rebuild_redis", "forget_redis", "new_secret")):
            run_sync(identity.unite())
        found = run_sync(identity.problems())
        for words in found:
            self.stdout.write(f"✗ {words}.")
        if found:
            raise CommandError("The stores do not belong together.")
        self.stdout.write("Redis, SQL, the data folder and the secret key belong together.")

    def forget_redis(self, *, yes: bool) -> None:
        """Delete Redis data of players lost in SQL. Refuses if SQL knows the site or players, or if the site runs."""
        if run_sync(identity.is_noted()) or Player.objects.exists():
            raise CommandError("SQL knows players or the site: what Redis keeps of them stays. Nothing was done.")
        web, workers = run_sync(restore.alive())
        if web or workers:
            raise CommandError(f"{web} web processes and {workers} workers are running; stop the site first.")
        if not yes and input(f"Delete all keys that begin with {prefix()}? [yes/no] ").strip().lower() != "yes":
            raise CommandError("Nothing was done.")
        self.stdout.write(f"Deleted {run_sync(_delete_all()):,} keys.")


async def _delete_all() -> int:
    deleted = 0
    async for name in client().scan_iter(match=every_key(), count=1_000):
        deleted += await client().unlink(name)
    return deleted
