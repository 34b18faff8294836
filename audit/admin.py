"""The admin's read-only lists, and the audit trail as the first of them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.functional import cached_property

from audit.export import lines
from audit.models import Entry


class CappedPaginator(Paginator):
    """Counts no further than to the last row that it would show: a list of millions opens as fast as a short one."""

    ROWS_MAX = 10_000

    @cached_property
    def count(self) -> int:
        return self.object_list[: self.ROWS_MAX].count()


class ReasonForm(forms.Form):
    """Why something is done."""

    reason = forms.CharField(
        label="Why? It is kept with your name.", max_length=300, widget=admin.widgets.AdminTextInputWidget
    )


def ask(
    model_admin: Any, request: HttpRequest, words: str, form: forms.Form, chosen: Iterable[Any] | None
) -> HttpResponse:
    """The page that asks why before an action is done to what was chosen; None: all that the list's filters find."""
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


@admin.action(description="Take as CSV…", permissions=["export"])
def export_csv(model_admin: Any, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponseBase:
    """Stream the chosen rows, or all that the list's filters find, as a file."""
    form = ReasonForm(request.POST if "reason" in request.POST else None)
    if not form.is_valid():
        is_all = request.POST.get("select_across") == "1"
        return ask(model_admin, request, "Take these rows as CSV", form, None if is_all else chosen)
    where = urlencode(sorted(request.GET.items()))
    found = lines(chosen, model_admin.csv_fields, reason=form.cleaned_data["reason"], by=request.user, where=where)
    name = f"{model_admin.model._meta.model_name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(found, content_type="text/csv; charset=utf-8", headers=headers)


class Exports:
    """An admin list that may be taken as CSV, of the columns `csv_fields`."""

    csv_fields: Sequence[str] = ()

    def has_export_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("audit.export_lists"))


class ReadOnly(admin.ModelAdmin):
    """History: looked at, never edited.

    Rows may be millions, so a page is read without joins, which a planner can begin at the wrong end: what its rows
    point at, `list_prefetch_related`, is read after it, by its keys.
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

    list_display = ["at", "by", "action", "target_kind", "target_id", "reason", "before", "after"]
    list_filter = ["action", "target_kind", "at"]
    list_prefetch_related = ["by"]
    search_fields = ["by__name", "reason", "=target_id", "=action"]
