"""The messages about achievements to one player."""

from live.protocol import ServerMessage


class Achieved(ServerMessage, tag="achieved"):
    """This player has earned an achievement, and coins with it."""

    slug: str
    title: str
    words: str
    coins: int
