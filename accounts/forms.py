from typing import Any

from django import forms
from django.contrib.auth import authenticate, password_validation
from django.db import IntegrityError, transaction

from accounts.models import Player

_PASSWORD_HELP = "At least 8 characters, not only digits, and not a common one."


class NewPlayerForm(forms.ModelForm):
    """A name and a password, for a new member or for a guest who becomes one (`instance`)."""

    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False, help_text=_PASSWORD_HELP
    )

    class Meta:
        model = Player
        fields = ["name"]
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "username", "autofocus": True, "spellcheck": "false"})
        }
        help_texts = {"name": "3 to 20 letters, digits, “_” or “-”. Others see it."}

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        password_validation.validate_password(password, Player(name=self.cleaned_data.get("name", "")))
        return password

    def save(self, commit: bool = True) -> Player:
        """Keep the member. Raises IntegrityError when somebody took the name since it was checked."""
        player = super().save(commit=False)
        player.set_password(self.cleaned_data["password"])
        player.is_guest = False
        with transaction.atomic():
            player.save()
        return player

    def save_or_refuse(self) -> Player | None:
        """Keep the member; None, with the reason beside the field, when the name was taken this very moment."""
        try:
            return self.save()
        except IntegrityError:
            self.add_error("name", "That name is taken. Please choose another.")
            return None


class SettingsForm(forms.ModelForm):
    """What players decide for themselves."""

    class Meta:
        model = Player
        fields = ["visibility"]
        widgets = {"visibility": forms.RadioSelect}


class SignInForm(forms.Form):
    """Answers the same for an unknown name and a wrong password."""

    name = forms.CharField(
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True, "spellcheck": "false"}),
    )
    password = forms.CharField(widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}), strip=False)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if "name" in data and "password" in data:
            data["player"] = authenticate(None, username=data["name"], password=data["password"])
            if data["player"] is None:
                raise forms.ValidationError("That name and password do not belong together.")
        return data
