"""Declares each kind of key once. The store's own are in this module, those of an app in its `keys.py`.

The doctor, memory sampling, erasure and docs/keys.md read these declarations.
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
    """The prefix of all keys of this site."""
    return settings.REDIS_PREFIX


def every_key(of: str = "") -> str:
    """The pattern that matches all keys of this site, or of the site with the prefix `of`."""
    return f"{of or prefix()}:*"


class Key:
    """A kind of key: its pattern, type, content, owner and lifetime. Calling it returns the name of one key.

    The pattern is `<app>:{tag}:noun[:…]`. Placeholders in angle brackets are filled in order, or with `usual` when no
    values are given, and the site's prefix is added. The braces are a Cluster hash tag, shared by the keys that one
    script uses. A pattern that begins with a placeholder extends the name of another key. Either `ends` says when the
    key expires, or `stays` why it does not.

        balances = Key("wallet:{coins}:balances", "hash", "player id · coins", stays="for good")
        balances()
    """

    def __init__(
        self,
        pattern: str,
        type: str,
        holds: str,
        *,
        ends: str = "",
        stays: str = "",
        owner: Owner = "nobody",
        usual: tuple[object, ...] = (),
    ) -> None:
        assert bool(ends) != bool(stays), pattern
        self.pattern, self.type, self.holds, self.owner = pattern, type, holds, owner
        self.ends, self.stays, self.usual = ends, stays, usual
        self.hangs_on = pattern.startswith("<")
        self._template = _PLACE.sub("%s", pattern)
        self._match = re.compile(_regex(pattern)).fullmatch
        DECLARED.append(self)

    def __call__(self, *values: object) -> str:
        name = self._template % (values or self.usual)
        return name if self.hangs_on else f"{settings.REDIS_PREFIX}:{name}"

    def values(self, name: str) -> dict[str, str] | None:
        """The placeholders' values in a name without its prefix. None: the key is of another kind."""
        found = self._match(name)
        return found.groupdict() if found else None


def _regex(pattern: str) -> str:
    """Values inside a tag contain no closing brace. Of the other values, only the first may contain a colon."""
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
    """The declared kind of a key of this site, or of the site with the prefix `of`. None: no kind matches."""
    rest = name.removeprefix(f"{of or prefix()}:")
    for key in _of_app(rest.partition(":")[0], len(DECLARED)):
        if (values := key.values(rest)) is not None:
            return Found(key, values)
    return None


@functools.lru_cache(maxsize=256)
def _of_app(app: str, declared: int) -> list[Key]:
    """The kinds that a name of this app may be. `declared` is part of the cache key: it changes with new kinds."""
    # Keys that extend another key's name come first, since they contain that whole name.
    hanging = [key for key in DECLARED if key.hangs_on]
    return hanging + [key for key in DECLARED if key.pattern.startswith(f"{app}:")]


def app_of(name: str) -> str:
    """The app that a key of this site belongs to."""
    return name.removeprefix(f"{prefix()}:").partition(":")[0]


lock = Key("store:{lock:<name>}:owner", "string", "owner, `host:process:random`", ends="when no longer held or renewed")
fence = Key("store:{lock:<name>}:fence", "string", "the last fencing number of a lock", stays="it must never decrease")
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
    "name of a worker · its last heartbeat, UTC ms",
    stays="old ones are dropped",
)
probe = Key(
    "store:{probe:<token>}:value",
    "string, pub/sub channel",
    "test value that a check of Redis has written",
    ends="after 10 s",
)
site = Key("store:{site}:id", "string", "the id of the site, as in SQL", stays="as long as the site")
shared = Key(
    "store:{shared:<what>}:value",
    "string",
    "a value that is the same for all: store/shared.py",
    ends="after 1 minute, or twice as long as it is fresh",
)
shared_fresh = Key(
    "store:{shared:<what>}:fresh", "string", "1 while the shared value is fresh", ends="after some seconds"
)


def limit(policy: str, who: str) -> str:
    """The key that counts a caller's calls under a policy.

    The caller is hashed, so that a dump of Redis contains no addresses and keys stay short.
    """
    return _limit(policy, hashlib.sha256(who.encode()).hexdigest()[:32])
