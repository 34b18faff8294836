from django.contrib import admin

from accounts.admin import FindsByPlayer
from achievements.models import Award
from achievements.rules import every
from audit.admin import ReadOnly


class Earned(admin.SimpleListFilter):
    """Filters by achievement; the choices are the declared achievements, not those in the table."""

    title, parameter_name = "achievement", "slug"

    def lookups(self, request, model_admin):
        return [(each.slug, each.title) for each in every()]

    def queryset(self, request, queryset):
        return queryset.filter(slug=self.value()) if self.value() else queryset


@admin.register(Award)
class AwardAdmin(FindsByPlayer, ReadOnly):
    list_display = ["at", "player", "slug"]
    list_prefetch_related = ["player"]
    list_filter = [Earned, "at"]
    ordering = ["-pk"]
