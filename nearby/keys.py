"""The Redis keys of who is where."""

from store.keys import key

APP = "nearby"


def cells() -> str:
    """geo set · player id · centre of the cell of about 5 km that they are in · 24 hours after the last change."""
    return key(APP, "cells", "centres")


def cells_until() -> str:
    """zset · player id · when their cell is forgotten, UTC ms · 24 hours after the last change."""
    return key(APP, "cells", "until")
