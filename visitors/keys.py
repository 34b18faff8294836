"""The Redis keys of visitors."""

from store.keys import key

APP = "visitors"


def visitors(day: str, of: str = "") -> str:
    """HyperLogLog · HMACs of a day's visitors, or of those of one game · 70 days."""
    return key(APP, "unique", "day", day, *([of] if of else []))


def active(day: str) -> str:
    """bitmap · player id, which is dense · whether they were here on a UTC day · 70 days."""
    return key(APP, "active", "day", day)
