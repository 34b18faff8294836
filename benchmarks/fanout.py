"""One message to many sockets: our hub as shipped, Channels groups, and a bare `websockets.broadcast`, in one run.

Times run from when a message was due until the client received the frame. `delivered` is the share of the expected
frames (messages × sockets) that arrived.
"""

import argparse
import asyncio
import json
import statistics
import sys
from collections.abc import Callable

from rich.progress import Progress

from benchmarks import stage
from benchmarks.load import Latencies, Socket, open_sockets, percentile
from benchmarks.report import Target, show

CASES = [(500, 20), (1000, 20), (1000, 60), (1000, 100)]
P99_MS = {(1000, 20): 25.0, (1000, 60): 30.0, (1000, 100): 100.0}
WATCH = {"hub": [b'{"type":"watch","topic":"bench"}'], "groups": [], "bare": []}
#: What the highest rate must keep to.
HIGHEST_P99_MS = 50.0
# A warm-up, then half a second that is not counted either, until the rate is steady.
WARM_UP_S, SETTLE_S, DRAIN_S = 2.0, 0.5, 4.0


async def load(port: int, control: int, contender: str, sockets: int, rate: float, seconds: float) -> dict:
    """The client's side of one case."""
    latencies = Latencies()
    path = "/ws/" if contender == "hub" else "/"
    url = f"ws://127.0.0.1:{port}{path}"
    opened = await open_sockets(sockets, lambda: Socket(url, latencies.received, WATCH[contender]), "127.0.0.1", port)
    await asyncio.sleep(0.5)
    await _publish(control, rate, WARM_UP_S)
    settle_ns = int(SETTLE_S * 1e9)

    def begin(start_ns: int) -> None:
        latencies.since_ns = start_ns + settle_ns

    await _publish(control, rate, seconds + SETTLE_S, begin)
    numbers = range(1, int(rate * (seconds + SETTLE_S)) + 1)
    expected = sockets * sum(int(number / rate * 1e9) >= settle_ns for number in numbers)
    for _ in range(int(DRAIN_S / 0.1)):
        if len(latencies.ms) >= expected:
            break
        await asyncio.sleep(0.1)
    ms = latencies.ms
    if any(socket.closed for socket in opened):
        raise SystemExit("a socket was closed")
    for socket in opened:
        socket.transport.close()
    return {
        "delivered": len(ms) / expected,
        "p50": percentile(ms, 0.5),
        "p99": percentile(ms, 0.99),
        "max": max(ms, default=float("inf")),
    }


async def _publish(
    control: int, rate: float, seconds: float, begin: Callable[[int], None] = lambda start_ns: None
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", control)
    writer.write(f"{rate} {seconds}\n".encode())
    begin(int(await reader.readline()))
    await reader.readline()
    writer.close()
    await asyncio.sleep(0.5)


def measure(contender: str, server: str, sockets: int, rate: float, seconds: float) -> dict:
    """One case in fresh processes."""
    port, control = stage.free_port(), stage.free_port()
    environment = {"CONTROL_PORT": str(control), "CONTENDER": contender}
    if contender == "bare":
        context = stage.running([sys.executable, "-m", "benchmarks.fanout_servers", str(port)], port, **environment)
    else:
        context = stage.web("benchmarks.fanout_servers:application", server, port, **environment)  # type: ignore[assignment]
    with context as started:
        pid = started[1] if isinstance(started, tuple) else started
        before_s = stage.cpu_s(pid)
        arguments = [str(each) for each in (port, control, contender, sockets, rate, seconds)]
        found = json.loads(stage.client("benchmarks.fanout", "--client", *arguments))
        found["cpu_s"] = stage.cpu_s(pid) - before_s
    name = "websockets.broadcast" if contender == "bare" else f"{contender}, {server}"
    return {"case": f"{name}: {sockets} × {rate:g}/s", **found}


def highest(contender: str, server: str, sockets: int, seconds: float) -> tuple[float, list[dict]]:
    """The highest rate at which every frame arrives within the limit at p99, in steps of 5%, and what was measured."""
    rows: list[dict] = []

    def holds(rate: float) -> bool:
        found = measure(contender, server, sockets, rate, seconds)
        rows.append(found)
        return found["delivered"] == 1.0 and found["p99"] <= HIGHEST_P99_MS

    low, high = 10.0, 20.0
    while holds(high) and high < 2_000:
        low, high = high, high * 1.5
    while high / low > 1.05:
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low, rows


def compare_highest(server: str, sockets: int, seconds: float, rounds: int) -> tuple[list[dict], list[Target]]:
    """The highest rates of the hub and the bare broadcast, in turn; the figure is the median of their ratios."""
    rows, ratios = [], []
    for number in range(1, rounds + 1):
        found = {contender: highest(contender, server, sockets, seconds)[0] for contender in ("hub", "bare")}
        ratios.append(found["hub"] / found["bare"])
        rows.append({"case": f"highest rate to {sockets}, round {number}", **found, "ratio": ratios[-1]})
    ratio = statistics.median(ratios)
    return rows, [Target("highest rate, by bare broadcast, at least", ratio, 1.5, ratio >= 1.5)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--highest", type=int, metavar="ROUNDS", help="find the highest rates instead, so many times")
    parser.add_argument("--sockets", type=int, help="only this many sockets (with --rate; default: four cases)")
    parser.add_argument("--rate", type=float, help="messages per second")
    parser.add_argument("--server", choices=["uvicorn", "daphne"], default="uvicorn")
    parser.add_argument("--seconds", type=float, default=8.0, help="how long each case is measured (default: 8)")
    parser.add_argument("--json", action="store_true", help="end with one line for programs")
    parser.add_argument("--client", nargs=6, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        port, control, contender, sockets, rate, seconds = options.client
        import uvloop

        result = uvloop.run(load(int(port), int(control), contender, int(sockets), float(rate), float(seconds)))
        return print(json.dumps(result))
    cases = [(options.sockets or 1000, options.rate or 20)] if options.sockets or options.rate else CASES
    folder = stage.prepare()
    rows: list[dict] = []
    targets: list[Target] = []
    packages = ("uvicorn", "daphne", "websockets", "uvloop", "channels", "channels-redis")
    if options.highest:
        sockets = options.sockets or 1000
        with folder, stage.redis():
            rows, targets = compare_highest(options.server, sockets, min(options.seconds, 4.0), options.highest)
        return show("fan-out (messages/s)", sockets, rows, targets, packages, options.json)
    with folder, stage.redis(), Progress(transient=True) as progress:
        task = progress.add_task("fan-out", total=3 * len(cases))
        for sockets, rate in cases:
            found = {}
            for contender in ("hub", "bare", "groups"):
                found[contender] = measure(contender, options.server, sockets, rate, options.seconds)
                rows.append(found[contender])
                progress.advance(task)
            if options.server == "uvicorn":
                targets += judge(sockets, rate, **found)
    show("fan-out (ms)", sum(s for s, _ in cases), rows, targets, packages, options.json)


def judge(sockets: int, rate: float, hub: dict, bare: dict, groups: dict) -> list[Target]:
    """The targets of one case."""
    name = f"{sockets} × {rate:g}/s"
    targets = [
        Target(f"{name}: delivered", hub["delivered"], 1.0, hub["delivered"] == 1.0),
        Target(f"{name}: p99 against bare broadcast", hub["p99"] / bare["p99"], 1.0, hub["p99"] <= bare["p99"]),
    ]
    if limit := P99_MS.get((sockets, int(rate))):
        targets.append(Target(f"{name}: p99 ms", hub["p99"], limit, hub["p99"] <= limit))
    if (sockets, rate) == (500, 20):
        ratio = hub["p50"] / groups["p50"]
        targets.append(Target(f"{name}: p50 against groups", ratio, 1 / 50, ratio <= 1 / 50))
    return targets


if __name__ == "__main__":
    main()
