"""Admin pages for boards, runs, seasons and players, with operator actions. Each action asks for a reason."""

import contextlib
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext as _

from accounts.admin import FindsByPlayer, PlayerAdmin
from accounts.models import Player
from accounts.sessions.engine import devices
from audit import actions
from audit.admin import Exports, ReadOnly, export_csv
from audit.trail import record
from leaderboard import known_boards
from leaderboard.boards import kept_periods
from leaderboard.models import Board, HiddenPlayer, Merge, Placement, Run, Season
from leaderboard.repair import rebuild
from leaderboard.words import result
from moderation.admin_actions import Acts
from moderation.models import Moderation, Suspicion
from store.client import StoreUnavailable
from store.lock import LockHeld, LockLost
from store.sync_loop import run_sync
from wallet.coins import purse


class BoardForm(forms.ModelForm):
    """Refuses to change how a board in use ranks. It asks Redis, where accepted runs appear before they are in SQL."""

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        changed = [field for field in ("order", "operator") if field in self.changed_data]
        if changed and run_sync(kept_periods(self.instance.slug)):
            for field in changed:
                self.add_error(field, _("The board has standings, and changing this would make them wrong."))
        return data


@admin.register(Board)
class BoardAdmin(Acts, admin.ModelAdmin):
    list_display = ["title", "slug", "order", "operator", "points_max", "is_open"]
    list_filter = ["is_open", "order", "operator"]
    search_fields = ["title", "slug"]
    # Opening, closing and resetting a board are separate actions, which ask for a reason.
    readonly_fields = ["slug", "game", "is_open", "tie_resolution"]
    form = BoardForm

    def save_model(self, request, obj, form, change):
        fields = form.changed_data
        before = Board.objects.values(*fields).get(pk=obj.pk) if fields else {}
        obj.save(update_fields=fields)  # A reset or a close may have changed other fields meanwhile.
        after = {name: getattr(obj, name) for name in fields}
        record("change_board", "board", obj.pk, by=request.user, before=before, after=after)
        known_boards.forget()
        if any(name.startswith("keeps_") for name in fields):
            transaction.on_commit(lambda: self._rebuild(request, obj))

    def _rebuild(self, request, board):
        try:
            run_sync(rebuild.rebuild(board))  # A period that is switched on again has missed runs.
        except (StoreUnavailable, LockHeld, LockLost, rebuild.TooBusy):
            messages.warning(request, _("Saved. Rebuild the board from SQL soon: that could not be done now."))

    @admin.display(description="ties are told apart")
    def tie_resolution(self, board: Board) -> str:
        seconds = board.tie_resolution_s
        words = ngettext(
            "when they are {count} second or more apart", "when they are {count} seconds or more apart", round(seconds)
        )
        return words.format(count=f"{seconds:,.0f}")

    def has_add_permission(self, request, obj=None):  # A board comes with its game.
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class PlayedBy(admin.SimpleListFilter):
    """Filters runs by the kind of player. It uses subqueries: with a join, SQL would start from the players table."""

    title, parameter_name = "played by", "by"

    def lookups(self, request, model_admin):
        return [("guests", _("Guests")), ("members", _("Members")), ("demo", _("Demo players"))]

    def queryset(self, request, queryset):
        if self.value() == "demo":  # They are few.
            return queryset.filter(player__in=Player.objects.filter(is_demo=True).values("pk"))
        kinds = {"guests": True, "members": False}
        if self.value() not in kinds:
            return queryset
        return queryset.filter(Exists(Player.objects.filter(pk=OuterRef("player"), is_guest=kinds[self.value()])))


def _replay_link(run_id: str) -> str:
    return format_html('<a href="{}">replay</a>', reverse("games:replay", args=[run_id]))


def _on_one_board(request: HttpRequest) -> bool:
    return any(name.startswith("board") for name in request.GET)


@admin.register(Run)
class RunAdmin(Acts, FindsByPlayer, Exports, ReadOnly):
    """Accepted runs: a score is never typed in."""

    csv_fields = ["id", "board", "player", "player__name", "points", "started_at", "accepted_at", "is_hidden"]

    list_display = ["accepted_at", "shown_points", "player", "board", "duration", "state", "watch"]
    list_filter = ["board", "is_hidden", "accepted_at", PlayedBy]
    list_prefetch_related = ["player", "board"]
    actions = [export_csv]

    # One board has indexes for the order of acceptance and of points. Across all boards only time is indexed.
    def get_ordering(self, request):
        return ["-sequence"] if _on_one_board(request) else ["-accepted_at"]

    def get_sortable_by(self, request):
        return ["shown_points"] if _on_one_board(request) else ["accepted_at"]

    @admin.display(description="points", ordering="points")
    def shown_points(self, run: Run) -> str:
        return result(run.points, run.board)

    @admin.display
    def state(self, run: Run) -> str:
        return "hidden" if run.is_hidden else "shown"

    @admin.display
    def watch(self, run: Run) -> str:
        return _replay_link(run.pk)

    @admin.display(description="time")
    def duration(self, run: Run) -> str:
        seconds = int((run.accepted_at - run.started_at).total_seconds())
        return f"{seconds // 60}:{seconds % 60:02}"


@admin.register(Season)
class SeasonAdmin(ReadOnly):
    list_display = ["board", "period", "ends_at", "closed_at"]
    list_prefetch_related = ["board"]
    list_filter = ["board", "kind"]


@admin.register(Placement)
class PlacementAdmin(FindsByPlayer, Exports, ReadOnly):
    csv_fields = ["season__board", "season__period", "rank", "player", "player__name", "points", "reached_at"]
    actions = [export_csv]
    list_display = ["rank", "player", "shown_points", "season", "reached_at"]
    list_prefetch_related = ["player", "season__board"]
    ordering = ["-pk"]

    @admin.display(description="points", ordering="points")
    def shown_points(self, placement: Placement) -> str:
        return result(placement.points, placement.season.board)


@admin.register(Moderation)
class ModerationAdmin(Exports, ReadOnly):
    csv_fields = ["at", "by__name", "action", "player", "player__name", "run", "reason", "applied"]
    actions = [export_csv]
    list_display = ["at", "by", "action", "player", "run", "reason", "state"]
    list_filter = ["applied", "action", "at"]
    list_prefetch_related = ["by", "player", "run__player"]
    search_fields = ["player__name", "by__name", "reason"]

    @admin.display(ordering="applied")
    def state(self, entry: Moderation) -> str:
        return "done" if entry.applied else "under way"


@admin.register(Suspicion)
class SuspicionAdmin(Acts, ReadOnly):
    """The queue of flagged runs, undecided ones first."""

    list_display = ["at", "decision", "confidence", "words", "player", "points", "watch"]
    list_filter = ["decision", "confidence", "at"]
    list_prefetch_related = ["run__player", "run__board"]
    search_fields = ["=run__id", "run__player__name"]
    ordering = ["-decision", "-at"]

    @admin.display
    def player(self, each: Suspicion) -> str:
        return each.run.player.shown_name

    @admin.display
    def points(self, each: Suspicion) -> str:
        return result(each.run.points, each.run.board)

    @admin.display
    def watch(self, each: Suspicion) -> str:
        return _replay_link(each.run_id)


class ModeratedPlayerAdmin(Acts, Exports, PlayerAdmin):
    """The player list with moderation actions, which `accounts`, a lower layer, cannot offer: it knows no boards."""

    csv_fields = ["id", "name", "country", "is_guest", "is_demo", "is_active", "is_staff", "joined_at", "last_login"]

    list_display = ["name", "state", "country", "joined_at", "last_login"]
    actions = [export_csv]
    change_form_template = "admin/player.html"

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The page of a player, with their actions and ways to all that is kept of them."""
        own = extra_context or {}
        player = Player.objects.filter(pk=object_id).first() if object_id.isdigit() else None
        if player is not None:
            mine = [each for each in actions.on(Player) if request.user.has_perm(each.permission)]
            own |= {"acts": [(each.name, gettext(each.words)) for each in mine], "kept": _kept_of(player)}
        return super().change_view(request, object_id, form_url, own)

    @admin.display
    def state(self, player: Player) -> str:
        words = {
            "superuser": player.is_superuser,
            "staff": player.is_staff and not player.is_superuser,
            "banned": not player.is_active,
            "hidden": player.is_active and player.pk in self._hidden,
            "demo": player.is_demo,
            "guest": player.is_guest,
        }
        return ", ".join(word for word, is_so in words.items() if is_so) or "member"

    def get_queryset(self, request):
        self._hidden = set(HiddenPlayer.objects.values_list("player_id", flat=True))
        return super().get_queryset(request)


def _kept_of(player: Player) -> dict[str, Any]:
    """What a player's page shows of other apps: coins, devices, and links to lists of what is theirs."""
    lists = [
        (_("Runs"), "leaderboard_run", {"q": player.name}),
        (_("Coins"), "wallet_ledgerentry", {"q": player.name}),
        (_("Moderations"), "moderation_moderation", {"q": player.name}),
        (_("Audit"), "audit_entry", {"q": player.pk, "target_kind": "player"}),
    ]
    links = [(words, f"{reverse(f'admin:{name}_changelist')}?{urlencode(query)}") for words, name, query in lists]
    found: dict[str, Any] = {"links": links}
    with contextlib.suppress(StoreUnavailable):
        found["coins"] = run_sync(purse(player.pk)).balance
        found["devices"] = run_sync(devices(player.pk))
    return found


admin.site.unregister(Player)
admin.site.register(Player, ModeratedPlayerAdmin)


@admin.register(Merge)
class MergeAdmin(ReadOnly):
    list_display = ["at", "guest_name", "player", "runs", "applied"]
    list_prefetch_related = ["player"]
    search_fields = ["guest_name", "player__name"]
    list_filter = ["applied", "at"]
