from django.contrib import admin

from leaderboard.models import Board, Run


@admin.register(Board)
class BoardAdmin(admin.ModelAdmin):
    list_display = ["title", "slug", "game", "points_max"]
    search_fields = ["title", "slug"]
    readonly_fields = ["slug", "game"]

    def has_add_permission(self, request, obj=None):  # A board comes with its game.
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Run)
class RunAdmin(admin.ModelAdmin):
    """Accepted runs, read-only: they are history, and a score is never typed in."""

    list_display = ["player", "points", "board", "accepted_at", "duration"]
    list_filter = ["board", "accepted_at", "player__is_guest", "player__is_demo", "player__country"]
    list_select_related = ["player", "board"]
    search_fields = ["=id", "player__name"]
    date_hierarchy = "accepted_at"
    show_full_result_count = False

    @admin.display(description="played for")
    def duration(self, run: Run) -> str:
        seconds = int((run.accepted_at - run.started_at).total_seconds())
        return f"{seconds // 60}:{seconds % 60:02}"

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
