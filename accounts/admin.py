from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from accounts.models import Player
from accounts.sessions import end_sessions
from accounts.signals import card_changed
from store.client import run_sync


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


@admin.register(Player)
class PlayerAdmin(UserAdmin):
    add_form = PlayerCreationForm
    add_fieldsets = [(None, {"fields": ["name", "password"]})]
    fieldsets = [
        (None, {"fields": ["name", "password", "country", "visibility"]}),
        ("State", {"fields": ["is_guest", "is_demo", "is_active", "joined_at", "last_login"]}),
        ("Rights", {"fields": ["is_staff", "is_superuser", "groups", "user_permissions"], "classes": ["collapse"]}),
    ]
    readonly_fields = ["visibility", "is_guest", "is_demo", "joined_at", "last_login"]
    list_display = ["name", "country", "is_guest", "is_demo", "is_staff", "joined_at", "last_login"]
    list_filter = ["is_guest", "is_demo", "is_staff", "is_active", "joined_at", "country"]
    search_fields = ["name"]
    ordering = ["-joined_at"]
    show_full_result_count = False

    def user_change_password(self, request, id, form_url=""):
        response = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302:
            run_sync(end_sessions(int(id)))
        return response

    def delete_model(self, request, obj):
        run_sync(end_sessions(obj.pk))
        super().delete_model(request, obj)

    def delete_queryset(self, request, queryset):
        for player in queryset:
            run_sync(end_sessions(player.pk))
        super().delete_queryset(request, queryset)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        card_changed.send(Player, player=obj)
        if change and {"is_active", "is_staff", "is_superuser", "groups", "user_permissions"} & set(form.changed_data):
            run_sync(end_sessions(obj.pk))  # Open sockets still know the player with their old rights.
