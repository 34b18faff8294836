"""Reads streams as one consumer of a group: every entry is handled at least once, whoever dies.

What an entry means belongs to the handler; making its effect happen once is the handler's part too
(the entry carries an id chosen by its producer).
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from store.client import Client, ResponseError, StoreUnavailable, blocking

logger = logging.getLogger(__name__)

BATCH_MAX = 500
BLOCK_MS = 1_000
# An entry that its reader has held this long belongs to a dead reader: handlers finish a batch well within it.
CLAIM_AFTER_MS = 30_000
RETRY_S = (0.5, 1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class Entry:
    """One stream entry: the stream's key, its id there, and its fields."""

    stream: str
    id: str
    fields: dict[str, str]


Handler = Callable[[Sequence[Entry]], Awaitable[object]]


class GroupReader:
    """One named consumer of one group over some streams.

    It takes up its own unacknowledged entries first, then new ones, and at times those that a dead
    consumer left behind. The handler gets batches and an entry is acknowledged after it returned.
    """

    def __init__(
        self, group: str, consumer: str, streams: Callable[[], Awaitable[Sequence[str]]], handler: Handler
    ) -> None:
        self.group = group
        self.consumer = consumer
        self.streams = streams
        self.handler = handler
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Finish the batch in hand, then return from `run`."""
        self._stopping.set()

    async def run(self) -> None:
        """Read until `stop`; trouble with Redis or in the handler is logged and tried again with growing pauses."""
        failures = 0
        connection = blocking(BLOCK_MS / 1000)
        try:
            while not self._stopping.is_set():
                try:
                    await self.step(connection)
                    failures = 0
                except Exception as error:
                    pause_s = RETRY_S[min(failures, len(RETRY_S) - 1)]
                    failures += 1
                    known = isinstance(error, StoreUnavailable)
                    logger.error("%s: %s; again in %s s", self.group, error, pause_s, exc_info=not known)
                    await self._pause(pause_s)
        finally:
            await connection.aclose()

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def step(self, connection: Client, block_ms: int | None = BLOCK_MS) -> int:
        """Handle one round of entries and return how many; waits up to `block_ms` for new ones."""
        streams = await self.streams()
        if not streams:
            await self._pause(1.0)
            return 0
        await self._ensure_groups(connection, streams)
        handled = 0
        for key in streams:
            handled += await self._claim(connection, key)
        handled += await self._read(connection, dict.fromkeys(streams, "0"), None)
        if not handled:
            handled = await self._read(connection, dict.fromkeys(streams, ">"), block_ms)
        return handled

    async def _ensure_groups(self, connection: Client, streams: Sequence[str]) -> None:
        for key in streams:
            try:
                await connection.xgroup_create(key, self.group, id="0", mkstream=True)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    async def _claim(self, connection: Client, key: str) -> int:
        reply = await connection.xautoclaim(
            key, self.group, self.consumer, min_idle_time=CLAIM_AFTER_MS, start_id="0-0", count=BATCH_MAX
        )
        return await self._handle(connection, key, reply[1])

    async def _read(self, connection: Client, positions: dict[Any, Any], block_ms: int | None) -> int:
        reply = await connection.xreadgroup(self.group, self.consumer, positions, count=BATCH_MAX, block=block_ms)
        handled = 0
        for key, entries in reply or ():
            handled += await self._handle(connection, key, entries)
        return handled

    async def _handle(self, connection: Client, key: str, raw: Sequence[tuple[str, dict[str, str] | None]]) -> int:
        if not raw:
            return 0
        # An entry that was trimmed while pending comes back without fields: nothing is left to handle.
        entries = [Entry(key, entry_id, fields) for entry_id, fields in raw if fields]
        if entries:
            await self.handler(entries)
        await connection.xack(key, self.group, *(entry_id for entry_id, _ in raw))
        return len(raw)
