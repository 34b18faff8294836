"""Checks the whole site. Each finding is one line: fine, or how to repair it."""

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core import checks
from django.db import DatabaseError

from games.rooms import registry
from live.observe.health import sql_problem
from operators import identity
from store import heartbeat
from store.client import Client, StoreUnavailable, client
from store.keys import every_key, find
from store.server import probe

VERSION_MIN = (6, 2)
PING_MS_MAX = 5.0
CLOCK_MS_MAX = 1_000
KEYS_LOOKED_AT = 20_000
MEMORY_SHARE_MAX = 0.9


class Finding(msgspec.Struct, frozen=True):
    """What was checked, whether it is fine, and what was found or how to repair it."""

    what: str
    ok: bool
    words: str


async def examine(deploy: bool) -> AsyncIterator[Finding]:
    """Yield every finding, Redis first; `deploy` adds Django's deployment checks."""
    debug = "DEBUG is on; set DEBUG=0 for a site that others can reach"
    yield Finding("Settings", True, debug if settings.DEBUG else "DEBUG is off")
    try:
        async for finding in _redis():
            yield finding
        unable = await probe.problems()
        yield Finding("Redis can", not unable, "; ".join(unable) or "write, run scripts, publish and hear")
        async for finding in _keys():
            yield finding
        yield await _workers()
        yield await _runners()
    except StoreUnavailable as error:
        yield Finding("Redis", False, f"no answer ({error}): start it, or mend REDIS_URL")
    for finding in [*await sync_to_async(lambda: [*_sql()])(), *await _stores()]:
        yield finding
    for finding in await sync_to_async(lambda: [*_static(), *_checks(deploy)])():
        yield finding


async def wrong() -> list[Finding]:
    """What is wrong with the running site: everything that `examine` checks but the keys and Django's own checks."""
    try:
        found = [each async for each in _redis()]
        unable = await probe.problems()
        found += [Finding("Redis can", not unable, "; ".join(unable)), await _workers(), await _runners()]
    except StoreUnavailable as error:
        found = [Finding("Redis", False, f"no answer ({error}): start it, or mend REDIS_URL")]
    found += [*await sync_to_async(lambda: [*_sql(), *_static()])(), *await _stores()]
    return [each for each in found if not each.ok]


async def _redis() -> AsyncIterator[Finding]:
    """Every server that takes writes; where there are several, each finding names its own."""
    nodes = await client().primaries()
    for node in nodes:
        async for finding in _server(node):
            yield msgspec.structs.replace(finding, what=f"{finding.what} of {node.name}") if len(nodes) > 1 else finding
    if (layout := await client().layout()) is not None:
        whole, alone = not layout.unowned, layout.alone
        words = f"{layout.primaries} primaries"
        words += f"; {layout.unowned:,} slots have no owner" if layout.unowned else ""
        words += f"; no replica stands by for {', '.join(alone)}" if alone else ", each with a replica"
        yield Finding("Cluster", whole and not alone, words)


async def _server(node: Client) -> AsyncIterator[Finding]:
    info = await node.info()
    used, most = info.get("used_memory", 0), info.get("maxmemory", 0)
    full = bool(most) and used > MEMORY_SHARE_MAX * most
    of = f"of {most:,}" if most else "and no limit is set"
    yield Finding("Memory", not full, f"{used:,} bytes used {of}" + (": raise maxmemory" if full else ""))
    version = tuple(int(part) for part in info["redis_version"].split(".")[:2])
    yield Finding("Redis version", version >= VERSION_MIN, f"{info['redis_version']} (6.2 or newer)")
    took = []
    for _ in range(20):
        started = time.perf_counter()
        await node.ping()
        took.append(1000 * (time.perf_counter() - started))
    middle = sorted(took)[10]
    yield Finding("Redis latency", middle <= PING_MS_MAX, f"PING {middle:.2f} ms (at most {PING_MS_MAX:g})")
    policy = info.get("maxmemory_policy", "?")
    yield Finding("Eviction", policy == "noeviction", f"maxmemory-policy {policy} (must be noeviction: it is a store)")
    aof = info.get("aof_enabled") == 1
    yield Finding("Append-only file", aof, "on" if aof else "off: CONFIG SET appendonly yes, and in redis.conf")
    saved = info.get("rdb_last_bgsave_status") == "ok" and info.get("aof_last_write_status", "ok") == "ok"
    yield Finding("Last save", saved, "went well" if saved else "failed: look at Redis's log and its disk")
    seconds, microseconds = await node.time()
    apart = abs(time.time() * 1000 - (seconds * 1000 + microseconds / 1000))
    yield Finding("Clock", apart <= CLOCK_MS_MAX, f"{apart:.0f} ms from Redis's (at most {CLOCK_MS_MAX}: run NTP)")


async def _keys() -> AsyncIterator[Finding]:
    unknown, endless, looked_at = [], [], 0
    async for name in client().scan_iter(match=every_key(), count=1_000):
        looked_at += 1
        found = find(name)
        if found is None:
            unknown.append(name)
        elif found.key.ends and await client().ttl(name) == -1:
            endless.append(name)
        if looked_at >= KEYS_LOOKED_AT:
            break
    example = f", such as {unknown[0]}" if unknown else ""
    yield Finding("Keys", not unknown, f"{len(unknown)} of {looked_at:,} are none of this version's{example}")
    example = f", such as {endless[0]}: EXPIRE or delete them" if endless else ""
    yield Finding("Keys that must end", not endless, f"{len(endless)} of {looked_at:,} do not{example}")


async def _workers() -> Finding:
    alive = await heartbeat.alive()
    words = f"alive: {', '.join(alive)}" if alive else "none alive: start manage.py worker"
    return Finding("Worker", bool(alive), words)


async def _runners() -> Finding:
    alive = await registry.runners(now_ms=time.time_ns() // 1_000_000)
    rooms, waiting = await registry.load(now_ms=time.time_ns() // 1_000_000)
    words = (
        f"alive: {len(alive)}, for {rooms:,} rooms"
        if alive
        else "none alive: nobody can play others until manage.py rooms is started"
    )
    return Finding("Room runners", bool(alive) or not waiting, words + (f"; {waiting:,} wait" if waiting else ""))


def _sql() -> Iterator[Finding]:
    try:
        problem = sql_problem()
    except DatabaseError as error:
        problem = f"sql: {error}"
    yield Finding("SQL", not problem, problem or "answers, and its tables are up to date")


async def _stores() -> list[Finding]:
    try:
        found = await identity.problems()
    except (StoreUnavailable, DatabaseError) as error:
        found = [f"not checked: {error}"]
    noted = "Redis, SQL, the data folder and the secret key belong together"
    well = Finding("Stores", True, noted if await identity.is_noted() else "not recorded yet: the worker will do it")
    return [Finding("Stores", False, words) for words in found] or [well]


def _static() -> Iterator[Finding]:
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if settings.DEBUG:
        yield Finding("Static files", True, "served from the source folders (DEBUG)")
    else:
        yield Finding(
            "Static files", manifest.exists(), "collected" if manifest.exists() else "run manage.py collectstatic"
        )


def _checks(deploy: bool) -> Iterator[Finding]:
    found = [each for each in checks.run_checks(include_deployment_checks=deploy) if not each.is_silenced()]
    serious = [each for each in found if each.level >= checks.WARNING]
    for each in serious:
        yield Finding(f"Check {each.id}", False, f"{each.msg} {each.hint or ''}".strip())
    if not serious:
        yield Finding("Django's checks", True, "no complaint" + (", deployment included" if deploy else ""))
