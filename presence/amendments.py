"""Keeps who is shown online, and under which name, up to date."""

from typing import Any

from accounts.models import Player
from presence import online
from store.client import run_sync


def show_change(player: Player, **_: Any) -> None:
    """Receiver of `card_changed`."""
    run_sync(online.amend(player.pk, player.card, visible=player.is_visible))
