from django.contrib import admin

from accounts.admin import FindsByPlayer
from audit.admin import Exports, ReadOnly, export_csv
from wallet.models import LedgerEntry


@admin.register(LedgerEntry)
class LedgerEntryAdmin(FindsByPlayer, Exports, ReadOnly):
    csv_fields = ["at", "player", "player__name", "amount", "balance", "reason", "item"]
    actions = [export_csv]
    list_display = ["at", "player", "amount", "balance", "reason", "item"]
    list_prefetch_related = ["player"]
    list_filter = ["at"]
