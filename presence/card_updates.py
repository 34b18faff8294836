"""Updates the online list when a player's card, visibility or follows change."""

from collections.abc import Sequence
from typing import Any

from accounts.follows import followed_by
from accounts.models import Player
from presence import online
from store.sync_loop import run_sync


def audience(player: Player, follows: Sequence[int]) -> Sequence[int]:
    """The players who may see this player online when not everybody may."""
    return follows if player.visibility == Player.Visibility.FOLLOWS else ()


def show_change(player: Player, **_: Any) -> None:
    """Receiver of `card_changed` and `follows_changed`."""
    seen_by = audience(player, followed_by(player)) if player.pk else ()
    run_sync(online.amend(player.pk, player.card, visible=player.is_visible, audience=seen_by))
