"""The Redis keys of the wallet."""

from store.keys import key

APP = "wallet"
# All players share it: a movement touches a player's coins and the one ledger at once.
COINS = "coins"


def balances() -> str:
    """hash · player id · coins · no TTL."""
    return key(APP, COINS, "balances")


def owned(player: int) -> str:
    """set · slugs of the cosmetics that a player bought · no TTL."""
    return key(APP, COINS, "owned", player)


def ledger() -> str:
    """stream · movements of coins on their way to SQL; fields in lua/move.lua · trimmed once acknowledged."""
    return key(APP, COINS, "ledger")


def movement(request: str) -> str:
    """string · coins after a movement, which makes asking for it again harmless · 30 days."""
    return key(APP, COINS, "movement", request)
