"""The admin's read-only lists, and the audit trail as the first of them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.export import lines
from audit.models import Entry
from audit.sentences import KINDS, in_words

# Longer values are shown in full only on the entry's own page.
SHORT = 60


class CappedPaginator(Paginator):
    """Counts at most `ROWS_MAX` rows, so that a list of millions opens as fast as a short one."""

    ROWS_MAX = 10_000

    @cached_property
    def count(self) -> int:
        return self.object_list[: self.ROWS_MAX].count()


class ReasonForm(forms.Form):
    """Why something is done."""

    reason = forms.CharField(
        label=_("Reason (saved in the audit log)"),
        max_length=300,
        widget=admin.widgets.AdminTextInputWidget(attrs={"autofocus": True, "class": "vLargeTextField"}),
    )


def ask(
    model_admin: Any, request: HttpRequest, words: str, form: forms.Form, chosen: Iterable[Any] | None
) -> HttpResponse:
    """The page that asks for the reason of an action on the chosen rows. None: all rows that the filters find."""
    if chosen is None:
        selected = request.POST.getlist(admin.helpers.ACTION_CHECKBOX_NAME)
    else:
        chosen = list(chosen)
        selected = [str(each.pk) for each in chosen]
    context = {
        **model_admin.admin_site.each_context(request),
        "title": words,
        "chosen": chosen,
        "selected": selected,
        "form": form,
        "action": request.POST["action"],
        "opts": model_admin.model._meta,
    }
    return render(request, "admin/reason.html", context)


@admin.action(description=_("Take as CSV…"), permissions=["export"])
def export_csv(model_admin: Any, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponseBase:
    """Stream the chosen rows, or all that the list's filters find, as a file."""
    form = ReasonForm(request.POST if "reason" in request.POST else None)
    if not form.is_valid():
        is_all = request.POST.get("select_across") == "1"
        return ask(model_admin, request, _("Take these rows as CSV"), form, None if is_all else chosen)
    where = urlencode(sorted(request.GET.items()))
    found = lines(chosen, model_admin.csv_fields, reason=form.cleaned_data["reason"], by=request.user, where=where)
    name = f"{model_admin.model._meta.model_name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(found, content_type="text/csv; charset=utf-8", headers=headers)


class Exports:
    """An admin list that can be exported as CSV, with the columns in `csv_fields`."""

    csv_fields: Sequence[str] = ()

    def has_export_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("audit.export_lists"))


class ReadOnly(admin.ModelAdmin):
    """History that can be read but not edited.

    There may be millions of rows, so a page is read without joins, which a query planner may order badly. The related
    rows (`list_prefetch_related`) are read afterwards, by key.
    """

    show_full_result_count = False
    paginator = CappedPaginator
    list_select_related = ()
    list_prefetch_related: Sequence[str] = ()

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related(*self.list_prefetch_related)

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Entry)
class EntryAdmin(Exports, ReadOnly):
    """Searched and read, never edited."""

    csv_fields = ["at", "by__name", "action", "target_kind", "target_id", "reason", "before", "after"]
    actions = [export_csv]

    list_display = ["at", "who", "did", "target", "reason", "change"]
    list_filter = ["action", "target_kind", "at"]
    list_prefetch_related = ["by"]
    search_fields = ["by__name", "reason", "=target_id", "=action"]
    search_help_text = _("Who did it, a part of the reason, the id of the target, or the action.")
    # Kinds of targets that have a page of their own.
    pages = MappingProxyType(
        {"player": "accounts_player", "run": "leaderboard_run", "board": "leaderboard_board", "flag": "flags_flag"}
    )

    @admin.display(description=_("by"), ordering="by")
    def who(self, entry: Entry) -> str:
        return str(entry.by) if entry.by else gettext("terminal, or a deleted account")

    @admin.display(description=_("did"), ordering="action")
    def did(self, entry: Entry) -> str:
        return in_words(entry.action)

    @admin.display(description=_("to"))
    def target(self, entry: Entry) -> str:
        words = f"{gettext(KINDS.get(entry.target_kind, entry.target_kind))} {entry.target_id}"
        page = self.pages.get(entry.target_kind)
        if page is None or entry.target_id == "gone":
            return words
        return format_html('<a href="{}">{}</a>', reverse(f"admin:{page}_change", args=[entry.target_id]), words)

    @admin.display
    def change(self, entry: Entry) -> str:
        before, after = entry.before or {}, entry.after or {}
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        return "; ".join(f"{name} {_short(before, name)} → {_short(after, name)}" for name in names) or "–"


def _short(values: dict[str, Any], name: str) -> str:
    text = str(values.get(name, "–"))
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"
