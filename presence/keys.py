"""The Redis keys of presence."""

from store.keys import key

APP = "presence"
ONLINE = "online"


def leases() -> str:
    """zset · `<player id>:<connection id>` · deadline, UTC ms · no TTL: what is past its deadline is swept."""
    return key(APP, ONLINE, "leases")


def since() -> str:
    """zset · player id, visible ones only · when they came online, UTC ms · no TTL: emptied with the leases."""
    return key(APP, ONLINE, "since")


def states() -> str:
    """hash · lease of a tab that is not plainly online · `away`, or what it plays · no TTL: emptied with the leases."""
    return key(APP, ONLINE, "states")


def players() -> str:
    """hash · player id · msgpack of tabs, away, in a game, which, card · no TTL: emptied with the leases."""
    return key(APP, ONLINE, "players")


def invisible() -> str:
    """set · ids of players whom nobody may see online · no TTL."""
    return key(APP, ONLINE, "invisible")


def audience() -> str:
    """hash · player id whom only some may see online · JSON list of their ids · no TTL: goes with the choice."""
    return key(APP, ONLINE, "audience")
