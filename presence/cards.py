"""The cards of those who are shown online. Redis has the newest players' only; the others' are read from SQL and kept.

Friends are read each second, and their cards hardly ever change: what this process has read it keeps for half a minute.
"""

import time
from collections.abc import Collection

from accounts.cards import Card
from accounts.models import Player

KEPT_S = 30.0
KEPT_MAX = 20_000
#: Players in one statement of SQL.
READ_MAX = 1_000

#: Each with the moment (monotonic, s) until which it is kept, the oldest first.
_kept: dict[int, tuple[float, Card]] = {}
_NOTHING = 0.0, Card()
#: Whose cards are being read, and have not changed since.
_reading: set[int] = set()


async def cards_of(players: Collection[int]) -> dict[int, Card]:
    """The cards of players by id, at most 30 s old; of somebody who does not exist any more the default card."""
    now, found, missing = time.monotonic(), {}, []
    for player in players:
        until, card = _kept.get(player, _NOTHING)
        if until > now:
            found[player] = card
        else:
            missing.append(player)
    for first in range(0, len(missing), READ_MAX):
        part = missing[first : first + READ_MAX]
        _reading.update(part)
        try:
            read = {player.pk: player.card async for player in Player.objects.filter(pk__in=part)}
            for player in part:
                found[player] = read.get(player, Card())
                if player in _reading:  # Else what was read may be older than a change.
                    _kept.pop(player, None)
                    _kept[player] = now + KEPT_S, found[player]
        finally:
            _reading.difference_update(part)
    for player in list(_kept)[: max(0, len(_kept) - KEPT_MAX)]:
        _kept.pop(player, None)
    return found


def forget_card(player: int) -> None:
    """Have a player's card read anew, since it has changed."""
    _kept.pop(player, None)
    _reading.discard(player)
