"""From an accepted score to the screens: real submits in one process, watchers of the board on a web server in another.

The time is from the answer of `submit` to the frame's arrival at each watcher, conflation (100 ms) included. Then the
web process's processor time at a low and a high score rate: it must not grow with the rate.
"""

import argparse
import asyncio
import json
import re
import subprocess
import sys
import time

from benchmarks import stage
from benchmarks.load import Socket, open_sockets, percentile
from benchmarks.report import Target, show

POINTS = re.compile(rb'"points":(\d+)')
WATCH = [b'{"type":"watch","topic":"board:fuse:all"}']
# All fit in the board's first 50 lines, so that each score is shown.
PLAYERS = 45
P99_MS = 200.0
GROWTH = 1.3


async def submit(rate: float, seconds: float) -> dict[int, int]:
    """Submit `rate` runs a second, each better than the last; returns points → time of acceptance (monotonic ns)."""
    from accounts.cards import Card
    from leaderboard import boards
    from leaderboard.boards import FinishedRun
    from store.client import close

    accepted: dict[int, int] = {}
    first = int(time.time()) % 1000 * 3000 + 1

    async def one(number: int) -> None:
        player = 1_000_000 + number % PLAYERS
        points = first + number
        await boards.submit(FinishedRun(f"bench{points}-{rate}", "fuse", player, Card(f"P{player}"), points, 0, "{}"))
        accepted[points] = time.monotonic_ns()

    started = time.monotonic()
    tasks: set[asyncio.Task] = set()
    for number in range(int(rate * seconds)):
        if (wait_s := started + number / rate - time.monotonic()) > 0.001:
            await asyncio.sleep(wait_s)
        if len(tasks) >= 32:
            _, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        tasks.add(asyncio.create_task(one(number)))
    await asyncio.gather(*tasks)
    await close()
    return accepted


async def watch(port: int, watchers: int, stuck: int, rate: float, seconds: float) -> dict:
    """Watch while another process submits; `stuck` more sockets watch the same and never read."""
    arrivals: dict[bytes, list[int]] = {}

    def received(_: Socket, payload: bytes) -> None:
        if payload.startswith(b'{"type":"diff"'):
            # All watchers get the same text, so each text is parsed only once, afterwards.
            arrivals.setdefault(payload, []).append(time.monotonic_ns())

    url = f"ws://127.0.0.1:{port}/ws/"
    sockets = await open_sockets(watchers, lambda: Socket(url, received, WATCH), "127.0.0.1", port)
    for each in await open_sockets(stuck, lambda: Socket(url, received, WATCH), "127.0.0.1", port):
        each.transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.sleep(1)
    arguments = ["-m", "benchmarks.score_to_screen", "--submit", str(rate), str(seconds)]
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=subprocess.PIPE)
    out, _ = await process.communicate()
    await asyncio.sleep(1)
    accepted = {int(points): at for points, at in json.loads(out).items()}
    took = [
        (at - accepted[points]) / 1e6
        for payload, times in arrivals.items()
        for points in map(int, POINTS.findall(payload))
        if points in accepted
        for at in times
    ]
    span_s = (max(accepted.values()) - min(accepted.values())) / 1e9
    return {
        "per s": len(accepted) / span_s,
        "frames": sum(map(len, arrivals.values())) / watchers,
        "p50 ms": percentile(took, 0.5),
        "p99 ms": percentile(took, 0.99),
        "open": sum(not each.closed for each in sockets),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--watchers", type=int, default=500)
    parser.add_argument("--stuck", type=int, default=20, help="sockets that never read, in an extra case at 200/s")
    parser.add_argument("--rates", type=float, nargs="+", default=[200, 50, 2000], help="scores a second")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each rate is measured (default: 10)")
    parser.add_argument("--json", action="store_true", help="end with one line for programs")
    parser.add_argument("--submit", type=float, nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--client", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.submit:
        import django

        django.setup()
        return print(json.dumps(asyncio.run(submit(*options.submit))))
    if options.client:
        port, watchers, stuck, rate, seconds = options.client
        import uvloop

        return print(json.dumps(uvloop.run(watch(int(port), int(watchers), int(stuck), float(rate), float(seconds)))))
    rows = []
    with stage.prepare(), stage.redis():
        stage.players(0)
        cases = [(rate, 0) for rate in options.rates] + [(200.0, options.stuck)] * bool(options.stuck)
        for rate, stuck in cases:
            with stage.web("gameapp.asgi:application") as (port, pid):
                arguments = [str(each) for each in (port, options.watchers, stuck, rate, options.seconds)]
                before_s = stage.cpu_s(pid)
                found = json.loads(stage.client("benchmarks.score_to_screen", "--client", *arguments))
                found["web cpu s"] = stage.cpu_s(pid) - before_s
            others = f", {stuck} stuck" if stuck else ""
            rows.append({"case": f"{rate:g} scores/s, {options.watchers} watchers{others}", **found})
    by_rate = dict(zip(options.rates, rows, strict=False))
    targets = []
    if row := by_rate.get(200):
        targets.append(Target("200/s: p99 ms", row["p99 ms"], P99_MS, row["p99 ms"] <= P99_MS))
        if options.stuck:
            ratio = rows[-1]["p99 ms"] / row["p99 ms"]
            targets.append(Target("200/s: p99 beside stuck readers against without", ratio, 1.2, ratio <= 1.2))
    if 50 in by_rate and 2000 in by_rate:
        growth = by_rate[2000]["web cpu s"] / by_rate[50]["web cpu s"]
        targets.append(Target("web cpu at 2,000/s against 50/s", growth, GROWTH, growth <= GROWTH))
    show("score to screen", options.watchers, rows, targets, ("uvicorn", "redis"), options.json)


if __name__ == "__main__":
    main()
