"""The Redis keys of accounts."""

from store.keys import key

APP = "accounts"


def session(name: str) -> str:
    """hash · session field · its JSON value (`_created`, `_seen`: UTC ms) · the session's age. `name` is an HMAC."""
    return key(APP, f"session:{name}", "fields")


def sessions(player: int) -> str:
    """zset · names of a player's sessions · when each ends at the latest, UTC ms · as long as the longest of them."""
    return key(APP, f"player:{player}", "sessions")


def setup_token(digest: str) -> str:
    """string · 1 while a first-administrator link is open; named by the token's SHA-256 · 30 minutes."""
    return key(APP, "setup", "token", digest)
