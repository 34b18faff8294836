"""What coins buy: looks, never an advantage. How each one looks is in static/css/looks.css."""

import msgspec

from live.errors import GameError

#: Each kind is also the field of the player that holds what they wear.
KINDS = {"tile_theme": "Tile themes", "name_color": "Name colours", "avatar_frame": "Picture frames"}


class Item(msgspec.Struct, frozen=True):
    """A cosmetic; its slug is unique among all kinds and never changes, since ledgers hold it."""

    slug: str
    kind: str
    title: str
    price: int


class UnknownItem(GameError):
    code = "unknown_item"
    message = "The shop has no such thing."


ITEMS = (
    Item("tiles-ember", "tile_theme", "Ember", 200),
    Item("tiles-moss", "tile_theme", "Moss", 200),
    Item("tiles-candy", "tile_theme", "Candy", 350),
    Item("tiles-ink", "tile_theme", "Ink", 500),
    Item("name-sky", "name_color", "Sky", 100),
    Item("name-rose", "name_color", "Rose", 100),
    Item("name-lime", "name_color", "Lime", 150),
    Item("name-gold", "name_color", "Gold", 400),
    Item("frame-ring", "avatar_frame", "Ring", 80),
    Item("frame-double", "avatar_frame", "Double ring", 160),
    Item("frame-neon", "avatar_frame", "Neon", 300),
    Item("frame-crown", "avatar_frame", "Royal", 600),
)
_by_slug = {item.slug: item for item in ITEMS}


def find(slug: str) -> Item:
    """The item of this slug.

    Raises:
        UnknownItem: there is none.
    """
    try:
        return _by_slug[slug]
    except KeyError:
        raise UnknownItem from None
