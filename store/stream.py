"""Reads streams as a consumer of a group: every entry is handled at least once, even when processes die.

The handler interprets entries. It must also be idempotent, for which each entry carries an id chosen by
its producer.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from store import keys
from store.client import Client, ResponseError, StoreUnavailable, blocking, client
from store.scripts import script

logger = logging.getLogger(__name__)

BATCH_MAX = 500
BLOCK_MS = 1_000
# When an entry has been pending this long, its reader is taken for dead: handlers finish a batch much sooner.
CLAIM_AFTER_MS = 30_000
# An entry that failed this often when tried alone becomes a dead letter, so that it does not block later ones.
TRIES_MAX = 5
RETRY_S = (0.5, 1, 2, 5, 10)

FAILURES_TTL_S = 7 * 24 * 60 * 60

_trim = script(__file__, "trim")
_bury = script(__file__, "bury")
_replay = script(__file__, "replay")


@dataclass(frozen=True, slots=True)
class Entry:
    """One stream entry: the stream's key, its id there, and its fields."""

    stream: str
    id: str
    fields: dict[str, str]


def sequence_of(entry_id: str) -> int:
    """A stream id as one integer with the same order: milliseconds, then 20 bits for the number within one."""
    ms, _, count = entry_id.partition("-")
    return (int(ms) << 20) + int(count)


def id_of(sequence: int) -> str:
    """The stream id of a number from `sequence_of`."""
    return f"{sequence >> 20}-{sequence & 0xFFFFF}"


def moment(ms: str | int) -> datetime:
    """UTC milliseconds as a datetime, for SQL."""
    return datetime.fromtimestamp(int(ms) / 1000, UTC)


@dataclass(frozen=True)
class Group:
    """A consumer group: its name, its handler for batches, and the errors that are no entry's fault (`trouble`)."""

    name: str
    handle: Callable[[Sequence[Entry]], Awaitable[object]]
    trouble: tuple[type[Exception], ...] = ()


Streams = Callable[[], Awaitable[Sequence[str]]]


class GroupReader:
    """One named consumer of one group over some streams.

    It reads its own unacknowledged entries first, then those of dead consumers, then new ones. The handler
    gets batches, and entries are acknowledged after it returns. When a batch fails, its entries are tried
    one by one. An entry that has failed five times moves to the dead letters with the reason.
    """

    def __init__(self, group: Group, consumer: str, streams: Streams) -> None:
        self.group = group
        self.consumer = consumer
        self.streams = streams
        self._stopping = asyncio.Event()
        self._trouble: tuple[type[Exception], ...] = (StoreUnavailable, *group.trouble)

    def stop(self) -> None:
        """Finish the batch in hand, then return from `run`."""
        self._stopping.set()

    async def run(self) -> None:
        """Read until `stop`. Errors of Redis or the handler are logged and retried after growing pauses."""
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
                    known = isinstance(error, self._trouble)
                    logger.error("%s: %s; again in %s s", self.group.name, error, pause_s, exc_info=not known)
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
            await self._pause(BLOCK_MS / 1000)
            return 0
        await self._ensure_groups(connection, streams)
        handled = await self._read(connection, dict.fromkeys(streams, "0"), None)
        for key in streams:
            handled += await self._claim(connection, key)
        if not handled:
            handled = await self._read(connection, dict.fromkeys(streams, ">"), block_ms)
        return handled

    async def _ensure_groups(self, connection: Client, streams: Sequence[str]) -> None:
        for key in streams:
            try:
                await connection.xgroup_create(key, self.group.name, id="0", mkstream=True)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    async def _claim(self, connection: Client, key: str) -> int:
        reply = await connection.xautoclaim(
            key, self.group.name, self.consumer, min_idle_time=CLAIM_AFTER_MS, start_id="0-0", count=BATCH_MAX
        )
        return await self._handle(connection, key, reply[1])

    async def _read(self, connection: Client, positions: dict[Any, Any], block_ms: int | None) -> int:
        reply = await connection.xreadgroup(self.group.name, self.consumer, positions, count=BATCH_MAX, block=block_ms)
        handled = 0
        for key, entries in reply or ():
            handled += await self._handle(connection, key, entries)
        return handled

    async def _handle(self, connection: Client, key: str, raw: Sequence[tuple[str, dict[str, str] | None]]) -> int:
        if not raw:
            return 0
        # An entry that was deleted while pending comes back without fields: nothing is left to handle.
        entries = [Entry(key, entry_id, fields) for entry_id, fields in raw if fields]
        done = [entry_id for entry_id, fields in raw if not fields]
        try:
            if entries:
                await self.group.handle(entries)
            done += [entry.id for entry in entries]
        except self._trouble:
            raise
        except Exception:
            logger.exception("%s: a batch of %d failed; trying its entries one by one", self.group.name, len(entries))
            done += [entry.id for entry in entries if await self._handled_alone(connection, entry)]
        if done:
            await connection.xack(key, self.group.name, *done)
        return len(done)

    async def _handled_alone(self, connection: Client, entry: Entry) -> bool:
        """Handle one entry. True when it is done: handled, or moved to the dead letters."""
        try:
            await self.group.handle([entry])
            return True
        except self._trouble:
            raise
        except Exception as error:
            # Count failures here: the delivery count also grows while Redis or SQL is down.
            failures = keys.failures(entry.stream, self.group.name)
            if await connection.hincrby(failures, entry.id, 1) < TRIES_MAX:
                await connection.expire(failures, FAILURES_TTL_S)
                return False
            reason = f"{type(error).__name__}: {error}"[:500]
            names = [entry.stream, keys.dead_letters(entry.stream), failures]
            await _bury(names, [self.group.name, entry.id, reason])
            logger.error("%s: entry %s moved to the dead letters: %s", self.group.name, entry.id, reason)
            return True


async def trim(stream: str, groups: Sequence[str]) -> int:
    """Drop the entries that all groups have acknowledged and return how many; none while a group does not exist yet.

    Redis: lua/trim.lua, one round trip.
    """
    return await _trim([stream], list(groups))


async def dead_letters(stream: str) -> list[Entry]:
    """The entries that could not be handled, oldest first, with `_reason`, `_group` and `_id` among their fields."""
    dead = keys.dead_letters(stream)
    return [Entry(dead, entry_id, fields) for entry_id, fields in await client().xrange(dead)]


async def replay_dead_letters(stream: str) -> int:
    """Append every dead letter to its stream again and return how many.

    Every group reads a replayed entry again, which idempotent handlers tolerate. Its field `origin` is its
    first id. Redis: lua/replay.lua, one round trip per letter.
    """
    names = [stream, keys.dead_letters(stream)]
    return sum([await _replay(names, [letter.id]) for letter in await dead_letters(stream)])
