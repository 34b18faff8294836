"""Who is here: the connection that plays each seat, since when one is away, and how many watch."""

from collections.abc import Sequence
from typing import Any

import msgspec

from games.rooms.rooms import Seat

#: Somebody whose line is away this long has given up.
AWAY_MS = 30_000
#: A connection that says nothing this long is away; a page says something every 14 s.
SILENT_MS = 35_000


class Line(msgspec.Struct):
    """A seat's line: the page that plays and its socket, when it was heard last, since when it is away (0: not), ms."""

    connection: str = ""
    socket: str = ""
    heard_ms: int = 0
    away_ms: int = 0
    was_here: bool = False
    gave_up: bool = False
    is_out: bool = False  # Gave up, and the game knows it.

    def hear(self, connection: str, takes: bool, now_ms: int, socket: str = "") -> bool:
        """A page is here, and with `takes` plays from now on; True when others see a difference."""
        changed = False
        if takes or not self.connection:
            changed = self.connection != connection
            self.connection = connection
        if self.connection == connection:
            changed |= bool(self.away_ms) or not self.was_here
            self.heard_ms, self.away_ms, self.was_here = now_ms, 0, True
            self.socket = socket or self.socket
        return changed

    def leave(self, connection: str, socket: str, now_ms: int) -> bool:
        """A page's socket has closed; True when others see a difference. An old one may close after a newer came."""
        if self.connection != connection or self.away_ms or (self.socket and self.socket != socket):
            return False
        self.away_ms = now_ms
        return True

    def look(self, now_ms: int) -> bool:
        """Whether it has fallen silent just now."""
        if not self.was_here or self.away_ms or now_ms - self.heard_ms <= SILENT_MS:
            return False
        self.away_ms = now_ms
        return True

    def has_given_up(self, now_ms: int) -> bool:
        """Whether its player resigned, or was away for too long."""
        return not self.is_out and (self.gave_up or (bool(self.away_ms) and now_ms - self.away_ms > AWAY_MS))


def seats(taken: Sequence[Seat | None], lines: list[Line], now_ms: int) -> list[dict[str, Any] | None]:
    """The seats as everybody sees them; None is a free one."""
    return [
        {
            "player": seat.player,
            "card": msgspec.to_builtins(seat.card),
            "rating": seat.rating,
            "provisional": seat.provisional,
            "bot": seat.bot,
            "connection": line.connection,
            "away_s": max(0, AWAY_MS - (now_ms - line.away_ms)) // 1000 if line.away_ms else None,
        }
        if seat
        else None
        for seat, line in zip(taken, lines, strict=True)
    ]


def all_here(taken: Sequence[Seat | None], lines: list[Line]) -> bool:
    """Whether every seat's player is here; bots always are."""
    return all(
        (seat and seat.bot) or (line.was_here and not line.away_ms) for seat, line in zip(taken, lines, strict=True)
    )
