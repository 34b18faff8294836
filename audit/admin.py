"""The admin's read-only lists, and the audit trail as the first of them."""

from django.contrib import admin
from django.core.paginator import Paginator
from django.utils.functional import cached_property

from audit.models import Entry


class CappedPaginator(Paginator):
    """Counts no further than to the last row that it would show: a list of millions opens as fast as a short one."""

    ROWS_MAX = 10_000

    @cached_property
    def count(self) -> int:
        return self.object_list[: self.ROWS_MAX].count()


class ReadOnly(admin.ModelAdmin):
    """History: looked at, never edited."""

    show_full_result_count = False
    paginator = CappedPaginator

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Entry)
class EntryAdmin(ReadOnly):
    """Searched and read, never edited."""

    list_display = ["at", "by", "action", "target_kind", "target_id", "reason", "before", "after"]
    list_filter = ["action", "target_kind", "at"]
    list_select_related = ["by"]
    search_fields = ["by__name", "reason", "=target_id", "=action"]
