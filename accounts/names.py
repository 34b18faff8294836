"""Player names: which are valid, when two look the same, and readable ones for guests."""

import functools
import re
import secrets
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import get_resolver
from django.utils.translation import gettext as _

PATTERN = re.compile(r"[A-Za-z0-9_-]{3,20}")
# Names that could be taken for the site itself. The first part of every URL path of the site is reserved, too.
RESERVED = frozenset(
    """
    admin administrator anonymous api everyone gameapp guest help here livez metrics mod moderator nobody null
    operator owner player readyz root security setup sign-in sign-out sign-up somebody staff static support system
    undefined ws you
    """.split()
)
# Characters that look alike in common fonts, from Unicode's confusables (UTS #39), for the letters that we allow.
_LOOKALIKES = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "m": "rn", "w": "vv", "_": "-"})
KEY_LENGTH_MAX = 60

_ADJECTIVES = """
    amber bold brave bright calm clever cosmic crimson dapper daring eager electric fancy fierce
    gentle giddy golden happy humble icy jade jolly keen lively lucky lunar mellow merry mighty neon
    nimble noble polar proud quick quiet rapid royal rusty sandy silent silver sly solar sunny swift
    tidy velvet vivid witty zesty
""".split()
_ANIMALS = """
    badger bat bear beetle bison cat cobra crane crow deer dingo dove eagle egret elk falcon ferret
    finch fox frog gecko goose hare hawk heron ibex jackal koala lemur lion llama lynx magpie marten
    mole moose moth newt otter owl panda puffin puma raven robin seal shark shrew sloth squid stoat
    swan tapir tiger toad trout viper wolf wombat yak
""".split()


def validate_name(name: str) -> None:
    """Raise ValidationError, in words for the player, when a name may not be taken by anyone."""
    if not PATTERN.fullmatch(name):
        raise ValidationError(_("Use 3 to 20 letters, digits, “_” or “-”."), code="invalid_name")
    if fold(name) in _reserved():
        raise ValidationError(_("That name is reserved. Please choose another."), code="reserved_name")


def fold(name: str) -> str:
    """The form in which look-alikes are the same: `B0B` and `bob`, `Mary` and `rnary`. At most 40 characters."""
    return name.lower().translate(_LOOKALIKES)


@functools.cache
def _reserved() -> frozenset[str]:
    return frozenset(fold(name) for name in RESERVED | set(_first_parts("", get_resolver().url_patterns)))


def _first_parts(prefix: str, patterns: Any) -> Iterator[str]:
    """The first part of every URL path of the site, where it is fixed text."""
    for each in patterns:
        route = prefix + str(each.pattern)
        first = route.partition("/")[0].lstrip("^")
        if first and "<" not in first:
            yield first
        elif hasattr(each, "url_patterns"):
            yield from _first_parts(route, each.url_patterns)


class NameKey(models.CharField):
    """The folded name (see `fold`), stored automatically beside the name. Unique, so that no two players look alike.

    A suffix after `#` separates players whose names looked alike before this rule existed.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": KEY_LENGTH_MAX, "unique": True, "editable": False, **options})

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        kept, folded = getattr(model_instance, self.attname), fold(model_instance.name)
        value = kept if kept.partition("#")[0] == folded else folded
        setattr(model_instance, self.attname, value)
        return value


class AsciiLower(models.Func):
    """A name in lower case, the same under every collation. A Turkish one, for example, lowers I differently."""

    function = "LOWER"
    output_field = models.CharField()

    def as_postgresql(self, compiler: Any, connection: Any, **options: Any) -> Any:
        return self.as_sql(compiler, connection, template='LOWER(%(expressions)s COLLATE "C")', **options)


def guest_name() -> str:
    """A readable name such as `swift-otter-4821`; not checked for being free."""
    return f"{secrets.choice(_ADJECTIVES)}-{secrets.choice(_ANIMALS)}-{1000 + secrets.randbelow(9000)}"
