"""A cache for values that are expensive to compute and the same for everybody: one process computes for all.

Readers get a value at most a few seconds old. When it is older, one reader computes a new one, and the others get the
old one meanwhile. They wait only when there is no value yet.
"""

import asyncio
from collections.abc import Awaitable, Callable

from store import keys
from store.client import StoreUnavailable, client
from store.lock import LockHeld, hold

KEPT_S = 60
WAIT_S = 0.05
WAITS_MAX = 80
# A process that dies while computing delays the others by this long.
LEASE_MS = 3_000


async def text(name: str, fresh_s: int, compute: Callable[[], Awaitable[str]]) -> str:
    """The cached text of a name, at most `fresh_s` seconds old unless it takes longer to compute.

    Raises:
        StoreUnavailable: Redis is away, or nobody computed it within four seconds.

    Redis: two round trips; whoever computes it adds four.
    """
    value, fresh = keys.shared(name), keys.shared_fresh(name)

    async def kept() -> None:
        found = await compute()
        pipe = client().pipeline(transaction=True)
        pipe.set(value, found, ex=max(KEPT_S, 2 * fresh_s))  # What is fresh is there.
        pipe.set(fresh, 1, ex=fresh_s)
        await pipe.execute()

    for _ in range(2):  # Retry if the value expired between the check and the read.
        await see_to(value, fresh, fresh_s, f"shared:{name}", kept)
        if (found := await client().get(value)) is not None:
            return found
    raise StoreUnavailable("a shared value expired at once")


async def forget(*names: str) -> None:
    """Delete cached texts, so that the next reader computes them again. One round trip."""
    pipe = client().pipeline()
    for name in names:
        pipe.delete(keys.shared_fresh(name), keys.shared(name))
    await pipe.execute()


async def see_to(value: str, fresh: str, fresh_s: int, lock: str, compute: Callable[[], Awaitable[None]]) -> None:
    """Keep the key `value` fresh: when the key `fresh` is gone, one caller runs `compute`, which sets both with a TTL.

    Raises StoreUnavailable: nobody computed it within four seconds.
    """
    for _ in range(WAITS_MAX):
        is_there, is_fresh = await _look(value, fresh, fresh_s)
        if is_fresh:
            return
        try:
            async with hold(lock, lease_ms=LEASE_MS):
                # Another caller may have computed it between the check and the lock.
                _, is_fresh = await _look(value, fresh, fresh_s)
                return None if is_fresh else await compute()
        except LockHeld:
            if is_there:
                return  # Another caller is computing it. The old value will do meanwhile.
            await asyncio.sleep(WAIT_S)
    raise StoreUnavailable("nobody computed it in time")


async def _look(value: str, fresh: str, fresh_s: int) -> tuple[bool, bool]:
    """Whether there is a value, and whether it is fresh."""
    pipe = client().pipeline()
    pipe.pttl(fresh)
    pipe.exists(value)
    fresh_ms, is_there = await pipe.execute()
    # A TTL longer than any that is set means that the clock was set back: not fresh.
    return bool(is_there), 0 <= fresh_ms <= 1000 * fresh_s
