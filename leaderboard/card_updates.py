"""Keeps the names on the boards up to date."""

from typing import Any

from accounts.models import Player
from leaderboard import boards
from leaderboard.models import Board
from store.sync_loop import run_sync


def show_new_card(player: Player, **_: Any) -> None:
    """Show a player's new name, country or guest mark on every board. Receiver of `card_changed`."""
    slugs = list(Board.objects.values_list("slug", flat=True))
    run_sync(boards.update_card(slugs, player.pk, player.card))
