from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.trail import record
from flags import flags
from flags.models import Flag
from store.client import StoreUnavailable
from store.lock import LockHeld
from store.sync_loop import run_sync


class Command(BaseCommand):
    help = "List the feature flags, or change one. Changes take effect at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", help="the flag (default: list all)")
        parser.add_argument("--state", choices=Flag.State.values, help="for whom it is on")
        parser.add_argument("--percentage", type=int, metavar="N", help="share of players, 0 to 100")
        switch = parser.add_mutually_exclusive_group()
        switch.add_argument("--kill", action="store_true", help="off for everybody at once, whatever else is set")
        switch.add_argument("--revive", action="store_true", help="undo --kill")
        parser.add_argument("--reason", default="", help="why; kept in the audit trail")

    def handle(self, *args: Any, **options: Any) -> None:
        asked = options["kill"] or options["revive"] or options["state"] or options["percentage"] is not None
        if not options["name"]:
            if asked:
                raise CommandError("Which flag? Its name goes first.")
            return self.list_all()
        flag = Flag.objects.filter(pk=options["name"]).first()
        if flag is None:
            raise CommandError(f"There is no flag “{options['name']}”.")
        fields = {name: options[name] for name in ("state", "percentage") if options[name] is not None}
        if options["kill"] or options["revive"]:
            fields["is_killed"] = options["kill"]
        if not 0 <= fields.get("percentage", 0) <= 100:
            raise CommandError("--percentage is 0 to 100.")
        if fields:
            before = {name: getattr(flag, name) for name in fields}
            record("change_flag", "flag", flag.pk, by=None, reason=options["reason"], before=before, after=fields)
            try:
                run_sync(flags.change(flag, **fields))
            except (StoreUnavailable, LockHeld) as error:
                raise CommandError(f"Saved. It counts once Redis answers: {error}.") from error
        flag.refresh_from_db()
        self.show(flag)
        if "percentage" in fields and flag.state != Flag.State.PERCENTAGE:
            self.stdout.write(f"Its share of {flag.percentage} % counts once its state is percentage.")

    def list_all(self) -> None:
        for flag in Flag.objects.all():
            self.show(flag)

    def show(self, flag: Flag) -> None:
        """One line: state, share, how many are in."""
        share = f" {flag.percentage} %" if flag.state == Flag.State.PERCENTAGE else ""
        state = "killed" if flag.is_killed else f"{flag.state}{share}"
        try:
            count = f"{run_sync(flags.count(flag.slug)):,}"
        except StoreUnavailable:
            count = "?"
        self.stdout.write(f"{flag.slug}: {state}, {count} players. {flag.description}")
