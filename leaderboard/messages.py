"""The messages about boards to one player."""

from live.protocol import ServerMessage


class Standing(ServerMessage, tag="standing"):
    """The player's own place on a board they watch; no rank when not on it.

    Sent after `watch` and when it changed, at most every 2 seconds. `rank_before` is what the last one said.
    """

    topic: str
    rank: int | None = None
    points: int | None = None
    size: int = 0
    to_next: int | None = None
    rank_before: int | None = None


class Passed(ServerMessage, tag="passed"):
    """Somebody (`by`) passed the player on a board, `points` ahead, and `rank` is the player's place now.

    `title` is that of the board; `period` is `day`, `week`, `month` or `all`; `format` is how the board writes points.
    """

    topic: str
    title: str
    period: str
    by: str
    points: int
    format: str
    rank: int
