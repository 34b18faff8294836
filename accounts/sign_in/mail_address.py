"""Confirms a player's email address by a link that is mailed to it.

An unconfirmed address is not used: otherwise somebody who enters another person's address could block the reset links
to that person.
"""

from django.core import signing
from django.urls import reverse

from accounts.models import Player

TTL_S = 24 * 60 * 60
_SALT = "accounts.sign_in.mail_address"


def link(player: Player, address: str) -> str:
    """The path that confirms an address. Valid for a day, or until another address is requested."""
    token = signing.dumps([player.pk, address], salt=_SALT)
    return reverse("accounts:confirm_mail", args=[token])


def find(token: str) -> tuple[Player, str] | None:
    """The player and the address that a link confirms. None when it is invalid, expired or no longer requested."""
    try:
        pk, address = signing.loads(token, salt=_SALT, max_age=TTL_S)
    except (signing.BadSignature, ValueError):
        return None
    player = Player.objects.filter(pk=pk, email_asked=address, is_active=True).first()
    return (player, address) if player else None


def confirm(player: Player, address: str) -> bool:
    """Confirm an address. False when another one was requested meanwhile. Sync."""
    asked = Player.objects.filter(pk=player.pk, email_asked=address)
    return bool(asked.update(email=address, email_asked=""))
