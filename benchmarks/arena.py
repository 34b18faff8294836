"""Rounds of Claim on one runner: how late each step is, and what one room costs with its players and 200 watchers.

Each room has 16 people who turn twice a second. `steps` has many rooms: their frames are heard at Redis and held
against the time at which each was due. `screens` is one room with its page sockets. Redis's PING is measured in the
same run: the targets are for a machine where it takes 0.13 ms.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import random
import time

from rich.progress import Progress

from benchmarks import stage
from benchmarks.load import Socket, open_sockets, percentile
from benchmarks.report import Target, show
from benchmarks.rooms import PING_MS, ping_ms, runner

SEATS, TURNS_S, WATCHERS = 16, 2, 200
CASES = (10, 30)
#: Each is a turn from the one before, so that none is ignored.
WAYS = ("left", "down", "right", "up")


async def make(count: int) -> list[str]:
    """Arenas whose seats are all taken."""
    from accounts.cards import Card
    from games.rooms import keys, registry, rooms
    from games.rooms.game import find_room_game
    from store.client import client

    for old in await client().zrange(keys.leases(), 0, -1):
        await registry.end(old, [])
    game, found = find_room_game("claim"), []
    for number in range(count):
        players = range(1 + SEATS * number, 1 + SEATS * (number + 1))
        seats = [rooms.Seat(pk, Card(f"P{pk}"), origin=str(pk)) for pk in players]
        found.append(await rooms.make(game, seats, rated=True))
    return found


async def steps(pid: int, count: int, seconds: float) -> dict:
    """Many rooms, whose players speak to Redis directly; how late their frames are published."""
    from games.rooms import keys, rooms
    from store.client import blocking, close

    ids = await make(count)
    starts: dict[str, float] = {}
    late: list[float] = []
    size, counts = 0, False
    connection = blocking(5)
    async with connection.pubsub() as pubsub:
        await pubsub.subscribe(*map(keys.channel, ids))

        async def listen() -> None:
            nonlocal size
            while True:
                message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=5)
                if message is None:
                    continue
                now, frame, room = time.time() * 1000, json.loads(message["data"]), message["channel"]
                if frame["type"] == "room" and frame["status"] == "playing":
                    starts[room] = frame["starts_ms"]
                elif frame["type"] == "frame" and counts:
                    late.append(now - starts[room] - frame["t"] * 100)
                    size += len(message["data"])

        async def play(room: str) -> None:
            numbers, ways = [0] * SEATS, [itertools.cycle(WAYS) for _ in range(SEATS)]
            while True:
                seat = random.randrange(SEATS)
                numbers[seat] += 1
                await rooms.play(room, seat, loaded[room].players[seat], numbers[seat], next(ways[seat]), f"page{seat}")
                await asyncio.sleep(random.uniform(0.5, 1.5) / (SEATS * TURNS_S))

        loaded = {room: await rooms.load(room) for room in ids}
        tasks = [asyncio.create_task(listen())]
        for room in ids:
            for seat in range(SEATS):
                await rooms.be_here(loaded[room], seat, f"page{seat}", "k", take=True)
        for _ in range(200):
            if len(starts) == count:
                break
            await asyncio.sleep(0.05)
        await asyncio.sleep(4)  # The countdown.
        tasks += [asyncio.create_task(play(room)) for room in ids]
        await asyncio.sleep(1)
        counts, before = True, stage.cpu_s(pid)
        await asyncio.sleep(seconds)
        used = (stage.cpu_s(pid) - before) / seconds
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await connection.aclose()
    await close()
    return {
        "late p50 ms": percentile(late, 0.5),
        "late p99 ms": percentile(late, 0.99),
        "steps/s": len(late) / seconds,
        "B/frame": size / max(len(late), 1),
        "runner cpu": used,
        "rooms/core": count / max(used, 1e-6),
    }


class Page(Socket):
    """One page of the room; `number` is its seat, or None for a watcher."""

    def __init__(self, url: str, cookie: str, number: int | None) -> None:
        name = "watcher" if number is None else str(number)
        super().__init__(url, Page.shown, [f'{{"type":"join","connection":"{name}","take":true}}'.encode()], cookie)  # type: ignore[arg-type]
        self.number, self.n, self.bytes, self.counts = number, 0, 0, False
        self.sent: dict[int, float] = {}
        self.ms: list[float] = []
        self.playing = False
        self.ways = itertools.cycle(WAYS)

    def turn(self) -> None:
        self.n += 1
        self.sent[self.n] = time.perf_counter()
        self.send(b'{"type":"input","n":%d,"input":"%s"}' % (self.n, next(self.ways).encode()))

    def shown(self, payload: bytes) -> None:
        self.bytes += len(payload) * self.counts
        if payload.startswith((b'{"type":"room"', b'{"type":"room_shown"')) and b'"status":"playing"' in payload:
            self.playing = True
        if self.number is not None and payload.startswith(b'{"type":"frame"'):
            acked = json.loads(payload)["a"][self.number]
            for number in [each for each in self.sent if each <= acked]:
                took = 1000 * (time.perf_counter() - self.sent.pop(number))
                if self.counts:
                    self.ms.append(took)


async def screens(port: int, room: str, cookies: list[str], seconds: float) -> dict:
    """The client's side of one room: its players and its watchers."""
    numbers = iter([*range(SEATS), *[None] * WATCHERS])

    def made() -> Page:
        number = next(numbers)
        return Page(f"ws://127.0.0.1:{port}/ws/rooms/{room}/", "" if number is None else cookies[number], number)

    opened = [each for each in await open_sockets(SEATS + WATCHERS, made, "127.0.0.1", port) if isinstance(each, Page)]
    for _ in range(200):
        if all(page.playing for page in opened):
            break
        await asyncio.sleep(0.05)
    await asyncio.sleep(4)
    players = [page for page in opened if page.number is not None]

    async def play(page: Page) -> None:
        while True:
            await asyncio.sleep(random.uniform(0.5, 1.5) / TURNS_S)
            page.turn()

    tasks = [asyncio.create_task(play(page)) for page in players]
    await asyncio.sleep(1)
    for page in opened:
        page.counts = True
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    ms = [each for page in players for each in page.ms]
    return {
        "input to screen p50": percentile(ms, 0.5),
        "p99": percentile(ms, 0.99),
        "B/s a player": sum(page.bytes for page in players) / seconds / len(players),
        "B/s a watcher": sum(page.bytes for page in opened if page.number is None) / seconds / WATCHERS,
    }


async def one_room(players: list[int]) -> str:
    from accounts.cards import Card
    from games.rooms import keys, registry, rooms
    from games.rooms.game import find_room_game
    from store.client import client, close

    for old in await client().zrange(keys.leases(), 0, -1):
        await registry.end(old, [])
    seats = [rooms.Seat(pk, Card(f"P{pk}"), origin=str(pk)) for pk in players]
    room = await rooms.make(find_room_game("claim"), seats, rated=True)
    await close()
    return room


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each case is measured (default: 10)")
    parser.add_argument("--json", action="store_true", help="end with one line for programs")
    parser.add_argument("--client", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        import uvloop

        port, room, cookies, seconds = options.client
        return print(json.dumps(uvloop.run(screens(int(port), room, cookies.split("|"), float(seconds)))))
    os.environ["RATE_LIMIT_FACTOR"] = "1000"
    rows: list[dict] = []
    with stage.prepare(), stage.redis(), Progress(transient=True) as progress:
        task = progress.add_task("arena", total=len(CASES) + 1)
        ping = asyncio.run(ping_ms())
        found = stage.players(SEATS)
        for count in CASES:
            with runner() as pid:
                rows.append({"case": f"{count} rooms", **asyncio.run(steps(pid, count, options.seconds))})
            progress.advance(task)
        room = asyncio.run(one_room([player for player, _ in found]))
        with stage.web("gameapp.asgi:application") as (port, _), runner():
            arguments = [str(port), room, "|".join(cookie for _, cookie in found), str(options.seconds)]
            seen = json.loads(stage.client("benchmarks.arena", "--client", *arguments))
        progress.advance(task)
    scale = ping / PING_MS
    last = rows[-1]
    late, per_core = last["late p99 ms"] / scale, last["rooms/core"] * scale
    p99, bytes_s = seen["p99"] / scale, seen["B/s a player"]
    columns = [*rows[0], *seen]
    rows.append({"case": f"1 room, {SEATS} players, {WATCHERS} watchers", **seen})
    rows.append({"case": f"PING {ping:.3f} ms, factor {scale:.2f}"})
    rows = [{column: row.get(column, "") for column in columns} for row in rows]
    targets = [
        Target(f"lateness of a step with {CASES[-1]} rooms, p99 ms by the factor", late, 20, late <= 20),
        Target("rooms per runner core, times the factor", per_core, 30, per_core >= 30),
        Target("input to screen, p99 ms by the factor", p99, 150, p99 <= 150),
        Target("bytes per player and second", bytes_s, 3072, bytes_s <= 3072),
    ]
    with contextlib.suppress(BrokenPipeError):
        show("arena", CASES[-1], rows, targets, ("uvicorn", "channels", "channels-redis", "redis"), options.json)


if __name__ == "__main__":
    main()
