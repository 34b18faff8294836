"""The Redis keys of what processes say of themselves."""

from store.keys import key

APP = "observe"


def processes() -> str:
    """hash · name of a web process · JSON of its numbers, `processes.Numbers` · no TTL: silent ones are dropped."""
    return key(APP, "processes", "numbers")
