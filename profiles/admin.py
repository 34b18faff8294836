from django.contrib import admin

from audit.admin import ReadOnly
from profiles.models import Award


@admin.register(Award)
class AwardAdmin(ReadOnly):
    list_display = ["at", "player", "slug"]
    list_select_related = ["player"]
    list_filter = ["slug", "at"]
    search_fields = ["player__name"]
