"""The worker's samples for the dashboard, in bounded memory: one per minute for a day, and one of all keys."""

import time
from collections import defaultdict
from collections.abc import AsyncGenerator
from typing import Any

import msgspec

from leaderboard import boards
from leaderboard.models import Board
from operators import keys
from presence.online import online
from store.client import client
from store.keys import app_of, every_key, find

MINUTES_MAX = 1_440
KEYS_SAMPLED = 20_000
BUDGET_S = 2.0
MEMORY_TTL_S = 24 * 60 * 60
ENDLESS_NAMED = 8
#: Redis and its allocator need more memory than the values: multiply the measured size by this.
SIZING = 1.3


async def sample_minute() -> None:
    """Store a sample of this minute. Workers call it every minute; several workers still store only one per minute."""
    newest = await client().xrevrange(keys.minutes(), count=1)
    now_ms = time.time_ns() // 1_000_000
    if newest and now_ms - int(newest[0][1]["at_ms"]) < 50_000:
        return
    slugs = [slug async for slug in Board.objects.values_list("slug", flat=True)]
    count, _ = await online(0)
    fields: dict[Any, Any] = {"at_ms": now_ms, "online": count, "runs": await boards.accepted_today(slugs)}
    await client().xadd(keys.minutes(), fields, maxlen=MINUTES_MAX, approximate=False)


async def online_by_minute() -> list[tuple[int, int]]:
    """The last 24 hours: when (UTC ms), and how many were online. One round trip."""
    found = await client().xrange(keys.minutes())
    return [(int(fields["at_ms"]), int(fields["online"])) for _, fields in found]


class Memory(msgspec.Struct):
    """A sample of all keys: `apps` has keys and bytes per app; `endless` counts those that should expire but do not."""

    apps: dict[str, tuple[int, int]] = {}
    endless: int = 0
    endless_names: list[str] = []


_decoder = msgspec.json.Decoder(Memory)


async def _names() -> AsyncGenerator[list[str]]:
    """The names of the site's keys, in batches from each server in turn, so that a sample is of all of them."""
    cursors = dict.fromkeys(await client().primaries(), -1)
    while cursors:
        for node, cursor in list(cursors.items()):
            cursors[node], names = await node.scan(max(cursor, 0), match=every_key(), count=500)
            if not cursors[node]:
                del cursors[node]
            yield names


async def sample_memory() -> None:
    """Measure a sample of the keys by app, within two seconds. The worker does it every five minutes."""
    sizes: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    endless: list[str] = []
    looked_at, is_whole, started = 0, False, time.monotonic()
    every = _names()
    while looked_at < KEYS_SAMPLED and time.monotonic() - started < BUDGET_S:
        if (names := await anext(every, None)) is None:
            is_whole = True
            break
        pipe = client().pipeline()
        for name in names:
            pipe.memory_usage(name)
            pipe.ttl(name)
        replies = await pipe.execute() if names else []
        for name, size, ttl in zip(names, replies[::2], replies[1::2], strict=True):
            app = sizes[app_of(name)]
            app[0], app[1] = app[0] + 1, app[1] + int(size or 0)
            found = find(name)
            if ttl == -1 and found and found.key.ends:
                endless.append(name)
        looked_at += len(names)
    whole = await client().dbsize()
    share = max(1.0, whole / looked_at) if looked_at and not is_whole else 1.0
    apps = {app: (round(count * share), round(size * share)) for app, (count, size) in sizes.items()}
    sample = Memory(apps, round(len(endless) * share), endless[:ENDLESS_NAMED])
    await client().set(keys.memory(), msgspec.json.encode(sample).decode(), ex=MEMORY_TTL_S)


async def memory() -> Memory:
    """The last sample; empty before the first. One round trip."""
    text = await client().get(keys.memory())
    return _decoder.decode(text) if text else Memory()
