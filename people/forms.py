from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Player


class GuestLeavesForm(forms.Form):
    """Confirms that a guest wants to be deleted. A guest has no password to re-enter, so they type their name."""

    name = forms.CharField(label=_("Type your name"), widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, player: Player, *args: Any, **options: Any) -> None:
        self.player = player
        super().__init__(*args, **options)

    def clean_name(self) -> str:
        if self.cleaned_data["name"].lower() != self.player.name.lower():
            raise forms.ValidationError(_("Your name is {name}.").format(name=self.player.name))
        return self.cleaned_data["name"]
