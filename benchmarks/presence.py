"""Presence at scale: beats a second of one process, memory with a million online, cost of count and newest 50."""

import argparse
import asyncio
import time

from rich.progress import track

from benchmarks import stage
from benchmarks.load import percentile
from benchmarks.report import show

SEED_MB = 40.0
BATCH = 2_000
# The clock is fixed. Otherwise the first leases would expire before the last ones begin.
NOW_MS = 1_800_000_000_000
# A connection beats every 15 s, so beats per second times 15 is how many connections these beats allow.
BEAT_S = 15


async def measure(members: int, beats: int) -> list[dict]:
    from accounts.cards import Card
    from presence import online
    from store.client import client, close

    async def used() -> int:
        return int((await client().info("memory"))["used_memory"])

    def arriving(player: int) -> tuple[list, list]:
        card = Card(f"Player{player}", "DE").encode()
        return online._keys(), online._args(NOW_MS, player, f"{player:08x}", online.LEASE_MS, "", card, 1)

    empty = await used()
    for first in track(range(0, members, BATCH), description="coming online", transient=True):
        await online._renew.many([arriving(player) for player in range(first, min(first + BATCH, members))])
    per_player = (await used() - empty) / members
    rows = [
        {
            "case": f"memory, {members:,} online",
            "per s": 0.0,
            "p50 ms": 0.0,
            "p99 ms": 0.0,
            "MB": per_player * members / 1e6,
        }
    ]

    async def beater(number: int, share: int, took: list[float]) -> None:
        for turn in range(share):
            player = (number * 7919 + turn * 104729) % members
            started = time.perf_counter()
            await online.renew(player, f"{player:08x}", Card(f"Player{player}", "DE"), now_ms=NOW_MS)
            took.append((time.perf_counter() - started) * 1000)

    took: list[float] = []
    started = time.perf_counter()
    await asyncio.gather(*(beater(number, beats // 32, took) for number in range(32)))
    rows.append(row("beats, 32 at once", took, time.perf_counter() - started))
    for name, count in (("count", 0), ("count and newest 50", 50)):
        took = []
        started = time.perf_counter()
        for _ in range(1000):
            before = time.perf_counter()
            await online.online(count, now_ms=NOW_MS)
            took.append((time.perf_counter() - before) * 1000)
        rows.append(row(name, took, time.perf_counter() - started))
    took = []
    started = time.perf_counter()
    for _ in range(1000):
        before = time.perf_counter()
        await client().ping()
        took.append((time.perf_counter() - before) * 1000)
    rows.append(row("PING (baseline)", took, time.perf_counter() - started))
    await close()
    return rows


def row(name: str, took: list[float], elapsed_s: float) -> dict:
    return {
        "case": name,
        "per s": len(took) / elapsed_s,
        "p50 ms": percentile(took, 0.5),
        "p99 ms": percentile(took, 0.99),
        "MB": 0.0,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=1_000_000, help="players online (default: 1,000,000)")
    parser.add_argument("--beats", type=int, default=50_000, help="beats to measure (default: 50,000)")
    parser.add_argument("--json", action="store_true", help="end with one line for programs")
    options = parser.parse_args()
    with stage.prepare(), stage.redis():
        rows = asyncio.run(measure(options.members, options.beats))
    memory = rows[0]["MB"]
    print(f"{memory * 1e6 / options.members:,.0f} bytes a player; the seed figure was {SEED_MB:g} MB for a million.")
    print(f"{rows[1]['per s']:,.0f} beats a second are those of {rows[1]['per s'] * BEAT_S:,.0f} connections.")
    show("presence", options.members, rows, [], ("redis", "uvloop"), options.json)


if __name__ == "__main__":
    main()
