"""How many frames a second one web process sends to its watchers, and how many two that share a port.

Pairs of runs, one after the other, each with web processes of its own. All sockets watch one topic, whose state changes
more often than it can be shown to all of them, so that every process sends as much as it can. The readers run on the
same machine: they read what has come only twice a second, in large pieces. What changes the state is a process of its
own, too, and like Redis takes a share of the cores.
"""

import argparse
import asyncio
import contextlib
import os
import resource
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvloop

from benchmarks import stage
from benchmarks.load import handshake, masked
from benchmarks.nodes import until
from benchmarks.report import Target, show
from gameapp.launch.start import web_command

APPLICATION = "benchmarks.fanout_servers:application"
LIMIT = 1.8
#: Each frame about the topic has this once.
IN_A_FRAME = b'"row"'
PAUSE_S, WARM_UP_S = 0.5, 2.0
LISTENS = "0A"


async def change(rate: float, seconds: float) -> None:
    """Change the state that all sockets watch, so many times a second."""
    from live import keys
    from store.client import client

    started = time.monotonic()
    for number in range(1, int(rate * seconds) + 1):
        pipe = client().pipeline()
        pipe.set("bench", f"{number}:{time.monotonic_ns()}")
        pipe.publish(keys.marks("bench"), "bench")
        await pipe.execute()
        await asyncio.sleep(max(0.0, started + number / rate - time.monotonic()))


def listeners(port: int) -> int:
    """How many sockets listen on a port of 127.0.0.1."""
    lines = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return sum(line[1].endswith(f":{port:04X}") and line[3] == LISTENS for line in lines)


def watching(port: int) -> socket.socket:
    """A socket that watches the topic."""
    opened = socket.create_connection(("127.0.0.1", port))
    opened.sendall(handshake(f"ws://127.0.0.1:{port}/ws/"))
    answer = opened.recv(4096)
    assert b" 101 " in answer, answer
    opened.sendall(masked(b'{"type":"watch","topic":"bench"}'))
    opened.setblocking(False)
    return opened


def read(sockets: Sequence[socket.socket], buffer: bytearray) -> float:
    """Read what has come; returns how many frames it was.

    Frames are counted at every hundredth socket. Of the others only the number of bytes is read, which costs less.
    """
    frames = counted = read_bytes = 0
    for number, each in enumerate(sockets):
        counts = number % 100 == 0
        with contextlib.suppress(BlockingIOError):
            while size := each.recv_into(buffer, 0, 0 if counts else socket.MSG_TRUNC):
                read_bytes += size
                if counts:
                    counted += size
                    frames += buffer.count(IN_A_FRAME, 0, size)
                if size < len(buffer):
                    break
            else:
                raise SystemExit("a socket was closed")
    return read_bytes * frames / counted if counted else 0.0


def measure(processes: int, watchers: int, rate: float, seconds: float) -> dict[str, float]:
    """Frames per second from so many web processes, and the processor time that each takes.

    `of all` is the share of what could be shown. Near 1 the changes are the limit, not the processes: raise the rate.
    """
    port = stage.free_port()
    command = web_command(argparse.Namespace(host="127.0.0.1", port=port, server="uvicorn", web=processes), APPLICATION)
    # The limits count, but are too high to be reached. The control port of the application is not used: any will do.
    limits = {"ADDRESS_CONNECTIONS_MAX": str(watchers), "RATE_LIMIT_FACTOR": "1e6"}
    environment = {"CONTENDER": "hub", "CONTROL_PORT": "0", **limits}
    with contextlib.ExitStack() as opened:
        pids = [opened.enter_context(stage.running(command, port, **environment)) for _ in range(processes)]
        until(lambda: listeners(port) == processes, "all web processes listen")
        sockets = [opened.enter_context(contextlib.closing(watching(port))) for _ in range(watchers)]
        driver = [sys.executable, "-m", "benchmarks.web_frames", "--change", str(rate), str(seconds + 2 * WARM_UP_S)]
        changing = opened.enter_context(subprocess.Popen(driver, cwd=stage.ROOT))
        opened.callback(changing.terminate)
        buffer = bytearray(1 << 20)
        time.sleep(WARM_UP_S)
        read(sockets, buffer)
        used_s, started, frames = sum(map(stage.cpu_s, pids)), time.monotonic(), 0.0
        while time.monotonic() - started < seconds:
            time.sleep(PAUSE_S)
            frames += read(sockets, buffer)
        took_s = time.monotonic() - started
        used_s = sum(map(stage.cpu_s, pids)) - used_s
    return {
        "frames/s": frames / took_s,
        "of all": frames / took_s / (rate * watchers),
        "cores": used_s / took_s,
        "µs/frame": 1e6 * used_s / frames,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=3, help="pairs of runs (default: 3)")
    parser.add_argument("--watchers", type=int, default=3_000, help="sockets that watch (default: 3,000)")
    parser.add_argument("--rate", type=float, default=400, help="changes of the state per second (default: 400)")
    parser.add_argument("--seconds", type=float, default=5, help="seconds for each figure (default: 5)")
    parser.add_argument("--json", action="store_true", help="make the last line one JSON object")
    parser.add_argument("--change", type=float, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.change:
        import django

        os.environ["DJANGO_SETTINGS_MODULE"] = "gameapp.settings"
        django.setup()
        return uvloop.run(change(*options.change))
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    rows: list[dict[str, Any]] = []
    ratios = []
    with stage.prepare(), stage.redis():
        for pair in range(1, options.pairs + 1):
            one, two = (measure(processes, options.watchers, options.rate, options.seconds) for processes in (1, 2))
            ratios.append(two["frames/s"] / one["frames/s"])
            rows += [{"case": f"pair {pair}, {name}", **found} for name, found in (("one", one), ("two", two))]
    ratio = statistics.median(ratios)
    targets = [Target("two processes by one, frames", ratio, LIMIT, ratio >= LIMIT)]
    show("web frames", options.watchers, rows, targets, ("uvicorn", "websockets", "uvloop"), options.json)
    return None


if __name__ == "__main__":
    main()
