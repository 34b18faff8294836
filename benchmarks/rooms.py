"""Duels on one runner: how many it carries, and how soon the other sees an input; beside the same over Channels groups.

Each seat sends ten inputs a second through a real socket. `rooms` is the site with its runner; `groups` is one consumer
that steps the same rules in the web process and sends each step to a Channels group. Redis's PING is measured in the
same run: the targets are for a machine where it takes 0.13 ms.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator

from rich.progress import Progress

from benchmarks import stage
from benchmarks.load import Socket, open_sockets, percentile
from benchmarks.report import Target, show

APPLICATION = "benchmarks.rooms_servers:application"
INPUTS_S = 10
PING_MS = 0.13
CASES = (10, 60)
WAYS = ("left", "down", "right", "up")


class Seat(Socket):
    """One seat's page: sends inputs, and notes how long its opponent's took to be seen here."""

    def __init__(self, url: str, cookie: str, number: int) -> None:
        first = [b'{"type":"join","connection":"page%d","take":true}' % number]
        super().__init__(url, Seat.shown, first, cookie)  # type: ignore[arg-type]
        self.number, self.n, self.bytes, self.counts = number, 0, 0, False
        self.sent: dict[int, float] = {}
        self.other: Seat | None = None
        self.ms: list[float] = []
        self.playing = False
        self.ways = itertools.cycle(WAYS)

    def play(self) -> None:
        self.n += 1
        self.sent[self.n] = time.perf_counter()
        self.send(b'{"type":"input","n":%d,"input":"%s"}' % (self.n, next(self.ways).encode()))

    def shown(self, payload: bytes) -> None:
        if self.counts:
            self.bytes += len(payload)
        if payload.startswith(b'{"type":"room"') and b'"status":"playing"' in payload:
            self.playing = True
        if not payload.startswith(b'{"type":"frame"') or self.other is None:
            return
        acked = json.loads(payload)["a"][self.other.number % 2]
        if (sent := self.other.sent.pop(acked, None)) is not None and self.counts:
            self.ms.append(1000 * (time.perf_counter() - sent))


async def load(port: int, rooms: list[str], cookies: list[str], seconds: float) -> dict:
    """The client's side of one case."""
    seats = iter(range(len(cookies)))

    def made() -> Seat:
        number = next(seats)
        return Seat(f"ws://127.0.0.1:{port}/ws/rooms/{rooms[number // 2]}/", cookies[number], number)

    opened = [each for each in await open_sockets(len(cookies), made, "127.0.0.1", port) if isinstance(each, Seat)]
    opened.sort(key=lambda seat: seat.number)
    for one, other in zip(opened[::2], opened[1::2], strict=True):
        one.other, other.other = other, one
    for _ in range(200):
        if all(seat.playing for seat in opened):
            break
        await asyncio.sleep(0.05)
    await asyncio.sleep(3.5)  # The countdown.

    async def play(seat: Seat) -> None:
        await asyncio.sleep(seat.number / len(opened) / INPUTS_S)
        due = time.perf_counter()
        while True:
            seat.play()
            due += 1 / INPUTS_S
            await asyncio.sleep(max(0, due - time.perf_counter()))

    tasks = [asyncio.create_task(play(seat)) for seat in opened]
    await asyncio.sleep(1)
    frames = sum(seat.frames for seat in opened)
    for seat in opened:
        seat.counts = True
    print("begin", flush=True)
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    ms = [each for seat in opened for each in seat.ms]
    return {
        "p50": percentile(ms, 0.5),
        "p99": percentile(ms, 0.99),
        "frames_s": (sum(seat.frames for seat in opened) - frames) / seconds,
        "bytes_s": sum(seat.bytes for seat in opened) / seconds / len(opened),
        "seen": len(ms) / (len(opened) * INPUTS_S * seconds),
    }


@contextlib.contextmanager
def runner() -> Iterator[int]:
    """A room runner; gives its process id."""
    process = subprocess.Popen([sys.executable, "manage.py", "rooms"], cwd=stage.ROOT, stderr=subprocess.DEVNULL)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(10)


def measured(port: int, pid: int, rooms: list[str], cookies: list[str], seconds: float) -> dict:
    """One case, with the processor time of the process that steps the rooms."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.rooms",
        "--client",
        str(port),
        "|".join(rooms),
        "|".join(cookies),
        str(seconds),
    ]
    client = subprocess.Popen(command, cwd=stage.ROOT, stdout=subprocess.PIPE, text=True)
    assert client.stdout
    client.stdout.readline()
    before = stage.cpu_s(pid)
    time.sleep(seconds * 0.9)
    used = (stage.cpu_s(pid) - before) / (seconds * 0.9)
    out, _ = client.communicate()
    return {**json.loads(out), "cpu": used}


async def make(players: list[int], count: int) -> list[str]:
    """Rooms in which these players have the seats, two each."""
    from accounts.cards import Card
    from games.rooms import keys, registry, rooms
    from games.rooms.game import find_room_game
    from games.rooms.rooms import Seat as Taken
    from store.client import client, close

    for old in await client().zrange(keys.leases(), 0, -1):
        await registry.end(old, [])
    game, found = find_room_game("fuse-duel"), []
    for number in range(count):
        pair = players[2 * number : 2 * number + 2]
        found.append(await rooms.make(game, [Taken(pk, Card(f"P{pk}"), origin=str(pk)) for pk in pair], rated=False))
    await close()
    return found


async def ping_ms() -> float:
    """The median of a thousand PINGs."""
    from store.client import client, close

    took = []
    for _ in range(1000):
        started = time.perf_counter()
        await client().ping()
        took.append(1000 * (time.perf_counter() - started))
    await close()
    return percentile(took, 0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="how long each case is measured (default: 8)")
    parser.add_argument("--json", action="store_true", help="end with one line for programs")
    parser.add_argument("--client", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        port, rooms, cookies, seconds = options.client
        import uvloop

        return print(json.dumps(uvloop.run(load(int(port), rooms.split("|"), cookies.split("|"), float(seconds)))))
    os.environ["RATE_LIMIT_FACTOR"] = "1000"
    rows, targets = [], []
    with stage.prepare(), stage.redis(), Progress(transient=True) as progress:
        task = progress.add_task("rooms", total=2 * len(CASES))
        ping = asyncio.run(ping_ms())
        for duels in CASES:
            for contender in ("rooms", "groups"):
                found = stage.players(2 * duels)
                rooms = asyncio.run(make([player for player, _ in found], duels))
                cookies = [cookie for _, cookie in found]
                with stage.web(APPLICATION, CONTENDER=contender) as (port, web_pid):
                    if contender == "rooms":
                        with runner() as pid:
                            result = measured(port, pid, rooms, cookies, options.seconds)
                    else:
                        result = measured(port, web_pid, rooms, cookies, options.seconds)
                rows.append(
                    {"case": f"{duels} duels, {contender}", **result, "duels/core": duels / max(result["cpu"], 1e-6)}
                )
                progress.advance(task)
    scale = ping / PING_MS
    busiest = next(row for row in rows[::-1] if "rooms" in row["case"])
    calm = rows[0]
    per_core, p50, p99 = busiest["duels/core"] * scale, calm["p50"] / scale, calm["p99"] / scale
    targets = [
        Target("duels per runner core, times the factor", per_core, 400, per_core >= 400),
        Target("input to the other's screen, p50 ms by the factor", p50, 15, p50 <= 15),
        Target("the same, p99 ms by the factor", p99, 60, p99 <= 60),
        Target("bytes per player and second", calm["bytes_s"], 1536, calm["bytes_s"] <= 1536),
    ]
    rows.append({"case": f"PING {ping:.3f} ms, factor {scale:.2f}", **dict.fromkeys(list(rows[0])[1:], "")})
    show("rooms", CASES[-1], rows, targets, ("uvicorn", "channels", "channels-redis", "redis"), options.json)


if __name__ == "__main__":
    main()
