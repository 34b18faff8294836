import contextlib
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Follow, Player
from accounts.ranks import stands_above
from accounts.sessions.engine import end_sessions
from accounts.signals import card_changed, deletion_asked
from audit.admin import CappedPaginator, ReadOnly
from audit.trail import record
from store.sync_loop import run_sync

#: The fields that define a player's rights.
RIGHTS = {"is_staff", "is_superuser", "groups", "user_permissions"}
#: Fields that only those who may change an account can see, and that nobody can filter by.
PRIVATE = ("email", "password")
# A search uses at most this many of the matching players.
PLAYERS_MAX = 500


class PlayerCreationForm(forms.ModelForm):
    """A member with a password typed once; they can change it themselves."""

    password = forms.CharField(widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False)

    class Meta:
        model = Player
        fields = ["name"]

    def save(self, commit: bool = True) -> Player:
        player = super().save(commit=False)
        player.set_password(self.cleaned_data["password"])
        player.save()
        return player


def ids_of_called(term: str, at_most: int) -> list[int]:
    """The ids of at most `at_most` players whose name contains this text. One scan of the names, at worst."""
    return list(Player.objects.filter(name__icontains=term).order_by().values_list("pk", flat=True)[:at_most])


class FindsByPlayer:
    """Finds rows by their players' names or by their own key: first looks up the players, then the rows by an index."""

    player_fields: Sequence[str] = ["player"]
    search_fields: Sequence[str] = ["player"]
    search_help_text = _("A player’s name or a part of it, or a row’s own id.")

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        if not term:
            return queryset, False
        ids = ids_of_called(term, PLAYERS_MAX)
        if len(ids) == PLAYERS_MAX:
            messages.warning(
                request,
                _("More than {count} players have “{term}” in their names; type more of it.").format(
                    count=PLAYERS_MAX, term=term
                ),
            )
        found = Q()
        for name in self.player_fields:
            found |= Q(**{f"{name}__in": ids})
        with contextlib.suppress(ValueError, ValidationError):
            found |= Q(pk=queryset.model._meta.pk.to_python(term))
        return queryset.filter(found), False


@admin.register(Player)
class PlayerAdmin(FindsByPlayer, UserAdmin):
    player_fields = ["pk"]
    add_form = PlayerCreationForm
    add_fieldsets = [(None, {"fields": ["name", "password"]})]
    fieldsets = [
        (None, {"fields": ["name", "password", "email", "country", "visibility"]}),
        (_("State"), {"fields": ["is_guest", "is_demo", "is_active", "joined_at", "last_login"]}),
        (_("Rights"), {"fields": ["is_staff", "is_superuser", "groups", "user_permissions"], "classes": ["collapse"]}),
    ]
    # A ban has an action of its own, which asks why.
    readonly_fields = ["visibility", "is_guest", "is_demo", "is_active", "joined_at", "last_login"]
    list_display = ["name", "country", "is_guest", "is_demo", "is_staff", "joined_at", "last_login"]
    list_filter = ["is_guest", "is_demo", "is_staff", "is_active", "joined_at", "country"]
    search_help_text = _("A part of the name, or the id.")
    ordering = ["-joined_at"]
    show_full_result_count = False
    paginator = CappedPaginator

    def has_change_permission(self, request, obj=None):
        # Only superusers change accounts of an equal or higher rank: otherwise an owner could take over another owner.
        may = super().has_change_permission(request, obj)
        return may and (obj is None or stands_above(request.user, obj))

    def get_fieldsets(self, request, obj=None):
        found = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return found
        # Those who may only view see no email address, and no link to a password form that would be refused.
        return [(title, {**rest, "fields": [f for f in rest["fields"] if f not in PRIVATE]}) for title, rest in found]

    def get_readonly_fields(self, request, obj=None):
        found = super().get_readonly_fields(request, obj)
        return found if request.user.is_superuser else [*found, "is_superuser", "user_permissions"]

    def formfield_for_manytomany(self, db_field, request, **options):
        field = super().formfield_for_manytomany(db_field, request, **options)
        if db_field.name == "groups" and not request.user.is_superuser:
            # Nobody gives rights that they do not have.
            own = request.user.get_all_permissions()
            fitting = [group.pk for group in Group.objects.all() if permissions_of(group) <= own]
            field.queryset = Group.objects.filter(pk__in=fitting)
        return field

    def lookup_allowed(self, lookup, value, request=None):
        return not lookup.startswith(PRIVATE) and super().lookup_allowed(lookup, value, request)

    def user_change_password(self, request, id, form_url=""):
        response = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302:
            record("set_password", "player", id, by=request.user)
            run_sync(end_sessions(int(id)))
        return response

    def has_delete_permission(self, request, obj=None):
        # Staff lose their rights first: what they did stays with their account.
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or (not obj.is_staff and stands_above(request.user, obj)))

    def get_deleted_objects(self, objs, request):
        # A player's data is deleted or made anonymous with them, so no permission for each kind of it is needed.
        to_delete, counts, _, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, set(), protected

    def delete_model(self, request, obj):
        deletion_asked.send(Player, player=obj)
        record("delete_player", "player", "gone", by=request.user)

    def delete_queryset(self, request, queryset):
        for player in queryset.filter(is_staff=False):
            if self.has_delete_permission(request, player):
                self.delete_model(request, player)

    def save_model(self, request, obj, form, change):
        if change:
            # Save only what was changed here: other fields may have changed meanwhile, above all by a ban.
            fields = {name for name in form.changed_data if name not in ("groups", "user_permissions")}
            obj.save(update_fields=fields | ({"name_key"} if "name" in fields else set()))
        else:
            super().save_model(request, obj, form, change)
        card_changed.send(Player, player=obj)
        if change and RIGHTS & set(form.changed_data):
            run_sync(end_sessions(obj.pk))  # Open sockets still know the player with their old rights.

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        act = "change_player" if change else "add_player"
        before, after = [_values(data, form.changed_data) for data in (form.initial, form.cleaned_data)]
        record(act, "player", form.instance.pk, by=request.user, before=before if change else None, after=after)


def _values(data: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Fields for the audit trail. Groups and permissions are texts; of names and private fields only `…` is kept."""
    return {name: _value(data.get(name)) if name not in ("name", *PRIVATE) else "…" for name in names}


def _value(value: Any) -> Any:
    if isinstance(value, QuerySet | list | tuple):
        return sorted(str(each) for each in value)
    return value if isinstance(value, str | int | None) else str(value)


def permissions_of(group: Group) -> set[str]:
    """The names of what a group may do. Sync."""
    rows = group.permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in rows}


admin.site.unregister(Group)


#: The permissions that give somebody an owner's rank: they allow changes to accounts and rights.
OWNERS_ALONE = ("auth.", "accounts.add_player", "accounts.change_player", "accounts.delete_player")


def makes_owners(names: Iterable[str]) -> bool:
    """Whether any of these permissions gives an owner's rank."""
    return any(name.startswith(OWNERS_ALONE) for name in names)


class RoleForm(forms.ModelForm):
    """The permissions of a role. Only superusers may give it those of an owner."""

    by: Player

    def clean_permissions(self) -> Any:
        chosen = self.cleaned_data["permissions"]
        names = [f"{each.content_type.app_label}.{each.codename}" for each in chosen.select_related("content_type")]
        if makes_owners(names) and not self.by.is_superuser:
            raise ValidationError(_("Only a superuser gives a role the rights to change accounts and roles."))
        had = permissions_of(self.instance) if self.instance.pk else set()
        if missing := set(names) - set(had) - self.by.get_all_permissions():
            raise ValidationError(
                _("You cannot give a right that you do not have: {rights}.").format(rights=", ".join(sorted(missing)))
            )
        return chosen


@admin.register(Group)
class RoleAdmin(GroupAdmin):
    """The permissions of roles, audited. Only superusers change an owner's role, because it applies to all owners."""

    form = RoleForm

    def get_form(self, request, obj=None, change=False, **options):
        made = super().get_form(request, obj, change=change, **options)
        made.by = request.user
        return made

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and self._is_below(request, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and self._is_below(request, obj)

    def _is_below(self, request, group):
        return request.user.is_superuser or group is None or not makes_owners(permissions_of(group))

    def save_related(self, request, form, formsets, change):
        before = sorted(permissions_of(form.instance)) if change else None
        super().save_related(request, form, formsets, change)
        after = sorted(permissions_of(form.instance))
        # Record only the permissions that were given and taken, since a role may have a hundred of them.
        given, taken = sorted(set(after) - set(before or ())), sorted(set(before or ()) - set(after))
        act = "change_role" if change else "add_role"
        record(act, "role", form.instance.name, by=request.user, before={"taken": taken}, after={"given": given})
        if given or taken:
            # Open sockets still use the old rights of those with the role. Whoever changed it stays signed in.
            for id in form.instance.user_set.exclude(pk=request.user.pk).values_list("pk", flat=True):
                run_sync(end_sessions(id))

    def delete_model(self, request, obj):
        record("delete_role", "role", obj.name, by=request.user, before={"taken": sorted(permissions_of(obj))})
        super().delete_model(request, obj)

    def delete_queryset(self, request, queryset):
        for group in queryset:
            if self.has_delete_permission(request, group):
                self.delete_model(request, group)


@admin.register(Follow)
class FollowAdmin(FindsByPlayer, ReadOnly):
    list_display = ["follower", "followed", "at"]
    list_prefetch_related = ["follower", "followed"]
    player_fields = ["follower", "followed"]
    ordering = ["-pk"]
