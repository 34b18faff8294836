"""The registry of what operators can do.

An action is declared once, by a decorator on its function. The declaration also defines the admin's action, its name
in `manage.py operate`, the audit entry, the permissions of roles, and the authorization test.
"""

import functools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import Model
from django.forms import Field
from django.utils.translation import gettext, gettext_noop

from audit.models import Entry
from audit.trail import record
from live.errors import GameError

REASON_MAX = 300


class ReasonMissing(GameError):
    code = "reason_missing"
    message = gettext_noop("Say why: it is kept with what you did.")


@dataclass(frozen=True)
class Target:
    """A kind of object that actions apply to: its model, how a command finds one, and who may act on which."""

    kind: str
    model: type[Model]
    find: Callable[[str], Awaitable[Any]]  # Raises LookupError with a message.
    guard: Callable[[Any, Any], None] = lambda by, target: None  # Sync; raises a GameError. `by` None: a command.


@dataclass
class Act:
    """A running action: its target, who does it, why, and its audit entry. The function gets it as `act`."""

    action: "Action"
    target: Any
    by: Any
    reason: str
    kept: Entry | None = None

    def keep(self, before: dict[str, Any] | None = None, after: dict[str, Any] | None = None) -> Entry:
        """Write the audit entry. Sync, so that it can be part of the function's own transaction.

        If the function does not call this, an entry without values is written.
        """
        where = self.action.on.kind, self.target.pk
        self.kept = record(self.action.name, *where, by=self.by, reason=self.reason, before=before, after=after)
        return self.kept


@dataclass(frozen=True)
class Action:
    """What operators can do to one kind of target."""

    name: str
    on: Target
    role: str  # The lowest role that may do it.
    permission: str
    words: str  # What the admin offers: "Hide these players".
    past: str  # What has become of a target: "hidden".
    help: str  # What it does, for a terminal.
    do: Callable[..., Awaitable[Any]]
    asks: Mapping[str, Field] = field(default_factory=dict)
    #: The command-line names of fields in `asks`, where they differ from the field names.
    flags: Mapping[str, str] = field(default_factory=dict)
    undone_by: str = ""
    #: It writes to SQL at once, and the worker can do the rest: it takes `later=True`.
    worker_finishes: bool = False
    #: Advice for when it is not known whether the action was done.
    if_unknown: str = gettext_noop("Look, and do it again if it was not.")
    #: Makes a line about its result, from the target and the result.
    says: Callable[[Any, Any], str] | None = None

    def done(self, count: int) -> str:
        """What has become of so many targets: `2 players hidden.`"""
        names = self.on.model._meta
        what = names.verbose_name if count == 1 else names.verbose_name_plural
        return gettext("{count} {what} {past}.").format(count=count, what=what, past=gettext(self.past))

    @property
    def word(self) -> str:
        """Its name for a terminal."""
        return self.name.replace("_", "-")

    async def perform(self, target: Any, *args: Any, reason: str, by: Any, **asked: Any) -> Any:
        """Apply the action to one target, and record who did it and why.

        Raises:
            ReasonMissing, or what the target's guard raises: nothing was done.
            What the function raises.
        """
        given = given_reason(reason)
        await sync_to_async(self.on.guard)(by, target)
        act = Act(self, target, by, given)
        result = await self.do(target, *args, act=act, **asked)
        if act.kept is None:
            await sync_to_async(act.keep)()
        return result


def given_reason(text: str) -> str:
    """A reason, trimmed for the audit entry. Raises ReasonMissing when it is empty."""
    if not text.strip():
        raise ReasonMissing
    return text.strip()[:REASON_MAX]


REGISTRY: dict[str, Action] = {}


def action(on: Target, **declared: Any) -> Callable[[Callable[..., Awaitable[Any]]], Callable[..., Awaitable[Any]]]:
    """Declare the decorated function as an action; the keywords are those of `Action`.

    The function takes a target, the fields in `asks`, and `act`. The decorated function takes `reason` and `by` instead
    of `act`.
    """

    def register(do: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        made = Action(name=do.__name__, on=on, do=do, **declared)
        REGISTRY[made.name] = made

        @functools.wraps(do)
        async def perform(target: Any, *args: Any, reason: str, by: Any, **asked: Any) -> Any:
            return await made.perform(target, *args, reason=reason, by=by, **asked)

        return perform

    return register


def on(model: type[Model]) -> list[Action]:
    """The actions on a model, in the order in which they were declared."""
    return [each for each in REGISTRY.values() if each.on.model is model]
