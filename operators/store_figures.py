"""The state of the infrastructure: Redis, streams and their readers, dead letters, workers and locks."""

import asyncio
from typing import Any

from flags.models import Experiment, Flag
from games.rooms import keys as room_keys
from leaderboard import keys as board_keys
from leaderboard.reading import windows
from leaderboard.repair.counting import repair_lock
from live.topics import State
from store import heartbeat
from store.client import Client, StoreUnavailable, client
from store.keys import dead_letters, fence, lock
from wallet import keys as wallet_keys

SLOWLOG_COUNT = 8
LETTERS_SHOWN = 8
# Seasons end one after another, so only the next few can be in the middle of closing.
SEASONS_LOOKED_AT = 8


async def redis() -> State:
    """The state of Redis, of all primaries together. One round trip."""
    nodes = await client().primaries()
    found = await asyncio.gather(*map(_server, nodes))
    infos = [info for info, *_ in found]
    hits, misses = (sum(info[name] for info in infos) for name in ("keyspace_hits", "keyspace_misses"))
    threshold, fsync = found[0][2], found[0][3]
    policy = (fsync or {}).get("appendfsync", "on, how is not told")
    policy = policy if all(info["aof_enabled"] for info in infos) else "no append-only file"
    loses = {"always": "nothing", "everysec": "the last 1 to 2 s", "no": "what the system has not written yet"}
    slow = sorted((each for _, slow, *_ in found for each in slow or ()), key=lambda each: -each["start_time"])
    return {
        "redis_bytes": sum(info["used_memory"] for info in infos),
        "redis_ops": sum(info["instantaneous_ops_per_sec"] for info in infos),
        "redis_clients": sum(info["connected_clients"] for info in infos),
        "redis_hits": round(100 * hits / (hits + misses), 1) if hits + misses else 100.0,
        "redis_evicted": sum(info["evicted_keys"] for info in infos),
        "redis_saved_ms": min(info["rdb_last_save_time"] for info in infos) * 1000,
        "redis_aof": policy,
        "redis_loss": loses.get(policy, "not known" if fsync is None else "everything since the last save"),
        "slow_us": int((threshold or {}).get("slowlog-log-slower-than", 0)),
        "t_slowlog": [
            [each["start_time"] * 1000, each["duration"], _text(each["command"])] for each in slow[:SLOWLOG_COUNT]
        ],
    }


async def _server(node: Client) -> list[Any]:
    """One server's INFO, slow log, threshold of the slow log and appendfsync; None for what it does not tell."""
    pipe = node.pipeline()
    pipe.info()
    pipe.slowlog_get(SLOWLOG_COUNT)
    pipe.config_get("slowlog-log-slower-than")
    pipe.config_get("appendfsync")
    # A hosted Redis may refuse some of these commands.
    replies = await pipe.execute(raise_on_error=False)
    if isinstance(replies[0], Exception):
        raise StoreUnavailable(str(replies[0]))
    return [None if isinstance(each, Exception) else each for each in replies]


def _ms(entry_id: str) -> int:
    return int(entry_id.partition("-")[0])


def _text(command: Any) -> str:
    text = command.decode(errors="replace") if isinstance(command, bytes) else str(command)
    return text[:80]


async def streams(slugs: list[str]) -> State:
    """The event streams with their readers, dead letters, and workers. Two round trips per stream, and one more."""
    names = [*(board_keys.runs(slug) for slug in slugs), wallet_keys.ledger(), room_keys.finished()]
    groups: list[list[Any]] = []
    dead: list[list[Any]] = []
    letters = 0
    for name in names:
        if not await client().exists(name):
            continue
        pipe = client().pipeline()
        pipe.xlen(name)
        pipe.xinfo_groups(name)
        pipe.xlen(dead_letters(name))
        pipe.xrevrange(dead_letters(name), count=LETTERS_SHOWN)
        length, found, waiting, newest = await pipe.execute()
        letters += waiting
        short = name.split(":", 1)[1]
        dead += [[_ms(entry_id), short, fields["_group"], fields["_reason"]] for entry_id, fields in newest]
        groups += [[short, length, each["name"], each["pending"], each.get("lag")] for each in found]
    return {
        "dead_letters": letters,
        "t_groups": groups,
        "t_letters": sorted(dead, reverse=True)[:LETTERS_SHOWN],
        "t_workers": [[name, round(age)] for name, age in sorted((await heartbeat.ages_s()).items())],
    }


async def locks(slugs: list[str]) -> list[list[Any]]:
    """The locks that are held now: name, owner, seconds left, and fencing number.

    Two round trips.
    """
    names = await _lock_names(slugs)
    pipe = client().pipeline()
    for name in names:
        pipe.get(lock(name))
        pipe.pttl(lock(name))
        pipe.get(fence(name))
    replies = await pipe.execute()
    rows = zip(names, replies[::3], replies[1::3], replies[2::3], strict=True)
    # Leave out the random suffix, which only the owner needs.
    return [
        [name, owner.rpartition(":")[0], round(ttl / 1000, 1), number] for name, owner, ttl, number in rows if owner
    ]


async def _lock_names(slugs: list[str]) -> list[str]:
    pipe = client().pipeline()
    for slug in slugs:
        pipe.zrange(board_keys.open_periods(slug), 0, SEASONS_LOOKED_AT - 1)
    opened = zip(slugs, await pipe.execute() if slugs else [], strict=True)
    flags = [slug async for slug in Flag.objects.values_list("slug", flat=True)]
    flags += [slug async for slug in Experiment.objects.values_list("slug", flat=True)]
    return [
        "forget",
        *(repair_lock(slug) for slug in slugs),
        *(f"window:{slug}:{days}" for slug in slugs for days in windows.DAYS),
        *(f"season:{slug}:{period}" for slug, periods in opened for period in periods),
        *(f"flag:{slug}" for slug in flags),
    ]
