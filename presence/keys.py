"""The Redis keys of presence. The tag is `online`, and in a cluster `online-<number>`, by player: see online.py."""

from store.keys import Key

#: The only shard where there is one server.
ONE = ("online",)

leases = Key(
    "presence:{<shard>}:leases",
    "zset",
    "`<player id>:<connection id>` · deadline, UTC ms",
    stays="what is past its deadline is swept",
    usual=ONE,
)
since = Key(
    "presence:{<shard>}:since",
    "zset",
    "player id, visible ones only · when they came online, UTC ms",
    stays="emptied with the leases",
    usual=ONE,
)
states = Key(
    "presence:{<shard>}:states",
    "hash",
    "lease of a tab that is not plainly online · `away`, or what it plays",
    stays="emptied with the leases",
    usual=ONE,
)
players = Key(
    "presence:{<shard>}:players",
    "hash",
    "player id · msgpack of tabs, away, in a game, which, card",
    stays="emptied with the leases",
    usual=ONE,
)
invisible = Key(
    "presence:{<shard>}:invisible",
    "set",
    "ids of players whom nobody may see online",
    stays="goes with the choice",
    usual=ONE,
)
audience = Key(
    "presence:{<shard>}:audience",
    "hash",
    "player id whom only some may see online · JSON list of their ids",
    stays="goes with the choice",
    usual=ONE,
)
