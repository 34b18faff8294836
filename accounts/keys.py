"""The Redis keys of accounts."""

from store.keys import key

APP = "accounts"
# All wallets share it: a movement touches a player's coins and the one ledger at once.
WALLET = "wallet"


def session(name: str) -> str:
    """hash · session field · its JSON value (`_created`, `_seen`: UTC ms) · the session's age. `name` is an HMAC."""
    return key(APP, f"session:{name}", "fields")


def sessions(player: int) -> str:
    """zset · names of a player's sessions · when each ends at the latest, UTC ms · as long as the longest of them."""
    return key(APP, f"player:{player}", "sessions")


def setup_token(digest: str) -> str:
    """string · 1 while a first-administrator link is open; named by the token's SHA-256 · 30 minutes."""
    return key(APP, "setup", "token", digest)


def balances() -> str:
    """hash · player id · coins · no TTL."""
    return key(APP, WALLET, "balances")


def owned(player: int) -> str:
    """set · slugs of the cosmetics that a player bought · no TTL."""
    return key(APP, WALLET, "owned", player)


def ledger() -> str:
    """stream · movements of coins on their way to SQL; fields in lua/move.lua · trimmed once acknowledged."""
    return key(APP, WALLET, "ledger")


def movement(request: str) -> str:
    """string · coins after a movement, which makes asking for it again harmless · 30 days."""
    return key(APP, WALLET, "movement", request)
