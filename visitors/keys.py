"""The Redis keys of visitors. Each day has a hash tag of its own, since every request writes to today's."""

from store.keys import Key

visitors = Key("visitors:{unique:<day>}:site", "HyperLogLog", "HMACs of a day's visitors", ends="after 70 days")
game_visitors = Key(
    "visitors:{unique:<day>}:game:<game>", "HyperLogLog", "HMACs of a day's visitors of a game", ends="after 70 days"
)
active = Key(
    "visitors:{active:<day>}:players",
    "bitmap",
    "player id, which is dense · whether they were here on a UTC day",
    ends="after 70 days",
)
copy = Key(
    "visitors:{copies}:of:<name>",
    "HyperLogLog or bitmap",
    "in a cluster, a day's that is merged with others, or what is made of them",
    ends="after 1 minute",
)
