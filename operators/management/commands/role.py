from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Player
from accounts.ranks import ROLES, is_last_superuser
from accounts.sessions.engine import end_sessions
from audit.trail import record
from store.client import StoreUnavailable
from store.sync_loop import run_sync


class Command(BaseCommand):
    help = (
        "Give a player a role (Moderator, Operator, Owner), or take every role away. Their sessions end. "
        "Without a name, list who has which."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", help="the player")
        parser.add_argument("role", nargs="?", choices=[*ROLES, "none"], help="what they may do from now on")
        parser.add_argument("--reason", default="", help="why; kept in the audit trail")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["name"] is None:
            return self._list()
        if options["role"] is None:
            raise CommandError(f"Which role? One of {', '.join(ROLES)}, or none.")
        player = Player.objects.named(options["name"]).first()
        if player is None or player.is_guest:
            raise CommandError(f"No member is called {options['name']}.")
        role = options["role"]
        if role == "none" and is_last_superuser(player):
            raise CommandError(f"Nobody but {player.name} can do everything: make somebody else a superuser first.")
        before = {"roles": sorted(player.groups.values_list("name", flat=True)), "superuser": player.is_superuser}
        player.groups.set(Group.objects.filter(name=role))
        player.is_staff = role != "none"
        player.is_superuser = player.is_superuser and role != "none"
        player.save(update_fields=["is_staff", "is_superuser"])
        after = {"roles": [] if role == "none" else [role], "superuser": player.is_superuser}
        record("give_role", "player", player.pk, by=None, reason=options["reason"], before=before, after=after)
        try:
            run_sync(end_sessions(player.pk))
        except StoreUnavailable as error:
            name = player.name
            raise CommandError(
                f"{name}: {role}. Redis is away, so their sessions have not ended. Run this again: {error}"
            ) from error
        self.stdout.write(f"{player.name}: {role}." + (" A superuser still." if player.is_superuser else ""))

    def _list(self) -> None:
        staff = Player.objects.filter(is_staff=True).prefetch_related("groups").order_by("name")
        for player in staff:
            roles = [group.name for group in player.groups.all()] + ["superuser"] * player.is_superuser
            self.stdout.write(f"{player.name}: {', '.join(roles) or 'staff, without a role'}")
        if not staff:
            self.stdout.write("Nobody has a role yet.")
