"""Player names: which are valid, when two count as the same, and readable ones for guests."""

import re
import secrets

from django.core.exceptions import ValidationError

PATTERN = re.compile(r"[A-Za-z0-9_-]{3,20}")
# Names that would look like the site itself speaking.
RESERVED = frozenset(
    """
    admin administrator anonymous api boards dashboard everyone gameapp guest help here livez
    metrics mod moderator nobody null operator owner play player readyz root setup sign-in sign-out
    sign-up somebody staff static support system undefined ws you
    """.split()
)

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
        raise ValidationError("Use 3 to 20 letters, digits, “_” or “-”.", code="invalid_name")
    if name.lower() in RESERVED:
        raise ValidationError("That name is reserved. Please choose another.", code="reserved_name")


def guest_name() -> str:
    """A readable name such as `swift-otter-4821`; not checked for being free."""
    return f"{secrets.choice(_ADJECTIVES)}-{secrets.choice(_ANIMALS)}-{1000 + secrets.randbelow(9000)}"
