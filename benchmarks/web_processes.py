"""How many pages a second one web process answers, and how many two that share a port.

Pairs of runs, one after the other, each on a site of its own. A player reads their own runs, a page that is rendered
for them, over connections that stay open; beside it, in the same run, `/livez`, which asks neither Redis nor SQL. The
reader runs on the same machine, so it takes a share of the cores from both. Pages that are rendered once a second for
all are no measure of processes: one reader cannot read as much as two processes answer.
"""

import argparse
import asyncio
import importlib
import itertools
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.report import Target, show

stack: Any = importlib.import_module("tests.stack")

#: Each with whether it is asked for by a player.
PATHS = {"/boards/fuse/mine/": True, "/livez": False}
LIMIT = 1.8
#: Bytes of a page that are read at once.
PAGE_MAX = 2**20


async def _read(port: int, path: str, until: float, headers: str) -> int:
    """Ask for a page again and again over one connection; returns the number of answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=PAGE_MAX)
    request = f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n{headers}\r\n".encode()
    answers = 0
    while time.monotonic() < until:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        assert head.startswith(b"http/1.1 200"), head
        if b"content-length:" in head:
            await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
        else:
            await reader.readuntil(b"\r\n0\r\n\r\n")
        answers += 1
    writer.close()
    return answers


async def rate(port: int, path: str, connections: int, seconds: float, headers: Sequence[str] = ("",)) -> float:
    """Answers per second over so many connections at once. They take turns with `headers`, lines that end with CRLF."""
    until = time.monotonic() + seconds
    lines = itertools.islice(itertools.cycle(headers), connections)
    return sum(await asyncio.gather(*(_read(port, path, until, each) for each in lines))) / seconds


def measure(processes: int, connections: int, seconds: float) -> dict[str, float]:
    """The rates of one site with so many web processes, by path."""
    found = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        stack.Site(Path(folder), "--web", str(processes), "--demo", prepared=False, RATE_LIMIT_FACTOR="100000") as site,
    ):
        cookies = f"Cookie: {site.guest().cookies}\r\n"
        for path, as_player in PATHS.items():
            headers = [cookies if as_player else ""]
            asyncio.run(rate(site.port, path, connections, 1, headers))  # Warm: templates, scripts, connections.
            found[path] = asyncio.run(rate(site.port, path, connections, seconds, headers))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=3, help="pairs of runs (default: 3)")
    parser.add_argument("--connections", type=int, default=32, help="connections at once (default: 32)")
    parser.add_argument("--seconds", type=float, default=5, help="seconds for each figure (default: 5)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    pairs = [
        [measure(processes, options.connections, options.seconds) for processes in (1, 2)] for _ in range(options.pairs)
    ]
    rows: list[dict[str, Any]] = []
    targets = []
    for path in PATHS:
        one, two = (statistics.median(pair[place][path] for pair in pairs) for place in (0, 1))
        ratio = statistics.median(pair[1][path] / pair[0][path] for pair in pairs)
        rows.append({"case": path, "one, pages/s": one, "two, pages/s": two, "ratio": ratio})
        targets.append(Target(f"two processes by one, {path}", ratio, LIMIT, ratio >= LIMIT))
    show("web processes", options.pairs, rows, targets, ("django", "uvicorn", "redis"), options.json)


if __name__ == "__main__":
    main()
