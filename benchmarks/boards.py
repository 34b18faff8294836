"""Boards at a million players: reads, submits, memory and batches, beside a PING and beside SQL in the same run.

Everything goes through the public functions, on a private Redis of its own. SQL is SQLite with an index on
(points, reached); its rank query counts the rows that stand higher.
"""

import argparse
import asyncio
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.load import percentile
from benchmarks.report import Target, show

WARM_UP, TURN = 200, 100


def _spread(times: list[float]) -> dict[str, float]:
    """Median and 99th percentile of seconds, in ms."""
    return {"p50_ms": 1000 * percentile(times, 0.5), "p99_ms": 1000 * percentile(times, 0.99)}


async def measure(n: int, cases: dict[str, Callable[[], Awaitable[Any]]]) -> list[dict[str, Any]]:
    """Make `n` calls of each case, one after the other; p50 and p99 in ms. The warm-up is not counted.

    The cases take turns after every `TURN` calls, so that a moment in which the machine is slow falls on all of them.
    """
    times: dict[str, list[float]] = {case: [] for case in cases}
    for number in range(-WARM_UP // TURN, n // TURN):
        for case, call in cases.items():
            for _ in range(TURN):
                started = time.perf_counter()
                await call()
                if number >= 0:
                    times[case].append(time.perf_counter() - started)
    return [{"case": case, **_spread(took), "per_s": len(took) / sum(took)} for case, took in times.items()]


async def fill(members: int, name_of: Callable[[str], str], cards: str, card: str) -> None:
    """Put `members` players on every period, as real submits would."""
    from store.client import client

    rng = random.Random(1)
    from leaderboard import score
    from leaderboard.known_boards import find, now_ms, periods

    board, at_ms = await find("fuse"), now_ms()
    for start in range(1, members + 1, 10_000):
        players = range(start, min(start + 10_000, members + 1))
        scores = {
            str(player): score.encode(int(rng.paretovariate(1.2) * 400) % 3_900_000, at_ms - player)
            for player in players
        }
        pipe = client().pipeline()
        for each in periods(board, at_ms):
            pipe.zadd(name_of(each.id), scores)
        pipe.hset(cards, mapping=dict.fromkeys(scores, card))
        await pipe.execute()
        print(f"\rfilling: {players[-1]:,} of {members:,} players", end="", file=sys.stderr)
    print(file=sys.stderr)


async def settle() -> None:
    """Wait until Redis has written the filling to disk: its child processes would compete for the cores."""
    from store.client import client

    while True:
        state = await client().info("persistence")
        if not state["rdb_bgsave_in_progress"] and not state["aof_rewrite_in_progress"]:
            return
        await asyncio.sleep(0.5)


async def run(options: argparse.Namespace) -> None:
    from accounts.cards import Card
    from leaderboard import boards, keys, known_boards
    from leaderboard.boards import FinishedRun
    from leaderboard.models import Board
    from leaderboard.reading import standings
    from store.client import client

    board = Board(slug="fuse", title="Fuse", game="fuse", points_max=3_932_100)
    known_boards.remember(board, for_s=86_400)
    card, rng, members = Card("Benchmark", "DE"), random.Random(2), options.members
    await fill(members, lambda period: keys.standings("fuse", period), keys.cards("fuse"), card.encode())
    await settle()
    day = keys.standings("fuse", known_boards.period(board, "day").id)
    bytes_per_member = await client().memory_usage(day, samples=0) / members
    number = iter(range(1, 10**9))

    def finished() -> FinishedRun:
        points = int(rng.paretovariate(1.2) * 400) % 3_900_000
        return FinishedRun(f"bench{next(number)}", "fuse", rng.randint(1, members), card, points, 0, "{}")

    def anybody() -> int:
        return rng.randint(1, members)

    n = options.n
    rows = await measure(
        n,
        {
            "PING": client().ping,
            "top 10": lambda: standings.top("fuse", "day", 10),
            "standing": lambda: standings.standing("fuse", "day", anybody()),
            "around ±5": lambda: standings.around("fuse", "day", anybody(), 11),
            "submit": lambda: boards.submit(finished()),
        },
    )
    await settle()
    ours, plain = [], []
    for turn in range(options.batches + 1):
        started = time.perf_counter()
        await boards.submit_many([finished() for _ in range(boards.BATCH_MAX)])
        between = time.perf_counter()
        await pipelined([finished() for _ in range(boards.BATCH_MAX)], board)
        if turn:  # The first turn loads the script.
            ours.append((between - started) / boards.BATCH_MAX)
            plain.append((time.perf_counter() - between) / boards.BATCH_MAX)
    rows += [
        {"case": "batch of 1,000, per run", **_spread(ours), "per_s": len(ours) / sum(ours)},
        {"case": "the same, plain pipeline", **_spread(plain), "per_s": len(plain) / sum(plain)},
    ]
    batch_ratio = statistics.median(one / other for one, other in zip(ours, plain, strict=True))
    rows.append(await sql_rank(day, options.sql_n))
    _report(options, rows, bytes_per_member, batch_ratio)


async def pipelined(runs: Sequence[Any], board: Any) -> None:
    """What a submit writes, without its rules: four ZADDs, the run's entry in the stream, and its report."""
    from leaderboard import boards, keys, known_boards, score
    from store.client import client

    now_ms = known_boards.now_ms()
    names = [keys.standings(board.slug, each.id) for each in known_boards.periods(board, now_ms)]
    pipe = client().pipeline()
    for run in runs:
        value = {str(run.player): score.encode(run.points, now_ms)}
        for name in names:
            pipe.zadd(name, value, gt=True, ch=True)
        fields = {"run": run.id, "player": run.player, "points": run.points, "at_ms": now_ms, "started_ms": 0}
        pipe.xadd(keys.runs(board.slug), {**fields, "record": run.record})
        report = f'{{"run":"{run.id}","points":"{run.points}","at_ms":"{now_ms}"}}'
        pipe.set(keys.report(board.slug, run.id), report, px=boards.REPORT_TTL_MS)
    await pipe.execute()


async def sql_rank(day: str, n: int) -> dict[str, Any]:
    """Time rank queries for random players of the same board in SQLite, with a covering index."""
    from store.client import client

    with tempfile.TemporaryDirectory() as folder, sqlite3.connect(Path(folder) / "board.sqlite3") as sql:
        sql.execute("CREATE TABLE standing (player INTEGER PRIMARY KEY, score REAL NOT NULL)")
        cursor = 0
        while True:
            cursor, found = await client().zscan(day, cursor, count=10_000)
            sql.executemany("INSERT OR IGNORE INTO standing VALUES (?, ?)", [(int(p), s) for p, s in found])
            if cursor == 0:
                break
        sql.execute("CREATE INDEX standing_score ON standing (score DESC)")
        sql.execute("ANALYZE")
        players = [row[0] for row in sql.execute("SELECT player FROM standing ORDER BY random() LIMIT ?", [n])]
        times = []
        question = "SELECT 1 + COUNT(*) FROM standing WHERE score > (SELECT score FROM standing WHERE player = ?)"
        for player in players:
            started = time.perf_counter()
            sql.execute(question, [player]).fetchone()
            times.append(time.perf_counter() - started)
    per_s = len(times) / sum(times)
    return {"case": "rank by SQL", **_spread(times), "per_s": per_s}


def _report(
    options: argparse.Namespace, rows: list[dict[str, Any]], bytes_per_member: float, batch_ratio: float
) -> None:
    p50 = {row["case"]: row["p50_ms"] for row in rows}
    ping = p50["PING"]
    targets = [
        Target(f"{case}, p50 as a multiple of PING", p50[case] / ping, limit, p50[case] / ping <= limit)
        for case, limit in (("top 10", 2.5), ("standing", 2.5), ("around ±5", 2.5), ("submit", 4.0))
    ]
    times_sql = p50["rank by SQL"] / p50["standing"]
    targets += [
        Target("bytes per member and period", bytes_per_member, 110, bytes_per_member <= 110),
        Target("batch, per run, by a plain pipeline", batch_ratio, 1.5, batch_ratio <= 1.5),
        Target("standing, times faster than SQL's rank", times_sql, 100, times_sql >= 100),
    ]
    show("boards", options.members, rows, targets, ("django", "redis", "hiredis"), options.json)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--n", type=int, default=3_000, help="calls per case (default: 3,000)")
    parser.add_argument("--batches", type=int, default=20, help="batches of 1,000 runs (default: 20)")
    parser.add_argument("--sql-n", type=int, default=100, help="rank queries in SQL (default: 100)")
    parser.add_argument("--json", action="store_true", help="make the last line one JSON object")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(DATA_DIR=folder, DJANGO_SETTINGS_MODULE="gameapp.settings", REDIS_URL="", DEBUG="1")
        os.environ["REDIS_TIMEOUT_S"] = "30"
        import django

        django.setup()
        from django.conf import settings

        from store.server import private

        process = private.start(settings.DATA_DIR, private.die_with_parent)
        try:
            asyncio.run(run(options))
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
