"""Idle sockets with heartbeats on two web processes: none may drop; memory per socket and processor time."""

import argparse
import asyncio
import functools
import json

from benchmarks import stage
from benchmarks.load import Socket, open_sockets
from benchmarks.report import Target, show

BEAT_S = 15
PROCESSES = 2


def ignored(_: Socket, payload: bytes) -> None:
    """A frame that nobody looks into."""


async def idle(ports: list[int], sockets: int, minutes: float) -> dict:
    """Open the sockets, beat, and count those that drop."""
    share = sockets // len(ports)
    opened: list[Socket] = []
    watch = [b'{"type":"watch","topic":"online"}']
    for port in ports:
        url = f"ws://127.0.0.1:{port}/ws/"
        opened += await open_sockets(share, functools.partial(Socket, url, ignored, watch), "127.0.0.1", port)
    print("open", flush=True)
    slots = int(minutes * 60 * 10)
    for slot in range(slots):
        for socket in opened[slot % (BEAT_S * 10) :: BEAT_S * 10]:
            if not socket.closed:
                socket.send(b'{"type":"beat"}')
        await asyncio.sleep(0.1)
    return {"open": sum(not each.closed for each in opened), "frames": sum(each.frames for each in opened)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=5_000)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--json", action="store_true", help="end with one line for programs")
    parser.add_argument("--client", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        ports, sockets, minutes = options.client
        import uvloop

        result = uvloop.run(idle([int(port) for port in ports.split(",")], int(sockets), float(minutes)))
        return print(json.dumps(result))
    application = "gameapp.asgi:application"
    with stage.prepare(), stage.redis():
        stage.players(0)
        with stage.web(application) as (one, first), stage.web(application) as (other, second):
            pids, empty = (first, second), [stage.memory_bytes(pid) for pid in (first, second)]
            before_s = [stage.cpu_s(pid) for pid in pids]
            arguments = [f"{one},{other}", str(options.sockets), str(options.minutes)]
            out = stage.client("benchmarks.idle", "--client", *arguments)
            found = json.loads(out.splitlines()[-1])
            seconds = options.minutes * 60
            rows = [
                {
                    "case": f"process {number}",
                    "KiB a socket": (stage.memory_bytes(pid) - memory) / 1024 / (options.sockets / PROCESSES),
                    "cpu %": 100 * (stage.cpu_s(pid) - used_s) / seconds,
                }
                for number, (pid, memory, used_s) in enumerate(zip(pids, empty, before_s, strict=True), 1)
            ]
    dropped = options.sockets // PROCESSES * PROCESSES - found["open"]
    targets = [Target("dropped sockets", dropped, 0, dropped == 0)]
    show("idle sockets", options.sockets, rows, targets, ("uvicorn", "websockets", "channels"), options.json)


if __name__ == "__main__":
    main()
