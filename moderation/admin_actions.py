"""Registered actions in the admin lists: each asks for a reason, runs on every selected row and reports the result."""

import time
from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext

from audit import actions
from audit.actions import Action
from audit.admin import ReasonForm, ask
from leaderboard.repair import rebuild
from leaderboard.seasons import closing
from live.errors import GameError
from store.client import StoreUnavailable
from store.lock import LockHeld, LockLost
from store.sync_loop import run_sync

CHOSEN_MAX = 200
#: How long one request may work on the selected rows. After that the rest is left to the worker.
BUDGET_S = 2.0
LEFT_AT = "admin:moderation_moderation_changelist"


class Acts:
    """Mixin for an admin list: offers the registered actions on its model to users with the action's permission."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        offered = super().get_actions(request)  # type: ignore[misc]
        if admin.options.IS_POPUP_VAR in request.GET:
            return offered
        mine = [each for each in actions.on(self.model) if request.user.has_perm(each.permission)]  # type: ignore[attr-defined]
        return {each.name: (acting(each), each.name, f"{gettext(each.words)}…") for each in mine} | offered


def form_of(action: Action) -> type[ReasonForm]:
    """The form that asks for a reason and for the action's own fields."""
    return type("ActionForm", (ReasonForm,), dict(action.asks))


def acting(action: Action) -> Any:
    """Make an admin action that asks for a reason first, then acts on each selected row, at most 200."""

    def act(model_admin: Any, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        if chosen.count() > CHOSEN_MAX:
            messages.error(
                request, gettext("That is more than {count} at once. Choose fewer.").format(count=CHOSEN_MAX)
            )
            return None
        form = form_of(action)(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            done, left = _do_each(request, action, list(chosen), **form.cleaned_data)
            if left:
                where = format_html('<a href="{}">{}</a>', reverse(LEFT_AT), gettext("Moderations"))
                text = format_html(
                    gettext("{done} The boards follow; see {where}."), done=action.done(left), where=where
                )
                messages.info(request, text)
            if done:
                messages.success(request, action.done(done))
            if done or left:
                return None
        return ask(model_admin, request, gettext(action.words), form, chosen)

    return act


def _do_each(request: HttpRequest, action: Action, chosen: Sequence[Any], **fields: Any) -> tuple[int, int]:
    """Perform an action on each row; returns how many are done, and how many are recorded and left to the worker."""
    done, left, started = 0, 0, time.monotonic()
    for each in chosen:
        later = action.worker_finishes and time.monotonic() - started > BUDGET_S
        if _done(request, action, each, **fields, **({"later": True} if later else {})):
            done, left = (done, left + 1) if later else (done + 1, left)
    return done, left


def _done(request: HttpRequest, action: Action, each: Any, **fields: Any) -> bool:
    try:
        run_sync(action.perform(each, by=request.user, **fields))
        return True
    except GameError as error:
        messages.error(request, f"{each}: {error}")
    except (StoreUnavailable, LockHeld, LockLost, closing.Fenced, rebuild.TooBusy):
        if action.worker_finishes:
            messages.warning(
                request, gettext("{what}: recorded. The boards follow within a minute or two.").format(what=each)
            )
            return True
        messages.error(
            request,
            gettext("{what}: it is not known whether it was done.").format(what=each)
            + f" {gettext(action.if_unknown)}",
        )
    return False
