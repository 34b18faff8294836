from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Model

from audit import actions
from audit.actions import Action, ReasonMissing, given_reason
from audit.admin import Exports
from audit.export import lines
from leaderboard.pages import export
from leaderboard.periods import KINDS
from leaderboard.repair import rebuild
from live.errors import GameError
from moderation.admin_actions import form_of
from store.client import StoreUnavailable
from store.lock import LockHeld, LockLost
from store.sync_loop import run_sync


def _lists() -> dict[str, tuple[type[Model], Sequence[str]]]:
    """The admin lists that can be exported as CSV: their names, models and columns."""
    listed = admin.site._registry.items()
    return {model._meta.model_name: (model, each.csv_fields) for model, each in listed if isinstance(each, Exports)}


def _asked(action: Action) -> dict[str, forms.Field]:
    """The fields of an action besides the reason, without hidden ones, which only the admin uses."""
    return {name: field for name, field in action.asks.items() if not field.widget.is_hidden}


class Command(BaseCommand):
    help = "Run the admin's actions from a terminal. Each needs a reason and is recorded in the audit trail."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", metavar="ACT")
        self.parser = parser

        for action in actions.REGISTRY.values():
            act = acts.add_parser(action.word, help=action.help, description=action.help)
            act.set_defaults(action=action)
            act.add_argument("target", metavar=action.on.kind.upper())
            act.add_argument("--reason", required=True, help="why; kept in the audit trail")
            for name, field in _asked(action).items():
                label = str(field.label or name.replace("_", " "))
                choices = [value for value, _ in field.choices] if isinstance(field, forms.ChoiceField) else None
                flag = f"--{action.flags.get(name, name)}"
                act.add_argument(flag, dest=name, required=field.required, choices=choices, help=label)
        export_list = acts.add_parser("export-list", help="print a whole list of the admin as CSV")
        export_list.add_argument("target", metavar="LIST", choices=sorted(_lists()))
        export_list.add_argument("--reason", required=True, help="why; kept in the audit trail")
        export_csv = acts.add_parser("export", help="print a board's current period as CSV")
        export_csv.add_argument("target", metavar="BOARD")
        export_csv.add_argument("--kind", choices=KINDS, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["act"] is None:
            return self.parser.print_help(self.stdout)
        if options["act"] == "export-list":
            return run_sync(self.export_list(options["target"], options["reason"]))
        if options["act"] == "export":
            return self.stdout.write(run_sync(self.export(options["target"], options["kind"])))
        action: Action = options["action"]
        try:
            given_reason(options["reason"])
        except ReasonMissing as error:
            raise CommandError(str(error)) from error
        form = form_of(action)({name: options.get(name) for name in ("reason", *_asked(action))})
        if not form.is_valid():
            raise CommandError("; ".join(f"{name}: {' '.join(said)}" for name, said in form.errors.items()))
        try:
            done = run_sync(self.act(action, options["target"], form.cleaned_data))
        except (GameError, LookupError) as error:
            raise CommandError(str(error)) from error
        except (StoreUnavailable, LockHeld, LockLost, rebuild.TooBusy) as error:
            why = str(error) or "another repair is under way"
            if action.worker_finishes:
                raise CommandError(f"Recorded. The boards follow once the worker and Redis are back: {why}") from error
            raise CommandError(f"It is not known whether it was done: {why}") from error
        self.stdout.write(done)

    async def act(self, action: Action, name: str, asked: dict[str, Any]) -> str:
        """Perform an action on a target; returns one line about the result."""
        target = await action.on.find(name)
        result = await action.perform(target, by=None, **asked)
        return action.says(target, result) if action.says else f"{action.word}: {name}. Done."

    async def export(self, slug: str, kind: str) -> str:
        """A board's current period as CSV."""
        try:
            return "".join([line async for line in export.lines(slug, kind)]).rstrip()
        except GameError as error:
            raise CommandError(str(error)) from error

    async def export_list(self, target: str, reason: str) -> None:
        """Print every row of a list, as they are read."""
        model, fields = _lists()[target]
        async for line in lines(model._default_manager.all(), fields, reason=reason, by=None):
            self.stdout.write(line, ending="")
