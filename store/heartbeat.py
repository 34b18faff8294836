"""Workers say every few seconds that they are alive; whoever asks sees how long ago that was."""

import time

from store import keys
from store.client import client

FORGOTTEN_MS = 24 * 60 * 60 * 1000


async def beat(name: str) -> None:
    """Say that this worker is alive. One round trip."""
    now_ms = time.time_ns() // 1_000_000
    pipe = client().pipeline()
    pipe.zadd(keys.heartbeats(), {name: now_ms})
    pipe.zremrangebyscore(keys.heartbeats(), "-inf", now_ms - FORGOTTEN_MS)
    await pipe.execute()


async def ages_s() -> dict[str, float]:
    """For each worker of the last day, how many seconds ago it was last alive. One round trip."""
    now_ms = time.time_ns() // 1_000_000
    found = await client().zrange(keys.heartbeats(), 0, -1, withscores=True)
    # One of the future was said before the clock went back: whoever lives has said it again since.
    return {name: abs(now_ms - at_ms) / 1000 for name, at_ms in found}
