"""What is dear to work out and the same for everybody: computed now and then, by one process, for all.

Readers get a value at most a few seconds old. When it is older one of them computes it, and the others get the old one
meanwhile; only where there is none yet do they wait.
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
    """A text under a name, at most `fresh_s` seconds old unless it takes longer to compute.

    Raises:
        StoreUnavailable: Redis is away, or nobody computed it within four seconds.

    Redis: one round trip; whoever computes it adds five.
    """
    value, fresh = keys.shared(name), keys.shared_fresh(name)

    async def kept() -> None:
        found = await compute()
        pipe = client().pipeline(transaction=True)
        pipe.set(value, found, ex=KEPT_S)
        pipe.set(fresh, 1, ex=fresh_s)
        await pipe.execute()

    for _ in range(2):  # Once more when it ended between the two looks.
        await see_to(value, fresh, fresh_s, f"shared:{name}", kept)
        if (found := await client().get(value)) is not None:
            return found
    raise StoreUnavailable("what was computed for all is gone at once")


async def forget(*names: str) -> None:
    """Have texts computed anew at the next look. One round trip."""
    pipe = client().pipeline()
    for name in names:
        pipe.delete(keys.shared_fresh(name), keys.shared(name))
    await pipe.execute()


async def see_to(value: str, fresh: str, fresh_s: int, lock: str, compute: Callable[[], Awaitable[None]]) -> None:
    """Have a key hold what `compute` writes there, while `fresh` lives; both have an end.

    Raises StoreUnavailable: nobody computed it within four seconds.
    """
    for _ in range(WAITS_MAX):
        is_there, is_fresh = await _look(value, fresh, fresh_s)
        if is_fresh:
            return
        try:
            async with hold(lock, lease_ms=LEASE_MS):
                # Somebody may have computed it between the look and the lock.
                _, is_fresh = await _look(value, fresh, fresh_s)
                return None if is_fresh else await compute()
        except LockHeld:
            if is_there:
                return  # Somebody computes it. An older one will do; only a first reader has to wait.
            await asyncio.sleep(WAIT_S)
    raise StoreUnavailable("nobody computed it in time")


async def _look(value: str, fresh: str, fresh_s: int) -> tuple[bool, bool]:
    """Whether there is a value, and whether it is fresh."""
    pipe = client().pipeline()
    pipe.pttl(fresh)
    pipe.exists(value)
    fresh_ms, is_there = await pipe.execute()
    # An end further away than any is ever set lies in a future that the clock has gone back from.
    return bool(is_there), 0 <= fresh_ms <= 1000 * fresh_s
