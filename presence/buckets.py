"""Where players lie: in buckets of 64 whose ids follow each other.

The tabs of a bucket are one small sorted set, which Redis keeps in one piece of memory: a million players take about
thirty megabytes. In a cluster the buckets are spread over shards, each with a hash tag of its own, so that no node
bears all beats. What looks at everybody asks all shards at once.
"""

import functools
import string

from live.hub import mark
from live.keys import marks
from presence import keys
from store.client import client, publishing
from store.keys import prefix
from store.scripts import Argument

SUBJECT = "online"
LEASE_MS = 45_000
#: What every script that changes a bucket has before it.
SCRIPTS = ["now", "bucket", "show", "tabs"]
#: Players a bucket: with a tab or two each, it stays below the 128 entries that Redis keeps in one piece.
BUCKET = 64
#: Over so many hash tags the buckets are spread in a cluster. Another number would forget who is online, for a lease.
SHARDS = 16
#: The letter of each player of a bucket, as lua/bucket.lua has them.
LETTERS = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"


def bucket_of(player: int) -> int:
    """The number of a player's bucket."""
    return player // BUCKET


def letter_of(player: int) -> str:
    """What the leases of a player begin with in their bucket."""
    return LETTERS[player % BUCKET]


def shards() -> list[str]:
    """The hash tags over which the buckets are spread."""
    return [f"online-{number}" for number in range(SHARDS)] if client().has_slots else ["online"]


def shard_of(bucket: int) -> str:
    """The hash tag of a bucket."""
    parts = shards()
    return parts[bucket % len(parts)]


def shard_keys(shard: str) -> list[str]:
    """The keys of the scripts that look at a shard."""
    return _shard_keys(prefix(), shard)


@functools.lru_cache(maxsize=64)
def _shard_keys(site: str, shard: str) -> list[str]:
    kinds = (keys.due, keys.here, keys.newest, keys.cards, keys.hidden, keys.counts, keys.codes)
    return [kind(shard) for kind in kinds]


def keys_of(bucket: int) -> list[str]:
    """The keys of the scripts that change a bucket."""
    shard = shard_of(bucket)
    return [keys.leases(shard, bucket), *shard_keys(shard)]


def arguments(now_ms: int | None, bucket: int, *more: Argument) -> list[Argument]:
    """What the scripts that change a bucket begin with, and more. `now_ms`: None for the server's clock."""
    # The channel of the marks lies in one slot, where the script of a shard cannot publish.
    how = "" if client().has_slots else publishing(marks(SUBJECT))
    return ["" if now_ms is None else now_ms, how, bucket, *more]


async def marked(changed: int) -> bool:
    """Mark what a script has changed if it could not do so itself, and say whether it did."""
    if changed and client().has_slots:
        await mark(SUBJECT)
    return bool(changed)
