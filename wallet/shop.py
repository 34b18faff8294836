"""What coins buy: cosmetics, never an advantage. Games add their themes; other styles are in static/css/looks.css."""

from collections.abc import Callable, Sequence

import msgspec
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

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

    @property
    def game(self) -> str:
        """The slug of the game whose look it changes; empty for a player's own."""
        return self.slug.removeprefix("theme:") if self.slug.startswith("theme:") else ""


class Item(msgspec.Struct, frozen=True):
    """A cosmetic; its slug is unique among all kinds and never changes, because the ledger stores it."""

    slug: str
    kind: str
    title: str
    price: int


class UnknownItem(GameError):
    code = "unknown_item"
    message = gettext_noop("The shop has no such thing.")


#: The items of each kind, in the order in which apps offered them.
SHELVES: dict[Kind, list[Item]] = {}
#: Give sentences that explain how coins are earned, one per game, in the language of whoever reads them.
EARNING: list[Callable[[], str]] = []


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


def say(words: Callable[[], str]) -> None:
    """Add a sentence on how coins are earned."""
    EARNING.append(words)


def earning_words(game: str, points_per_coin: int | None) -> str:
    """Say what a finished run pays in a game."""
    if points_per_coin is None:
        return _("{game}: a finished run pays {count} coins.").format(game=game, count=RUN_COINS)
    words = _("{game}: a finished run pays 1 coin, and one more for each {points} points.")
    return words.format(game=game, points=number_format(points_per_coin, force_grouping=True))


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
    Kind("name_color", gettext_noop("Name colours"), "wallet/name_color.html"): [
        ("name-sky", gettext_noop("Sky"), 100),
        ("name-rose", gettext_noop("Rose"), 100),
        ("name-lime", gettext_noop("Lime"), 150),
        ("name-gold", gettext_noop("Gold"), 400),
    ],
    Kind("avatar_frame", gettext_noop("Picture frames"), "wallet/avatar_frame.html"): [
        ("frame-ring", gettext_noop("Ring"), 80),
        ("frame-double", gettext_noop("Double ring"), 160),
        ("frame-neon", gettext_noop("Neon"), 300),
        ("frame-crown", gettext_noop("Royal"), 600),
    ],
}
for _kind, _items in _GENERAL.items():
    offer(_kind, [Item(slug, _kind.slug, title, price) for slug, title, price in _items])
