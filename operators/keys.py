"""The Redis keys of the operators' figures."""

from store.keys import key

APP = "operators"


def minutes() -> str:
    """stream · a sample a minute: online, runs accepted so far today · capped at 1,440 entries, which is a day."""
    return key(APP, "history", "minutes")


def memory() -> str:
    """string · JSON of what each app's keys take, by a sample · 1 day."""
    return key(APP, "memory", "sample")
