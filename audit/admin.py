from django.contrib import admin

from audit.models import Entry


@admin.register(Entry)
class EntryAdmin(admin.ModelAdmin):
    """Searched and read, never edited."""

    list_display = ["at", "by", "action", "target_kind", "target_id", "reason", "before", "after"]
    list_filter = ["action", "target_kind", "at"]
    list_select_related = ["by"]
    search_fields = ["by__name", "reason", "=target_id", "=action"]
    show_full_result_count = False

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
