from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.trail import record
from flags import flags
from flags.models import Experiment, Flag
from flags.shipped import SHIPPED_NAMES
from store.client import StoreUnavailable
from store.lock import LockHeld
from store.sync_loop import run_sync


class ReasonedForm(forms.ModelForm):
    """A change, and why it is made."""

    reason = forms.CharField(
        label=gettext_lazy("Reason (saved in the audit log)"),
        max_length=300,
        widget=admin.widgets.AdminTextInputWidget(attrs={"class": "vLargeTextField"}),
    )


class Written(admin.ModelAdmin):
    """An admin whose changes are audited, with a reason, and written to the bitmaps at once."""

    kind: str
    form = ReasonedForm
    show_full_result_count = False

    def get_readonly_fields(self, request, obj=None):
        return ["slug"] if obj else []

    def save_model(self, request, obj, form, change):
        request.values_before = _values(type(obj).objects.filter(pk=obj.pk).first())
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        each = form.instance
        type(each).objects.filter(pk=each.pk).update(revision=F("revision") + 1)
        before, after, reason = request.values_before, _values(each), form.cleaned_data["reason"]
        record(f"change_{self.kind}", self.kind, each.pk, by=request.user, reason=reason, before=before, after=after)
        # After the commit: the bits are computed from what other connections can see.
        transaction.on_commit(lambda: self._write(request, each))

    def _write(self, request, each):
        try:
            run_sync(self.write(each))
        except (StoreUnavailable, LockHeld):
            messages.warning(request, _("Saved. It counts within a minute."))

    def delete_model(self, request, obj):
        record(f"delete_{self.kind}", self.kind, obj.pk, by=request.user, before=_values(obj))
        slug = obj.pk
        super().delete_model(request, obj)
        transaction.on_commit(lambda: self._drop(request, slug))

    def _drop(self, request, slug):
        try:
            run_sync(flags.drop([slug]))
        except StoreUnavailable:
            messages.warning(request, _("Deleted. Redis is away and keeps its bitmap, which nobody reads any more."))

    def delete_queryset(self, request, queryset):
        for each in queryset:
            if self.has_delete_permission(request, each):
                self.delete_model(request, each)
            else:
                messages.error(request, _("{name}: the site’s own code uses it. Kill it instead.").format(name=each))

    def write(self, each: Any) -> Any:
        raise NotImplementedError


def _values(each: Any) -> dict[str, Any] | None:
    if each is None:
        return None
    plain = {field.name: getattr(each, field.name) for field in each._meta.concrete_fields if field.name != "revision"}
    values = {name: value if isinstance(value, str | int | None) else str(value) for name, value in plain.items()}
    chosen = {"players": sorted(each.players.values_list("pk", flat=True))} if isinstance(each, Flag) else {}
    return values | chosen


@admin.register(Flag)
class FlagAdmin(Written):
    kind = "flag"
    list_display = ["slug", "state_in_words", "players_in", "description"]
    list_filter = ["state", "is_killed"]
    search_fields = ["slug", "description"]
    autocomplete_fields = ["players"]

    def write(self, each: Any) -> Any:
        return flags.write(each)

    def has_delete_permission(self, request, obj=None):
        # The site's own code uses this flag by name, and the next migration would create it again.
        return super().has_delete_permission(request, obj) and not (obj and obj.pk in SHIPPED_NAMES)

    @admin.display(description="state", ordering="state")
    def state_in_words(self, flag: Flag) -> str:
        if flag.is_killed:
            return _("killed: off for everybody")
        share = f"{flag.percentage} %" if flag.state == Flag.State.PERCENTAGE else ""
        return share or flag.get_state_display()

    @admin.display(description="players in")
    def players_in(self, flag: Flag) -> str:
        try:
            return f"{run_sync(flags.count(flag.slug)):,}"
        except StoreUnavailable:
            return "?"


@admin.register(Experiment)
class ExperimentAdmin(Written):
    kind = "experiment"
    list_display = ["slug", "percentage", "is_running", "started_at", "description"]
    list_filter = ["is_running"]

    def save_model(self, request, obj, form, change):
        if obj.is_running and obj.started_at is None:
            from django.utils.timezone import now

            obj.started_at = now()
        super().save_model(request, obj, form, change)

    def write(self, each: Any) -> Any:
        return flags.write_experiment(each)
