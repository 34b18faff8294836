"""Presence with a million online, beside PING and one plain sorted set: memory, beats, count, newest 50, friends.

One player in ten has two tabs, one in five plays. The ratios are medians over rounds in which both sides take turns.
"""

import argparse
import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from statistics import median

import uvloop
from rich.progress import track

from benchmarks import stage
from benchmarks.load import percentile
from benchmarks.report import Target, show

BATCH = 2_000
AT_ONCE = 32
# The clock is fixed. Otherwise the first leases would expire before the last ones begin.
NOW_MS = 1_800_000_000_000
# A connection beats every 15 s, so beats per second times 15 is how many connections these beats allow.
BEAT_S = 15
NAMED, FOLLOWED, FOLLOWED_HERE = 50, 200, 50
PLAIN = "plain:leases"
MEMORY_MB = 40.0
Step = Callable[[int], Awaitable[object]]


def connections(player: int) -> list[str]:
    """The ids of a player's tabs, of six characters as the site's."""
    return [f"{player * 2654435761 % 16**6:06x}", "second"][: 2 if player % 10 == 0 else 1]


async def fill(members: int, every: int = 1) -> None:
    """Bring each `every`-th player online, and write the same leases to one plain sorted set."""
    from accounts.cards import Card
    from presence import online
    from presence.buckets import arguments, bucket_of, keys_of
    from store.client import client

    for first in track(range(0, members, BATCH), description="coming online", transient=True):
        players = range(first * every, min(first + BATCH, members) * every, every)
        calls, leases = [], {}
        for player in players:
            card, state = Card(f"Player{player}", "DE").encode(), "playing Fuse" if player % 5 == 0 else ""
            for tab in connections(player):
                args = arguments(NOW_MS, bucket_of(player), player, tab, state, card, "")
                calls.append((keys_of(bucket_of(player)), args))
                leases[f"{player}:{tab}"] = NOW_MS + online.LEASE_MS
        await online._renew.many(calls)
        await client().zadd(PLAIN, leases)


async def memory(match: str) -> int:
    """The bytes of all keys that match, as MEMORY USAGE adds them up."""
    from store.client import client

    names = [name async for name in client().scan_iter(match=match, count=5_000)]
    total = 0
    for first in range(0, len(names), BATCH):
        pipe = client().pipeline()
        for name in names[first : first + BATCH]:
            pipe.memory_usage(name, samples=0)
        total += sum(await pipe.execute())
    return total


async def timed(step: Step, count: int, at_once: int = 1) -> list[float]:
    """Seconds of each of `count` steps, `at_once` at a time; the last number is how long all of it took."""
    took: list[float] = []

    async def worker(number: int) -> None:
        for turn in range(number, count, at_once):
            started = time.perf_counter()
            await step(turn)
            took.append(time.perf_counter() - started)

    started = time.perf_counter()
    await asyncio.gather(*map(worker, range(at_once)))
    return [*took, time.perf_counter() - started]


def cases(members: int, every: int) -> list[tuple[str, Step, int]]:
    """What is measured: its name, one step, and how many of them run at once."""
    from accounts.cards import Card
    from presence import cards, online
    from store.client import client

    rng = random.Random(17)
    here = rng.sample(range(0, members * every, every), FOLLOWED_HERE)
    away = range(members * every, members * every + FOLLOWED - FOLLOWED_HERE)
    follows = rng.sample([*here, *away], FOLLOWED)
    cards._kept.update({player: (float("inf"), Card(f"Player{player}", "DE")) for player in here})

    async def ping(_: int) -> None:
        await client().ping()

    async def beat(turn: int) -> None:
        player = turn * 104729 % members * every
        state = "playing Fuse" if player % 5 == 0 else ""
        await online.renew(
            player, connections(player)[0], Card(f"Player{player}", "DE"), state=state, now_ms=NOW_MS + turn
        )

    async def plain_beat(turn: int) -> None:
        player = turn * 104729 % members * every
        pipe = client().pipeline()
        pipe.zadd(PLAIN, {f"{player}:{connections(player)[0]}": NOW_MS + online.LEASE_MS + turn})
        pipe.zremrangebyscore(PLAIN, "-inf", NOW_MS)
        await pipe.execute()

    async def count(_: int) -> None:
        found, _present = await online.online(0, now_ms=NOW_MS)
        assert found == members

    async def plain_count(_: int) -> None:
        await client().zcard(PLAIN)

    async def newest(_: int) -> None:
        _found, present = await online.online(NAMED, now_ms=NOW_MS)
        assert len(present) == NAMED

    async def plain_newest(_: int) -> None:
        await client().zrevrange(PLAIN, 0, NAMED - 1)

    async def friends(_: int) -> None:
        [found] = await online.friends([(members * every * 2, follows)], now_ms=NOW_MS)
        assert len(found) == NAMED

    return [
        ("PING, 32 at once", ping, AT_ONCE),
        ("beats, 32 at once", beat, AT_ONCE),
        ("plain beats (ZADD, trim), 32 at once", plain_beat, AT_ONCE),
        ("PING", ping, 1),
        ("count", count, 1),
        ("plain count (ZCARD)", plain_count, 1),
        ("newest 50", newest, 1),
        ("plain newest 50 (ids only)", plain_newest, 1),
        ("friends, 50 of 200", friends, 1),
    ]


async def measure(members: int, every: int, beats: int, rounds: int) -> tuple[list[dict], list[Target]]:
    from store.client import close
    from store.keys import prefix

    await fill(members, every)
    ours, plain = await memory(f"{prefix()}:presence:*"), await memory(PLAIN)
    measured = cases(members, every)
    share = {AT_ONCE: beats // rounds, 1: 1_000}
    found: dict[str, list[list[float]]] = {name: [] for name, _, _ in measured}
    for _ in track(range(rounds), description="measuring", transient=True):
        for name, step, at_once in measured:
            found[name].append(await timed(step, share[at_once], at_once))
    await close()

    def ratio(name: str, of: str, at: int | None = None) -> float:
        """The median over rounds of one case's time by another's: of all of it, or of the median step."""
        pairs = zip(found[name], found[of], strict=True)
        return median(
            (one[-1] / other[-1]) if at is None else median(one[:-1]) / median(other[:-1]) for one, other in pairs
        )

    rows = [
        {"case": f"memory, {members:,} online", "per s": 0.0, "p50 ms": 0.0, "p99 ms": 0.0, "MB": ours / 1e6},
        {"case": "memory, plain sorted set", "per s": 0.0, "p50 ms": 0.0, "p99 ms": 0.0, "MB": plain / 1e6},
    ]
    for name, rounds_of in found.items():
        took = [1000 * each for one in rounds_of for each in one[:-1]]
        rows.append(
            {
                "case": name,
                "per s": len(took) / sum(one[-1] for one in rounds_of),
                "p50 ms": percentile(took, 0.5),
                "p99 ms": percentile(took, 0.99),
                "MB": 0.0,
            }
        )
    beats_ratio = 1 / ratio("beats, 32 at once", "PING, 32 at once")
    megabytes = ours / 1e6 * 1_000_000 / members
    targets = [
        Target("MB for a million online", megabytes, MEMORY_MB, megabytes <= MEMORY_MB),
        Target("beats by as many PINGs, at least", beats_ratio, 0.75, beats_ratio >= 0.75),
    ]
    for name, limit in (("count", 1.5), ("newest 50", 3.0), ("friends, 50 of 200", 3.0)):
        value = ratio(name, "PING", 0)
        targets.append(Target(f"{name} by PING", value, limit, value <= limit))
    return rows, targets


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=1_000_000, help="players online (default: 1,000,000)")
    parser.add_argument("--every", type=int, default=1, help="one in so many registered players is online (default: 1)")
    parser.add_argument("--beats", type=int, default=60_000, help="beats to measure (default: 60,000)")
    parser.add_argument("--rounds", type=int, default=5, help="turns that the sides take (default: 5)")
    parser.add_argument("--json", action="store_true", help="end with one line for programs")
    options = parser.parse_args()
    with stage.prepare(), stage.redis():
        rows, targets = uvloop.run(measure(options.members, options.every, options.beats, options.rounds))
    print(f"{rows[0]['MB'] * 1e6 / options.members:,.1f} bytes a player.")
    print(f"{rows[3]['per s']:,.0f} beats a second are those of {rows[3]['per s'] * BEAT_S:,.0f} connections.")
    show("presence", options.members, rows, targets, ("redis", "uvloop"), options.json)


if __name__ == "__main__":
    main()
