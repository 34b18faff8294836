"""Feature flags: checks a second, bytes for a million players, and how long a flag takes from 10 % to 50 % of them."""

import argparse
import asyncio
import time

from benchmarks import stage
from benchmarks.report import Target, show

BATCH = 5_000


async def measure(players: int, checks: int) -> list[dict]:
    from accounts.models import Player
    from flags import flags, keys
    from flags.models import Flag
    from store.client import client, close

    highest = await flags.highest_id()
    assert highest >= players
    rows = []

    async def moved(flag: Flag, percentage: int) -> float:
        started = time.perf_counter()
        await flags.change(flag, state="percentage", percentage=percentage)
        return time.perf_counter() - started

    flag = await Flag.objects.acreate(slug="bench", description="x", state="percentage", percentage=0)
    await moved(flag, 10)
    took = [await moved(flag, share) for share in (50, 10, 50, 10, 50)][::2]
    size = int(await client().memory_usage(keys.bits("bench"), samples=0))
    rows.append({"case": "10 % to 50 %", "per s": 0.0, "seconds": sorted(took)[1], "bytes": float(size)})

    async def checker(share: int) -> None:
        for turn in range(share):
            await flags.on("bench", Player(pk=1 + turn * 7919 % players))

    for tasks in (1, 32):
        started = time.perf_counter()
        await asyncio.gather(*(checker(checks // tasks) for _ in range(tasks)))
        elapsed = time.perf_counter() - started
        rows.append({"case": f"checks, {tasks} at once", "per s": checks / elapsed, "seconds": elapsed, "bytes": 0.0})
    started = time.perf_counter()
    for _ in range(checks):
        await client().ping()
    elapsed = time.perf_counter() - started
    rows.append({"case": "PING, 1 at once", "per s": checks / elapsed, "seconds": elapsed, "bytes": 0.0})
    await close()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--players", type=int, default=1_000_000, help="players in SQL (default: 1,000,000)")
    parser.add_argument("--checks", type=int, default=10_000, help="checks to measure (default: 10,000)")
    parser.add_argument("--json", action="store_true", help="end with one line for programs")
    options = parser.parse_args()
    with stage.prepare(), stage.redis():
        from django.core.management import call_command

        from accounts.models import Player

        call_command("migrate", verbosity=0)
        for first in range(0, options.players, BATCH):
            names = range(first, min(first + BATCH, options.players))
            Player.objects.bulk_create(Player(name=f"p{number}") for number in names)
        rows = asyncio.run(measure(options.players, options.checks))
    targets = [
        # As Redis allocates them: 125,001 bytes of bits come in a block of 128 KiB.
        Target("KiB of a flag, allocated", rows[0]["bytes"] / 1024, 130, rows[0]["bytes"] <= 130 * 1024),
        Target("seconds from 10 % to 50 %", rows[0]["seconds"], 2.0, rows[0]["seconds"] <= 2.0),
    ]
    show("flags", options.players, rows, targets, ("redis", "django"), options.json)


if __name__ == "__main__":
    main()
