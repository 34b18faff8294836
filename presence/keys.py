"""The Redis keys of presence."""

from store.keys import Key

leases = Key(
    "presence:{online}:leases",
    "zset",
    "`<player id>:<connection id>` · deadline, UTC ms",
    stays="what is past its deadline is swept",
)
since = Key(
    "presence:{online}:since",
    "zset",
    "player id, visible ones only · when they came online, UTC ms",
    stays="emptied with the leases",
)
states = Key(
    "presence:{online}:states",
    "hash",
    "lease of a tab that is not plainly online · `away`, or what it plays",
    stays="emptied with the leases",
)
players = Key(
    "presence:{online}:players",
    "hash",
    "player id · msgpack of tabs, away, in a game, which, card",
    stays="emptied with the leases",
)
invisible = Key(
    "presence:{online}:invisible", "set", "ids of players whom nobody may see online", stays="goes with the choice"
)
audience = Key(
    "presence:{online}:audience",
    "hash",
    "player id whom only some may see online · JSON list of their ids",
    stays="goes with the choice",
)
