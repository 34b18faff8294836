"""How many sockets a second one web process takes when all come at once, as after a restart of another one.

Each brings its player's session, finds the player and whom they follow, and gets a lease; it counts once `hello` has
come. Beside it, in the same run, a bare ASGI socket that only accepts. At most `--at-once` are on their way at a time;
the others wait in the client.

    python -m benchmarks.reconnect
"""

import argparse
import asyncio
import json
import statistics
import time
from typing import Any

from rich.progress import Progress

from benchmarks import stage
from benchmarks.load import Socket
from benchmarks.report import show

APPLICATION = "benchmarks.socket_servers:application"
PLAYERS = 200
NO_LIMITS: dict[str, Any] = {"RATE_LIMIT_FACTOR": "1e6", "ADDRESS_CONNECTIONS_MAX": "1000000"}


class Greeted(Socket):
    """A socket that counts as open once it is greeted, or accepted where nothing greets."""

    def __init__(self, url: str, cookie: str, greets: bool) -> None:
        super().__init__(url, Greeted.heard, cookie=cookie)  # type: ignore[arg-type]
        self.greeted = asyncio.get_running_loop().create_future() if greets else self.open

    def heard(self, payload: bytes) -> None:
        if payload.startswith(b'{"type":"hello"') and not self.greeted.done():
            self.greeted.set_result(None)


async def storm(port: int, contender: str, sockets: int, at_once: int, cookies: list[str]) -> float:
    """Open all; returns sockets per second."""
    loop, free, opened = asyncio.get_running_loop(), asyncio.Semaphore(at_once), []

    async def come(number: int) -> None:
        async with free:
            cookie = cookies[number % len(cookies)]
            make = lambda: Greeted(f"ws://127.0.0.1:{port}/ws/", cookie, contender == "arcade")  # noqa: E731
            _, socket = await loop.create_connection(make, "127.0.0.1", port)
            await asyncio.wait_for(asyncio.shield(socket.greeted), 60)
            opened.append(socket)

    began = time.perf_counter()
    await asyncio.gather(*(come(number) for number in range(sockets)))
    took_s = time.perf_counter() - began
    if any(socket.closed for socket in opened):
        raise SystemExit("a socket was closed")
    return sockets / took_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sockets", type=int, default=2_000, help="how many come (default: 2000)")
    parser.add_argument("--at-once", type=int, default=200, help="on their way at a time (default: 200)")
    parser.add_argument("--rounds", type=int, default=3, help="servers of each kind, in turns (default: 3)")
    parser.add_argument("--json", action="store_true", help="end with one line for programs")
    parser.add_argument("--client", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        port, contender, sockets, at_once, cookies = options.client
        import uvloop

        return print(uvloop.run(storm(int(port), contender, int(sockets), int(at_once), cookies.split("|"))))
    found: dict[str, list[float]] = {"arcade": [], "bare": []}
    with stage.prepare(), stage.redis(), Progress(transient=True) as progress:
        task = progress.add_task("sockets come", total=2 * options.rounds)
        cookies = "|".join(cookie for _, cookie in stage.players(PLAYERS))
        for _ in range(options.rounds):
            for contender, rates in found.items():
                with stage.web(APPLICATION, CONTENDER=contender, **NO_LIMITS) as (port, _):
                    arguments = [str(port), contender, str(options.sockets), str(options.at_once), cookies]
                    rates.append(float(json.loads(stage.client("benchmarks.reconnect", "--client", *arguments))))
                progress.advance(task)
    ratios = {name: zip(rates, found["bare"], strict=True) for name, rates in found.items()}
    rows = [
        {
            "case": name,
            "sockets/s": statistics.median(rates),
            "of the bare": statistics.median(one / bare for one, bare in ratios[name]),
        }
        for name, rates in found.items()
    ]
    show("reconnect", options.sockets, rows, [], ("uvicorn", "websockets", "uvloop", "channels"), options.json)


if __name__ == "__main__":
    main()
