"""Whom a player follows."""

from collections import defaultdict
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop

from accounts.models import Follow, Player
from accounts.signals import follows_changed
from live.errors import GameError

FOLLOWS_MAX = 500


class TooManyFollows(GameError):
    code = "too_many_follows"
    message = gettext_noop("You can follow {count} players. Let somebody go first.")


class Gone(GameError):
    code = "gone"
    message = gettext_noop("That player is not here any more.")


class NotOneself(GameError):
    code = "not_oneself"
    message = gettext_noop("You cannot follow yourself.")


def follow(player: Player, other: Player) -> None:
    """Follow somebody; doing it twice is harmless. Sync, like the ORM.

    Raises:
        NotOneself, TooManyFollows, Gone: nothing was changed.
    """
    if player.pk == other.pk:
        raise NotOneself
    if player.follows.count() >= FOLLOWS_MAX:
        raise TooManyFollows(count=FOLLOWS_MAX)
    try:
        with transaction.atomic():
            Follow.objects.get_or_create(follower=player, followed=other)
    except IntegrityError as error:
        raise Gone from error
    follows_changed.send(Player, player=player)


def unfollow(player: Player, other: Player) -> None:
    """Stop following somebody."""
    Follow.objects.filter(follower=player, followed=other).delete()
    follows_changed.send(Player, player=player)


def followed_by(player: Player) -> list[int]:
    """The ids of the players that a player follows, newest first. Sync."""
    return list(player.follows.values_list("followed_id", flat=True)[:FOLLOWS_MAX])


def followed_by_each(players: Sequence[int]) -> dict[int, list[int]]:
    """What `followed_by` gives, for several players by their ids; who follows nobody is left out. One query. Sync."""
    found: dict[int, list[int]] = defaultdict(list)
    rows = Follow.objects.filter(follower__in=players).order_by("-at").values_list("follower_id", "followed_id")
    for follower, followed in rows:
        if len(found[follower]) < FOLLOWS_MAX:
            found[follower].append(followed)
    return dict(found)
