"""What keys there are: each kind is declared once, and the store's own here. Every app has a `keys.py` with its others.

Doctor, memory sampling, erasure and docs/keys.md read these declarations.
"""

import functools
import hashlib
import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from django.conf import settings

Owner = Literal["nobody", "player", "session", "board", "run", "room"]
_PLACE = re.compile(r"<(\w+)>")


def prefix() -> str:
    """What all keys of this site begin with."""
    return settings.REDIS_PREFIX


def every_key(of: str = "") -> str:
    """The pattern that all keys of this site match, or of the site with another prefix."""
    return f"{of or prefix()}:*"


class Key:
    """A kind of key: its pattern, type, content, owner, and how it ends. Calling it gives the name of one.

    The pattern is `<app>:{tag}:noun[:…]` with places in angle brackets, filled in order; names begin with the site's
    prefix. The braces are a Cluster hash tag: keys that one script touches share it. A pattern that begins with a place
    is of keys that hang on another key. Either `ends` says when it expires, or `stays` why it does not.

        balances = Key("wallet:{coins}:balances", "hash", "player id · coins", stays="for good")
        balances()
    """

    def __init__(
        self, pattern: str, type: str, holds: str, *, ends: str = "", stays: str = "", owner: Owner = "nobody"
    ) -> None:
        assert bool(ends) != bool(stays), pattern
        self.pattern, self.type, self.holds, self.owner = pattern, type, holds, owner
        self.ends, self.stays = ends, stays
        self.hangs_on = pattern.startswith("<")
        self._template = _PLACE.sub("%s", pattern)
        self._match = re.compile(_regex(pattern)).fullmatch
        DECLARED.append(self)

    def __call__(self, *values: object) -> str:
        name = self._template % values
        return name if self.hangs_on else f"{settings.REDIS_PREFIX}:{name}"

    def values(self, name: str) -> dict[str, str] | None:
        """The values in a name without its prefix; None: it is no key of this kind."""
        found = self._match(name)
        return found.groupdict() if found else None


def _regex(pattern: str) -> str:
    """A value has no brace where it is in a tag; of the others only the first may hold a colon."""
    parts = _PLACE.split(pattern)
    text, colons = re.escape(parts[0]), True
    in_tag = parts[0].count("{") > parts[0].count("}")
    for place, literal in zip(parts[1::2], parts[2::2], strict=True):
        text += f"(?P<{place}>{'[^}]+' if in_tag else '.+' if colons else '[^:]+'})" + re.escape(literal)
        colons &= in_tag
        in_tag = in_tag and "}" not in literal
    return text


#: Every kind of key, in the order in which apps are loaded.
DECLARED: list[Key] = []


class Found(NamedTuple):
    """The kind of a key, and the values in its name."""

    key: Key
    values: Mapping[str, str]


def find(name: str, of: str = "") -> Found | None:
    """What a key of this site is, or of the site with another prefix; None: nothing that is declared."""
    rest = name.removeprefix(f"{of or prefix()}:")
    for key in _of_app(rest.partition(":")[0], len(DECLARED)):
        if (values := key.values(rest)) is not None:
            return Found(key, values)
    return None


@functools.lru_cache(maxsize=256)
def _of_app(app: str, declared: int) -> list[Key]:
    """The kinds that a name of this app may be; `declared` tells whether more have been declared since."""
    # Keys that hang on others first: their names contain the others' whole.
    hanging = [key for key in DECLARED if key.hangs_on]
    return hanging + [key for key in DECLARED if key.pattern.startswith(f"{app}:")]


def app_of(name: str) -> str:
    """The app that a key of this site belongs to."""
    return name.removeprefix(f"{prefix()}:").partition(":")[0]


lock = Key("store:{lock:<name>}:owner", "string", "owner, `host:process:random`", ends="when no longer held or renewed")
fence = Key("store:{lock:<name>}:fence", "string", "the last fencing number of a lock", stays="it may never go back")
dead_letters = Key(
    "<stream>:dead",
    "stream",
    "entries that could not be handled: their fields, _reason, _group, _id",
    stays="until they are replayed by hand",
)
failures = Key(
    "<stream>:failures:<group>",
    "hash",
    "entry id · how often a group failed to handle it alone",
    ends="7 days after the last failure",
)
_limit = Key(
    "store:{limit:<policy>:<caller>}:calls",
    "string or zset",
    "a caller under a policy; fixed window: count; sliding: call id · when, UTC ms",
    ends="after the window",
)
heartbeats = Key(
    "store:{heartbeats}:workers",
    "zset",
    "name of a worker · when it last said that it is alive, UTC ms",
    stays="old ones are dropped",
)
probe = Key(
    "store:{probe:<token>}:value",
    "string, pub/sub channel",
    "what a check of Redis wrote to see whether it can",
    ends="after 10 s",
)
site = Key("store:{site}:id", "string", "the id of the site, as in SQL", stays="as long as the site")
shared = Key(
    "store:{shared:<what>}:value", "string", "what is the same for everybody: store/shared.py", ends="after 1 minute"
)
shared_fresh = Key(
    "store:{shared:<what>}:fresh", "string", "1 while that needs no computing", ends="after some seconds"
)


def limit(policy: str, who: str) -> str:
    """The key of a caller under a policy.

    The caller is hashed: a dump of Redis names no addresses, and a long name makes no long key.
    """
    return _limit(policy, hashlib.sha256(who.encode()).hexdigest()[:32])
