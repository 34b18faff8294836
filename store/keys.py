"""How a Redis key is built, and the store's own keys; every app has a `keys.py` with the others."""

import hashlib

from django.conf import settings


def key(app: str, tag: str, noun: str, *rest: object) -> str:
    """Return `<prefix>:<app>:{<tag>}:<noun>[:<id>…]`.

    The braces are a Cluster hash tag: keys that one script touches together share it.
    """
    return ":".join([prefix(), app, "{" + tag + "}", noun, *map(str, rest)])


def prefix() -> str:
    """What all keys of this site begin with."""
    return settings.REDIS_PREFIX


def every_key(of: str = "") -> str:
    """The pattern that all keys of this site match, or of the site with another prefix."""
    return f"{of or prefix()}:*"


def lock(name: str) -> str:
    """string · owner of a held lock, `host:process:random` · as long as it is held or renewed."""
    return key("store", f"lock:{name}", "owner")


def fence(name: str) -> str:
    """string · the last fencing number given out for a lock · no TTL: it may never go back."""
    return key("store", f"lock:{name}", "fence")


def dead_letters(stream: str) -> str:
    """stream · entries that could not be handled: their fields, _reason, _group, _id · no TTL: replayed by hand."""
    return f"{stream}:dead"


def failures(stream: str, group: str) -> str:
    """hash · entry id · how often a group failed to handle it alone · 7 days after the last failure."""
    return f"{stream}:failures:{group}"


def limit(policy: str, who: str) -> str:
    """string (fixed window: count) or zset (sliding: call id · when, UTC ms) · a caller under a policy · the window."""
    # Hashed: a dump of Redis names no addresses, and a long name makes no long key.
    digest = hashlib.sha256(who.encode()).hexdigest()[:32]
    return key("store", f"limit:{policy}:{digest}", "calls")


def heartbeats() -> str:
    """zset · name of a worker · when it last said that it is alive, UTC ms · no TTL: old ones are dropped."""
    return key("store", "heartbeats", "workers")


def probe(token: str) -> str:
    """string and pub/sub channel · what a check of Redis wrote to see whether it can · 10 s."""
    return key("store", f"probe:{token}", "value")


def site() -> str:
    """string · the id of the site that these keys belong to; SQL has the same · no TTL."""
    return key("store", "site", "id")


def shared(name: str) -> str:
    """string · what is the same for everybody, by its name in store/shared.py's callers · 1 minute."""
    return key("store", f"shared:{name}", "value")


def shared_fresh(name: str) -> str:
    """string · 1 while that needs no computing · some seconds."""
    return key("store", f"shared:{name}", "fresh")
