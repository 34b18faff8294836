"""Heartbeats: workers report every few seconds that they are alive, and callers read how long ago that was."""

import time

from store import keys
from store.client import client

FORGOTTEN_MS = 24 * 60 * 60 * 1000
#: A worker that said nothing for longer is taken for dead. They beat every 5 seconds.
SILENT_S = 30.0


async def beat(name: str) -> None:
    """Record that this worker is alive. One round trip."""
    now_ms = time.time_ns() // 1_000_000
    pipe = client().pipeline()
    pipe.zadd(keys.heartbeats(), {name: now_ms})
    pipe.zremrangebyscore(keys.heartbeats(), "-inf", now_ms - FORGOTTEN_MS)
    await pipe.execute()


async def ages_s() -> dict[str, float]:
    """The seconds since the last heartbeat of each worker seen within a day. One round trip."""
    now_ms = time.time_ns() // 1_000_000
    found = await client().zrange(keys.heartbeats(), 0, -1, withscores=True)
    # A heartbeat in the future is from before the clock was set back: live workers have sent another since.
    return {name: abs(now_ms - at_ms) / 1000 for name, at_ms in found}


async def alive() -> list[str]:
    """The names of the workers that are alive, sorted. One round trip."""
    return sorted(name for name, age in (await ages_s()).items() if age <= SILENT_S)


async def numbers() -> dict[str, tuple[str, float]]:
    """For `/metrics`. One round trip."""
    return {"gameapp_workers": ("Workers that are alive.", len(await alive()))}
