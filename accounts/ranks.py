"""Ranks: only somebody of a higher rank may act on an account."""

from django.utils.translation import gettext_noop

from accounts.models import Player
from live.errors import GameError

#: The staff roles of the site, lowest first. Each has the permissions of those before it.
ROLES = MODERATOR, OPERATOR, OWNER = "Moderator", "Operator", "Owner"


class NotYours(GameError):
    code = "not_yours"
    message = gettext_noop(
        "Only an owner may do that to staff, and nobody to themselves or to an equal or higher rank."
    )


class LastSuperuser(GameError):
    code = "last_superuser"
    message = gettext_noop("This is the last superuser. Make somebody else a superuser first.")


def rank(player: Player) -> int:
    """0 for players, 1 for staff, 2 for owners, who may change accounts, 3 for superusers. Sync."""
    if player.is_superuser:
        return 3
    return (1 + player.has_perm("accounts.change_player")) if player.is_staff else 0


def need_above(by: Player | None, player: Player) -> None:
    """Check that `by` may act on an account. None is the terminal, which may do everything. Sync.

    Raises:
        NotYours: it is their own, or as high as theirs; a superuser may act on every other account.
    """
    if by is not None and (by.pk == player.pk or not stands_above(by, player)):
        raise NotYours


def stands_above(by: Player, player: Player) -> bool:
    """Whether somebody may change an account: superusers any, others only those of a lower rank. Sync."""
    return by.is_superuser or rank(by) > rank(player)


def is_last_superuser(player: Player) -> bool:
    """Whether this player is a superuser and there is no other active one. Sync."""
    others = Player.objects.filter(is_superuser=True, is_active=True).exclude(pk=player.pk)
    return player.is_superuser and not others.exists()
