"""The Redis keys of accounts."""

from store.keys import Key

session = Key(
    "accounts:{session:<name>}:fields",
    "hash",
    "session field · its JSON value (`_created`, `_seen`: UTC ms); `name` is an HMAC",
    ends="with the session",
    owner="session",
)
sessions = Key(
    "accounts:{player:<player>}:sessions",
    "zset",
    "names of a player's sessions · when each ends at the latest, UTC ms",
    ends="with the longest of them",
    owner="player",
)
setup_token = Key(
    "accounts:{setup}:token:<digest>",
    "string",
    "1 while a first-administrator link is open; named by the token's SHA-256",
    ends="after 30 minutes",
)
