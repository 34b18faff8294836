"""Operators' pages for boards, runs and seasons, and the moderators' actions, each of which asks for a reason."""

from collections.abc import Callable, Coroutine
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.admin import PlayerAdmin, ReadOnly
from accounts.models import Player
from leaderboard import definitions, keys, moderation, rebuild
from leaderboard.boards import kept_periods
from leaderboard.models import Board, HiddenPlayer, Merge, Moderation, Placement, Run, Season
from live.errors import GameError
from store.client import StoreUnavailable, run_sync
from store.lock import LockHeld, LockLost
from store.stream import replay_dead_letters

CHOSEN_MAX = 200


def with_reason(words: str, do: Callable[..., Coroutine[Any, Any, None]]) -> Any:
    """An admin action that asks why before it does something to each of the chosen, at most 200 at a time."""

    def action(model_admin: Any, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        if chosen.count() > CHOSEN_MAX:
            messages.error(request, f"That is more than {CHOSEN_MAX} at once. Choose fewer.")
            return None
        if "reason" in request.POST:
            done = sum(_done(request, do, each) for each in chosen)
            messages.success(request, f"{words}: {done} done.")
            return None
        context = {
            **model_admin.admin_site.each_context(request),
            "title": words,
            "chosen": chosen,
            "action": request.POST["action"],
            "opts": model_admin.model._meta,
        }
        return render(request, "admin/reason.html", context)

    action.__name__ = do.__name__
    return admin.action(action, description=f"{words}…", permissions=["moderate"])


def _done(request: HttpRequest, do: Callable[..., Coroutine[Any, Any, None]], each: Any) -> bool:
    try:
        run_sync(do(each, reason=request.POST["reason"], by=request.user))
        return True
    except GameError as error:
        messages.error(request, f"{each}: {error}")
    except (StoreUnavailable, LockHeld, LockLost):
        messages.warning(request, f"{each}: recorded. The boards follow within a minute or two.")
    return False


class Moderates:
    """Who may use the moderators' actions: staff who may add to what moderators did."""

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("leaderboard.add_moderation")


@admin.action(description="Replay dead letters", permissions=["change"])
def replay(_: Any, request: HttpRequest, boards: QuerySet[Board]) -> None:
    count = sum(run_sync(replay_dead_letters(keys.runs(board.slug))) for board in boards)
    messages.success(request, f"{count} entries were put back into their streams.")


class BoardForm(forms.ModelForm):
    """Also looks at the live standings: accepted runs are there before they are in SQL."""

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        changed = [field for field in ("order", "operator") if field in self.changed_data]
        if changed and run_sync(kept_periods(self.instance.slug)):
            for field in changed:
                self.add_error(field, "The board has standings, and changing this would make them wrong.")
        return data


@admin.register(Board)
class BoardAdmin(admin.ModelAdmin):
    list_display = ["title", "slug", "order", "operator", "points_max", "is_open"]
    list_filter = ["is_open", "order", "operator"]
    search_fields = ["title", "slug"]
    readonly_fields = ["slug", "game", "tie_resolution"]
    actions = [replay]
    form = BoardForm

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        definitions.forget()
        if any(name.startswith("keeps_") for name in form.changed_data):
            run_sync(rebuild.rebuild(obj))  # A period that is kept again has missed runs meanwhile.

    @admin.display(description="ties are told apart")
    def tie_resolution(self, board: Board) -> str:
        seconds = board.tie_resolution_s
        return f"when they are {seconds:,.0f} second{'' if seconds == 1 else 's'} or more apart"

    def has_add_permission(self, request, obj=None):  # A board comes with its game.
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Run)
class RunAdmin(Moderates, ReadOnly):
    """Accepted runs: a score is never typed in."""

    list_display = ["player", "points", "board", "accepted_at", "duration", "is_hidden"]
    list_filter = ["board", "is_hidden", "accepted_at", "player__is_guest", "player__is_demo"]
    list_select_related = ["player", "board"]
    search_fields = ["=id", "player__name"]
    actions = [
        with_reason("Hide these runs", moderation.hide_run),
        with_reason("Restore these runs", moderation.restore_run),
    ]

    @admin.display(description="played for")
    def duration(self, run: Run) -> str:
        seconds = int((run.accepted_at - run.started_at).total_seconds())
        return f"{seconds // 60}:{seconds % 60:02}"


@admin.register(Season)
class SeasonAdmin(ReadOnly):
    list_display = ["board", "period", "ends_at", "closed_at"]
    list_filter = ["board", "kind"]


@admin.register(Placement)
class PlacementAdmin(ReadOnly):
    list_display = ["rank", "player", "points", "season", "reached_at"]
    list_select_related = ["player", "season__board"]
    search_fields = ["player__name", "season__period"]


@admin.register(Moderation)
class ModerationAdmin(ReadOnly):
    list_display = ["at", "by", "action", "player", "run", "reason"]
    list_filter = ["action", "at"]
    list_select_related = ["by", "player", "run__player"]
    search_fields = ["player__name", "by__name", "reason"]


class ModeratedPlayerAdmin(Moderates, PlayerAdmin):
    """Players, with what moderators may do to them; the floor below knows no boards."""

    list_display = [*PlayerAdmin.list_display, "is_hidden"]
    actions = [
        with_reason("Hide these players", moderation.hide_player),
        with_reason("Restore these players", moderation.restore_player),
        with_reason("Ban these players", moderation.ban),
        with_reason("Lift the ban of these players", moderation.unban),
    ]

    @admin.display(boolean=True, description="hidden")
    def is_hidden(self, player: Player) -> bool:
        return player.pk in self._hidden

    def get_queryset(self, request):
        self._hidden = set(HiddenPlayer.objects.values_list("player_id", flat=True))
        return super().get_queryset(request)


admin.site.unregister(Player)
admin.site.register(Player, ModeratedPlayerAdmin)


@admin.register(Merge)
class MergeAdmin(ReadOnly):
    list_display = ["at", "guest_name", "player", "runs", "applied"]
    list_select_related = ["player"]
    search_fields = ["guest_name", "player__name"]
    list_filter = ["applied", "at"]
