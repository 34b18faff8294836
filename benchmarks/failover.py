"""A primary of a cluster is killed while runs are submitted: how long until they are ranked again, and what is lost.

Three primaries with a replica each, as local processes. Players submit runs to one board, a few at a time; `kill -9`
hits the board's primary. Counted: the longest time between two acknowledged runs, and the acknowledged runs that are
not on the board afterwards. Once with REDIS_WAIT_REPLICAS=1, once with 0. A node counts as failed after 1.5 s here;
15 s is the default of Redis and the target of the whole.

    python -m benchmarks.failover
"""

import argparse
import asyncio
import itertools
import tempfile
import time
from pathlib import Path

from benchmarks import report, stage

AT_ONCE = 16
BEFORE_S, AFTER_S = 2.0, 1.0
TARGET_S = 15.0


async def play(cluster, prefix: str) -> tuple[int, int, float]:
    """Runs acknowledged, those of them that are lost, and the longest silence between two, seconds."""
    from django.conf import settings

    from accounts.cards import Card
    from leaderboard import boards, keys
    from leaderboard.boards import FinishedRun
    from leaderboard.known_boards import remember
    from leaderboard.models import Board
    from store.client import StoreUnavailable, client, close

    settings.REDIS_URL, settings.REDIS_PREFIX = cluster.url, prefix
    remember(Board(slug="bench", title="Bench", game="bench", points_max=10_000_000), for_s=3600)
    acknowledged: dict[int, float] = {}
    ends, again = asyncio.Event(), asyncio.Event()
    killed = float("inf")

    async def submit(first: int) -> None:
        player = first
        while not ends.is_set():
            run = FinishedRun(f"run{player}", "bench", player, Card(f"P{player}"), player % 1000, 0, "{}")
            try:
                await boards.submit(run)
            except StoreUnavailable:
                await asyncio.sleep(0.01)
                continue
            acknowledged[player] = time.monotonic()
            if acknowledged[player] > killed + AFTER_S:
                again.set()
            player += AT_ONCE

    playing = [asyncio.create_task(submit(number + 1)) for number in range(AT_ONCE)]
    await asyncio.sleep(BEFORE_S)
    board = keys.standings("bench", "all")
    victim = cluster.owner(board)
    victim.kill()
    killed = time.monotonic()
    await again.wait()
    ends.set()
    await asyncio.gather(*playing)
    times = sorted(acknowledged.values())
    silence_s = max(after - before for before, after in itertools.pairwise(times))
    there = {int(player) for player in await client().zrange(board, 0, -1)}
    await close()
    return len(acknowledged), len(set(acknowledged) - there), silence_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=3, help="kills with each setting (default: 3)")
    options = parser.parse_args()
    with stage.prepare():
        from django.conf import settings

        from benchmarks.cluster import NODE_TIMEOUT_MS, Cluster

        print(report.machine())
        print(f"node timeout {NODE_TIMEOUT_MS} ms, {AT_ONCE} runs at once, {options.times} kills each")
        for replicas in (1, 0):
            settings.REDIS_WAIT_REPLICAS = replicas
            found = []
            for number in range(options.times):
                with tempfile.TemporaryDirectory() as folder, Cluster(Path(folder)) as cluster:
                    found.append(asyncio.run(play(cluster, f"bench{replicas}{number}")))
            runs, lost = (sum(each[at] for each in found) for at in (0, 1))
            longest = max(silence for *_, silence in found)
            print(
                f"REDIS_WAIT_REPLICAS={replicas}: {runs:,} runs acknowledged, {lost} of them lost; "
                f"back after at most {longest:.1f} s (target {TARGET_S:.0f} s)"
            )


if __name__ == "__main__":
    main()
