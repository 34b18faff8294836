"""What is shown of a player beside a score or in a list. Stored with the boards, so that one read returns both."""

import functools

import msgspec


class Card(msgspec.Struct, frozen=True, omit_defaults=True):
    """Name, country (ISO 3166 alpha-2, or empty), whether this is a guest or a demo player, and how they look.

    `avatar` picks one of the player's drawings, `color` and `frame` are cosmetics by their slugs (wallet/shop.py).
    """

    name: str = "Somebody"
    country: str = ""
    guest: bool = False
    demo: bool = False
    avatar: int = 0
    color: str = ""
    frame: str = ""

    def encode(self) -> str:
        return _encoder.encode(self).decode()

    @classmethod
    def decode(cls, text: str) -> "Card":
        """Decode a stored card. A missing one (empty text) gives the default card."""
        return _decoded(text) if text else cls()


@functools.lru_cache(maxsize=4096)
def _decoded(text: str) -> Card:
    """The same players stand on board after board, so their cards are decoded once. Cards do not change."""
    return _decoder.decode(text)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Card)
