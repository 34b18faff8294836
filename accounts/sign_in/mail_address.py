"""A player's mail address, which counts once somebody has opened the link that was mailed to it.

Until then it is nobody's: otherwise whoever typed somebody else's address could keep their reset links from them.
"""

from django.core import signing
from django.urls import reverse

from accounts.models import Player

TTL_S = 24 * 60 * 60
_SALT = "accounts.sign_in.mail_address"


def link(player: Player, address: str) -> str:
    """The path that confirms an address; good for a day, and until another address is asked for."""
    token = signing.dumps([player.pk, address], salt=_SALT)
    return reverse("accounts:confirm_mail", args=[token])


def find(token: str) -> tuple[Player, str] | None:
    """Whose address a link confirms, and which; None when it is no link of ours, too old, or no longer asked for."""
    try:
        pk, address = signing.loads(token, salt=_SALT, max_age=TTL_S)
    except (signing.BadSignature, ValueError):
        return None
    player = Player.objects.filter(pk=pk, email_asked=address, is_active=True).first()
    return (player, address) if player else None


def confirm(player: Player, address: str) -> bool:
    """Have an address count; False when another was asked for meanwhile. Sync."""
    asked = Player.objects.filter(pk=player.pk, email_asked=address)
    return bool(asked.update(email=address, email_asked=""))
