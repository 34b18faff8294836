"""Locks with a lease: at most one holder at a time, and a fencing number for the protected writes.

A holder that stalls past its lease loses the lock without noticing at once. Therefore the protected data must
refuse a writer whose fencing number is lower than one that it has already seen.
"""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

from store import keys
from store.client import StoreUnavailable
from store.scripts import script

_take = script(__file__, "lock_take")
_renew = script(__file__, "lock_renew")
_release = script(__file__, "lock_release")

logger = logging.getLogger(__name__)

LEASE_MS = 15_000
RETRY_S = 0.05


class LockHeld(Exception):
    """Somebody else holds the lock."""


class LockLost(Exception):
    """The lease expired, or the lock was taken over, while it was held here. The work under it was cancelled."""


@dataclass(frozen=True, slots=True)
class Held:
    """A lock in hand. `fence` rises with every holder; pass it along with each protected write."""

    name: str
    fence: int


@contextlib.asynccontextmanager
async def hold(name: str, *, lease_ms: int = LEASE_MS, wait_s: float = 0.0) -> AsyncIterator[Held]:
    """Hold a lock during the block, and renew it in the background after each third of its lease.

    Raises:
        LockHeld: somebody else holds it and did so for `wait_s`; nothing was done.
        LockLost: it was lost meanwhile; the block was cancelled where it stood.
        StoreUnavailable: no answer from Redis when taking it.

    Redis: lua/lock_take.lua and lua/lock_release.lua, one round trip each, and one per renewal.
    """
    token = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(8)}"
    gives_up = asyncio.get_running_loop().time() + wait_s
    while not (fence := await _take([keys.lock(name), keys.fence(name)], [token, lease_ms])):
        if asyncio.get_running_loop().time() >= gives_up:
            raise LockHeld(name)
        await asyncio.sleep(RETRY_S)
    worker = asyncio.current_task()
    assert worker is not None
    lost = asyncio.Event()
    renewing = asyncio.create_task(_keep(name, token, lease_ms, worker, lost))
    try:
        yield Held(name, fence)
    except asyncio.CancelledError:
        # One cancellation is ours. If somebody else has cancelled the task too, theirs goes through.
        if not lost.is_set() or worker.uncancel() > 0:
            raise
        raise LockLost(name) from None
    finally:
        renewing.cancel()
        with contextlib.suppress(StoreUnavailable):  # Then its lease expires.
            await _release([keys.lock(name)], [token])


async def _keep(name: str, token: str, lease_ms: int, worker: "asyncio.Task[object]", lost: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    ends = loop.time() + lease_ms / 1000
    while True:
        await asyncio.sleep(max(0.0, min(lease_ms / 3000, ends - loop.time())))
        renewed_from = loop.time()
        try:
            async with asyncio.timeout_at(ends):
                kept = bool(await _renew([keys.lock(name)], [token, lease_ms]))
            ends = renewed_from + lease_ms / 1000 if kept else ends
        except Exception as error:
            kept = loop.time() < ends  # The lock stays ours until the last granted lease expires.
            logger.warning("the lock %s was not renewed: %s", name, error or type(error).__name__)
            await asyncio.sleep(RETRY_S)
        if not kept:
            lost.set()
            worker.cancel()
            return
