"""The messages about presence to one player, and the notices from operators."""

from typing import Any

from live.protocol import ServerMessage


class Friends(ServerMessage, tag="friends"):
    """Those whom this player follows and who are online, each as the topic `online` has them, with their `id`."""

    topic: str
    players: list[dict[str, Any]]


class Notice(ServerMessage, tag="notice"):
    """A word from the operators, to this player."""

    text: str
