"""Actions of the admin's lists that ask why, do something to each of the chosen, and say what came of it."""

import secrets
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from audit.admin import ReasonForm, ask
from leaderboard.periods import KINDS, TITLES
from leaderboard.repair import rebuild
from leaderboard.seasons import closing
from live.errors import GameError
from moderation import suspicion, visibility
from store.client import StoreUnavailable
from store.lock import LockHeld, LockLost
from store.sync_loop import run_sync
from wallet.coins import AMOUNT_MAX

CHOSEN_MAX = 200
#: A page waits for so long; what is not done by then the worker does.
BUDGET_S = 2.0
LEFT_AT = "admin:moderation_moderation_changelist"

Act = Callable[..., Coroutine[Any, Any, object]]

_Text = admin.widgets.AdminTextInputWidget


def _token() -> str:
    return secrets.token_hex(12)


class GrantForm(ReasonForm):
    coins = forms.IntegerField(min_value=1, max_value=AMOUNT_MAX)
    # The same for every sending of one form: a second click, or another try after a silence, gives nothing more.
    token = forms.CharField(widget=forms.HiddenInput, initial=_token, max_length=24, required=False)


class ResetForm(ReasonForm):
    kind = forms.ChoiceField(label="Which period", choices=[(kind, TITLES[kind]) for kind in KINDS])
    typed = forms.CharField(label="Type the board’s title: this cannot be undone", widget=_Text)


def acting(
    words: str,
    do: Act,
    *,
    permission: str = "moderate",
    form_class: type[ReasonForm] = ReasonForm,
    **fixed: Any,
) -> Any:
    """An admin action that asks why, and what else it needs, before it does something to each of at most 200."""

    def action(model_admin: Any, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        if chosen.count() > CHOSEN_MAX:
            messages.error(request, f"That is more than {CHOSEN_MAX} at once. Choose fewer.")
            return None
        form = form_class(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            done, left = _do_each(request, do, list(chosen), **form.cleaned_data, **fixed)
            if left:
                where = format_html('<a href="{}">{}</a>', reverse(LEFT_AT), "Moderations")
                messages.info(request, format_html("{}: {} recorded; the boards follow. See {}.", words, left, where))
            if done:
                messages.success(request, f"{words}: {done} done.")
            if done or left:
                return None
        return ask(model_admin, request, words, form, chosen)

    action.__name__ = "_".join([do.__name__, *map(str, fixed.values())])
    return admin.action(action, description=f"{words}…", permissions=[permission])


def _do_each(request: HttpRequest, do: Act, chosen: Sequence[Any], **fields: Any) -> tuple[int, int]:
    """Do it to each; returns to how many it was done, and of how many it is recorded and left to the worker."""
    done, left, started = 0, 0, time.monotonic()
    for each in chosen:
        later = do.__module__ in FOLLOWED_UP and time.monotonic() - started > BUDGET_S
        if _done(request, do, each, **fields, **({"later": True} if later else {})):
            done, left = (done, left + 1) if later else (done + 1, left)
    return done, left


def _done(request: HttpRequest, do: Act, each: Any, **fields: Any) -> bool:
    try:
        run_sync(do(each, by=request.user, **fields))
        return True
    except GameError as error:
        messages.error(request, f"{each}: {error}")
    except (StoreUnavailable, LockHeld, LockLost, closing.Fenced, rebuild.TooBusy):
        if do.__module__ in FOLLOWED_UP:
            messages.warning(request, f"{each}: recorded. The boards follow within a minute or two.")
            return True
        messages.error(
            request, f"{each}: it is not known whether it was done. {AFTERWARDS.get(do.__name__, TRY_AGAIN)}"
        )
    return False


#: What these do is in SQL at once, and the worker finishes it.
FOLLOWED_UP = {visibility.__name__, suspicion.__name__}
TRY_AGAIN = "Look, and do it again if it was not."
AFTERWARDS = {
    "reset_period": "If the season’s archive is there, rebuild the board from SQL: that empties the period.",
    "grant_coins": "Send the form again: it gives the coins once.",
}
