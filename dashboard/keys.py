"""The Redis keys of the dashboard."""

from store.keys import key

APP = "dashboard"


def processes() -> str:
    """hash · name of a web process · JSON of its numbers, `process.Numbers` · no TTL: silent ones are dropped."""
    return key(APP, "processes", "numbers")


def minutes() -> str:
    """stream · a sample a minute: online, runs accepted so far today · capped at 1,440 entries, which is a day."""
    return key(APP, "history", "minutes")


def memory() -> str:
    """string · JSON of what each app's keys take, by a sample · 1 day."""
    return key(APP, "memory", "sample")
