from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import authenticate, password_validation
from django.contrib.auth.forms import PasswordResetForm
from django.db import DatabaseError, IntegrityError, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from accounts.models import NAME_TAKEN, Player
from store.trouble import SQL_TROUBLE

GONE = _("This account is gone. Reload the page.")
RENAME_EVERY = timedelta(days=30)
SENT_AGAIN_WITHIN = timedelta(minutes=10)
# An address may belong to several accounts. At most this many mails go out for one request.
RESET_MAILS_MAX = 3
_PASSWORD_HELP = _("At least 8 characters, not only digits, and not a common one.")


class NewPlayerForm(forms.ModelForm):
    """A name and a password, for a new member or for a guest who becomes one (`instance`)."""

    password = forms.CharField(
        label=_("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        help_text=_PASSWORD_HELP,
    )

    class Meta:
        model = Player
        fields = ["name"]
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "username", "autofocus": True, "spellcheck": "false"})
        }
        help_texts = {"name": _("3 to 20 letters, digits, “_” or “-”. Others see it.")}

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        password_validation.validate_password(password, Player(name=self.cleaned_data.get("name", "")))
        return password

    def save(self, commit: bool = True) -> Player:
        """Keep the member. Raises IntegrityError when somebody took the name since it was checked."""
        player = super().save(commit=False)
        is_new = player.pk is None
        player.set_password(self.cleaned_data["password"])
        player.is_guest = False
        with transaction.atomic():
            # Save only what changes in a guest: they may have been banned or deleted since they were read.
            player.save(update_fields=None if is_new else ["name", "name_key", "password", "is_guest"])
        return player

    def save_or_refuse(self) -> Player | None:
        """Save the member. Returns None, with an error at the field, when the name has just been taken."""
        try:
            return self.save()
        except IntegrityError:
            self.add_error("name", NAME_TAKEN)
        except SQL_TROUBLE:
            raise
        except DatabaseError:  # There was no row to update.
            self.add_error(None, GONE)
        return None


class SettingsForm(forms.ModelForm):
    """What players decide for themselves."""

    country = forms.ChoiceField(
        choices=lambda: [("", _("None")), *countries], required=False, help_text=_("Shown beside your name.")
    )

    language = forms.ChoiceField(
        label=_("Language"), choices=lambda: [("", _("Match my browser")), *settings.LANGUAGES], required=False
    )

    class Meta:
        model = Player
        fields = [
            "language",
            "theme",
            "clear_colors",
            "reduced_motion",
            "sound",
            "challenges",
            "visibility",
            "country",
            "avatar",
        ]
        widgets = {"visibility": forms.RadioSelect, "theme": forms.RadioSelect, "avatar": forms.RadioSelect}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("theme", "visibility", "avatar"):
            self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        """What a form leaves out stays as it is."""
        data = super().clean()
        for name in ("theme", "visibility", "avatar"):
            if data.get(name) in (None, ""):
                data[name] = self.initial[name]
        if self.add_prefix("language") not in self.data:
            data["language"] = self.initial["language"]
        return data

    def save_or_refuse(self) -> Player | None:
        """Save only the form's own fields. Returns None, with an error, when the player is gone."""
        player = self.save(commit=False)
        try:
            player.save(update_fields=list(self.Meta.fields))
        except SQL_TROUBLE:
            raise
        except DatabaseError:
            self.add_error(None, GONE)
            return None
        return player


class RenameForm(forms.ModelForm):
    """A new name, at most once in 30 days. The first change is allowed at once."""

    class Meta:
        model = Player
        fields = ["name"]
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "username", "spellcheck": "false"})}
        help_texts = {"name": _("3 to 20 letters, digits, “_” or “-”. You can change it again after 30 days.")}

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if "name" in data and "name" not in self.changed_data:
            if self.was_done:
                return data
            raise forms.ValidationError({"name": _("That is your name already.")})
        self._check(self.instance.renamed_at)
        return data

    @property
    def was_done(self) -> bool:
        """Whether the player took this name moments ago: then the form was sent again because its answer was lost."""
        before = self.instance.renamed_at
        return "name" not in self.changed_data and bool(before and datetime.now(UTC) < before + SENT_AGAIN_WITHIN)

    @property
    def locked_until(self) -> datetime | None:
        """When the name may be changed again; None: now."""
        before = self.instance.renamed_at
        return before + RENAME_EVERY if before and datetime.now(UTC) < before + RENAME_EVERY else None

    def _check(self, before: datetime | None) -> None:
        if before and datetime.now(UTC) < before + RENAME_EVERY:
            raise forms.ValidationError(
                {"name": _("You can change your name again on {day}.").format(day=date_format(before + RENAME_EVERY))}
            )

    def save_or_refuse(self) -> Player | None:
        """Save the name. Returns None, with an error, when another change came first."""
        if self.was_done:
            return self.instance
        try:
            with transaction.atomic():
                self._check(Player.objects.select_for_update().get(pk=self.instance.pk).renamed_at)
                self.instance.renamed_at = datetime.now(UTC)
                self.instance.save(update_fields=["name", "name_key", "renamed_at"])
        except forms.ValidationError as error:
            self.add_error(None, error)
        except IntegrityError:
            self.add_error("name", NAME_TAKEN)
        except Player.DoesNotExist:
            self.add_error(None, GONE)
        else:
            return self.instance
        return None


def _current_password(label: str = _("Current password")) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "current-password"})
    return forms.CharField(label=label, widget=widget, strip=False)


class _OfPlayer(forms.Form):
    """A form about one player's account."""

    def __init__(self, player: Player, *args: Any, **options: Any) -> None:
        self.player = player
        super().__init__(*args, **options)


class _PasswordChecked(_OfPlayer):
    """A change that only somebody who knows the password may make."""

    def clean_current(self) -> str:
        if not self.player.check_password(self.cleaned_data["current"]):
            raise forms.ValidationError(_("That is not your password."))
        return self.cleaned_data["current"]


class NewPasswordForm(_OfPlayer):
    """A new password for a player."""

    new = forms.CharField(
        label=_("New password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        help_text=_PASSWORD_HELP,
    )

    def clean_new(self) -> str:
        password_validation.validate_password(self.cleaned_data["new"], self.player)
        return self.cleaned_data["new"]

    def prepare(self) -> Player:
        """The player with the new password, not saved yet."""
        self._before = self.player.password
        self.player.set_password(self.cleaned_data["new"])
        return self.player

    def save(self) -> bool:
        """Save the password from `prepare`. False when it was changed elsewhere meanwhile."""
        unchanged = Player.objects.filter(pk=self.player.pk, password=self._before)
        return bool(unchanged.update(password=self.player.password))


class ChangePasswordForm(NewPasswordForm, _PasswordChecked):
    """A new password, from somebody who knows the old one."""

    current = _current_password()
    field_order = ["current", "new"]


class MailForm(_PasswordChecked):
    """The email address for password resets; empty for none."""

    email = forms.EmailField(
        label=_("Email address"),
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("Only used when you forget your password. Leave it empty to have none kept."),
    )
    current = _current_password(_("Your password, for the address"))

    def save(self) -> str:
        """Store the address as unconfirmed and return it. An empty one removes the stored address at once."""
        address = self.cleaned_data["email"]
        asked = "" if address == self.player.email else address
        fields = {"email_asked": asked} if address else {"email": "", "email_asked": ""}
        Player.objects.filter(pk=self.player.pk).update(**fields)
        return address


class ForgotForm(PasswordResetForm):
    """An email address. At most three of its accounts get a link: those that signed in last."""

    email = forms.EmailField(label=_("Email address"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))

    def get_users(self, email: str) -> list[Player]:
        found = sorted(super().get_users(email), key=lambda player: str(player.last_login or ""), reverse=True)
        return found[:RESET_MAILS_MAX]


class ConfirmForm(_PasswordChecked):
    """Only the password, for what cannot be undone."""

    current = _current_password()


BANNED = _("This account is banned. The operators of this site can tell you why.")


def _is_banned(name: str, password: str, **_: Any) -> bool:
    """Whether it is the right password of an account that may not sign in and is not being deleted."""
    player = Player.objects.named(name).filter(is_active=False, is_gone=False, leaving_at=None).first()
    return player is not None and player.check_password(password)


class SignInForm(forms.Form):
    """Answers the same for an unknown name and a wrong password. A banned player is told so after the right one."""

    name = forms.CharField(
        label=_("Name"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True, "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Password"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}), strip=False
    )

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if "name" in data and "password" in data:
            data["player"] = authenticate(None, username=data["name"], password=data["password"])
            if data["player"] is None:
                raise forms.ValidationError(BANNED if _is_banned(**data) else _("Wrong name or password."))
        return data
