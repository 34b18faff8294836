"""The Redis keys of visitors."""

from store.keys import Key

visitors = Key("visitors:{unique}:day:<day>", "HyperLogLog", "HMACs of a day's visitors", ends="after 70 days")
game_visitors = Key(
    "visitors:{unique}:game:<game>:<day>", "HyperLogLog", "HMACs of a day's visitors of a game", ends="after 70 days"
)
active = Key(
    "visitors:{active}:day:<day>",
    "bitmap",
    "player id, which is dense · whether they were here on a UTC day",
    ends="after 70 days",
)
