from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Player
from accounts.sessions import end_sessions
from audit.trail import record
from dashboard.roles import PERMISSIONS
from store.client import run_sync


class Command(BaseCommand):
    help = "Give a player a role (Moderator, Operator, Owner), or take every role away. Their sessions end."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the player")
        parser.add_argument("role", choices=[*PERMISSIONS, "none"], help="what they may do from now on")
        parser.add_argument("--reason", default="", help="why; kept in the audit trail")

    def handle(self, *args: Any, **options: Any) -> None:
        player = Player.objects.named(options["name"]).first()
        if player is None or player.is_guest:
            raise CommandError(f"No member is called {options['name']}.")
        role = options["role"]
        before = sorted(player.groups.values_list("name", flat=True))
        player.groups.set(Group.objects.filter(name=role))
        player.is_staff = role != "none" or player.is_superuser
        player.save(update_fields=["is_staff"])
        change = {"before": {"roles": before}, "after": {"roles": [] if role == "none" else [role]}}
        record("give_role", "player", player.pk, by=None, reason=options["reason"], **change)
        run_sync(end_sessions(player.pk))
        self.stdout.write(f"{player.name}: {role}.")
