"""The Redis keys of the wallet. They share a hash tag, because one script changes both coins and ledger."""

from store.keys import Key

balances = Key("wallet:{coins}:balances", "hash", "player id · coins", stays="as long as the player")
owned = Key(
    "wallet:{coins}:owned:<player>",
    "set",
    "slugs of the cosmetics that a player bought",
    stays="as long as the player",
    owner="player",
)
ledger = Key(
    "wallet:{coins}:ledger",
    "stream",
    "movements of coins on their way to SQL; fields in lua/move.lua",
    stays="trimmed once acknowledged",
)
movement = Key(
    "wallet:{coins}:movement:<request>",
    "string",
    "coins after a movement, which makes asking for it again harmless",
    ends="after 30 days",
)
