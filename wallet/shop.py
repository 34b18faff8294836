"""What coins buy: cosmetics, never an advantage. Games add their themes; other styles are in static/css/looks.css."""

from collections.abc import Sequence

import msgspec

from live.errors import GameError

#: The most that a finished run pays, and the flat pay in games where more points do not mean better play.
RUN_COINS_MAX, RUN_COINS = 50, 5


class Kind(msgspec.Struct, frozen=True):
    """A category of items; a player wears at most one of them. Its slug is a field of Player, or `theme:<game>`.

    `sample` is the template that shows an item, given `item` and `player`; `styles` is a static file that it needs.
    """

    slug: str
    title: str
    sample: str
    styles: str = ""


class Item(msgspec.Struct, frozen=True):
    """A cosmetic; its slug is unique among all kinds and never changes, because the ledger stores it."""

    slug: str
    kind: str
    title: str
    price: int


class UnknownItem(GameError):
    code = "unknown_item"
    message = "The shop has no such thing."


#: The items of each kind, in the order in which apps offered them.
SHELVES: dict[Kind, list[Item]] = {}
#: Sentences that explain how coins are earned, one per game.
EARNING: list[str] = []


def offer(kind: Kind, items: Sequence[Item]) -> None:
    """Add a kind and its items to the shop. Apps call it in `ready`; an existing kind stays unchanged.

    Raises:
        ValueError: a slug is taken.
    """
    if kind in SHELVES:
        return
    taken = {item.slug for item in every_item()}
    if again := sorted(taken & {item.slug for item in items}):
        raise ValueError(f"the shop has {', '.join(again)} already")
    SHELVES[kind] = list(items)


def say(words: str) -> None:
    """Add a sentence on how coins are earned."""
    if words not in EARNING:
        EARNING.append(words)


def earning_words(points_per_coin: int | None) -> str:
    """Describe what a finished run pays in a game."""
    if points_per_coin is None:
        return f"a finished run pays {RUN_COINS} coins"
    return f"a finished run pays 1 coin, and one more for each {points_per_coin:,} points"


def find(slug: str) -> Item:
    """The item of this slug.

    Raises:
        UnknownItem: there is none.
    """
    for item in every_item():
        if item.slug == slug:
            return item
    raise UnknownItem


def every_item() -> list[Item]:
    """Every item in the shop."""
    return [item for shelf in SHELVES.values() for item in shelf]


def has_kind(slug: str) -> bool:
    """Whether there is a kind of this slug."""
    return any(kind.slug == slug for kind in SHELVES)


_GENERAL = {
    Kind("name_color", "Name colours", "wallet/name_color.html"): [
        ("name-sky", "Sky", 100),
        ("name-rose", "Rose", 100),
        ("name-lime", "Lime", 150),
        ("name-gold", "Gold", 400),
    ],
    Kind("avatar_frame", "Picture frames", "wallet/avatar_frame.html"): [
        ("frame-ring", "Ring", 80),
        ("frame-double", "Double ring", 160),
        ("frame-neon", "Neon", 300),
        ("frame-crown", "Royal", 600),
    ],
}
for _kind, _items in _GENERAL.items():
    offer(_kind, [Item(slug, _kind.slug, title, price) for slug, title, price in _items])
