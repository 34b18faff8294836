"""Keeps the names in the online list up to date."""

from typing import Any

from accounts.models import Player
from presence import online
from store.client import run_sync


def show_new_card(player: Player, **_: Any) -> None:
    """Receiver of `card_changed`."""
    run_sync(online.update_card(player.pk, player.card))
