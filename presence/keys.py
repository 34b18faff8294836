"""The Redis keys of presence."""

from store.keys import key

APP = "presence"
ONLINE = "online"


def leases() -> str:
    """zset · `<player id>:<connection id>` · deadline, UTC ms · no TTL: what is past its deadline is swept."""
    return key(APP, ONLINE, "leases")


def since() -> str:
    """zset · player id · when they came online, UTC ms · no TTL: emptied with the leases."""
    return key(APP, ONLINE, "since")


def tabs() -> str:
    """hash · player id · how many leases they hold · no TTL: emptied with the leases."""
    return key(APP, ONLINE, "tabs")


def cards() -> str:
    """hash · player id · JSON card · no TTL: emptied with the leases."""
    return key(APP, ONLINE, "cards")


def visitors(day: str) -> str:
    """HyperLogLog · HMACs of a day's visitors · 70 days."""
    return key(APP, "visitors", "day", day)
