"""Each web process reports its numbers every two seconds; the dashboard adds them up."""

import asyncio
import logging
import os
import socket
import time
from typing import Any

import msgspec

from live.hub import hub
from live.observe import counters, keys
from store.client import StoreUnavailable, client

logger = logging.getLogger(__name__)

EVERY_S = 2.0
#: A process that has reported nothing for this long is gone.
SILENT_MS = 10_000


class Numbers(msgspec.Struct):
    """What a process counted since it started, what it holds now, and its last errors."""

    at_ms: int
    counts: dict[str, int]
    watchers: int
    p50_ms: float
    p99_ms: float
    errors: list[str] = []

    @property
    def sockets(self) -> int:
        """How many are open."""
        return self.counts.get("sockets_opened", 0) - self.counts.get("sockets_closed", 0)


_decoder = msgspec.json.Decoder(Numbers)


class Reported:
    """Wraps the application and starts reporting with the first request or socket. Plain ASGI."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if self._task is None:
            self._task = asyncio.create_task(report_for_ever(), name="process report")
        await self.application(scope, receive, send)


async def report_for_ever() -> None:
    """Report this process's numbers until it ends. Redis outages are ignored here, since the hub logs them."""
    name = f"{socket.gethostname()}:{os.getpid()}"
    while True:
        try:
            await report(name)
        except StoreUnavailable:
            pass
        except Exception:
            logger.exception("this process could not report")
        await asyncio.sleep(EVERY_S)


async def report(name: str) -> None:
    """Report this process's numbers once. One round trip."""
    counters.watchers.set(hub().watcher_count)
    numbers = Numbers(
        time.time_ns() // 1_000_000,
        dict(counters.counts),
        hub().watcher_count,
        round(counters.percentile(0.5), 1),
        round(counters.percentile(0.99), 1),
        list(counters.errors)[-5:],
    )
    await client().hset(keys.processes(), name, msgspec.json.encode(numbers).decode())


async def read() -> dict[str, Numbers]:
    """Every process that is alive, by name. One round trip, and one when some are gone."""
    found = {name: _decoder.decode(text) for name, text in (await client().hgetall(keys.processes())).items()}
    now_ms = time.time_ns() // 1_000_000
    if gone := [name for name, numbers in found.items() if abs(now_ms - numbers.at_ms) > SILENT_MS]:
        await client().hdel(keys.processes(), *gone)
    return {name: numbers for name, numbers in sorted(found.items()) if name not in gone}
