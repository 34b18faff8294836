"""How many pages a second one web process answers, and how many two that share a port.

Pairs of runs, one after the other, each on a site of its own. A player reads their own runs, a page that is rendered
for them, over connections that stay open; beside it, in the same run, `/livez`, which asks neither Redis nor SQL. The
reader runs on the same machine, so it takes a share of the cores from both. Pages that are rendered once a second for
all are no measure of processes: one reader cannot read as much as two processes answer.
"""

import argparse
import asyncio
import functools
import importlib
import itertools
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.report import Target, show

stack: Any = importlib.import_module("tests.stack")

#: Each with whether it is asked for by a player.
PATHS = {"/boards/fuse/mine/": True, "/livez": False}
LIMIT = 1.8
HEAD_END, LAST_CHUNK = b"\r\n\r\n", b"\r\n0\r\n\r\n"


class Reader(asyncio.Protocol):
    """Asks for a page again and again over one connection, with as little work as it can: it shares the cores."""

    def __init__(self, request: bytes, until: float) -> None:
        self._request, self._until = request, until
        self._read: list[bytes] = []
        self._length = 0  # Of the answer; 0: unknown.
        self.answers, self.done = 0, asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._read.append(data)
        if not self._length:
            head, found, _ = b"".join(self._read).lower().partition(HEAD_END)
            if found and not head.startswith(b"http/1.1 200"):
                return self._end(AssertionError(head))
            if found and b"content-length: " in head:
                length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
                self._length = len(head) + len(HEAD_END) + length
        if self._length and sum(map(len, self._read)) < self._length:
            return
        if not self._length and not b"".join(self._read[-2:]).endswith(LAST_CHUNK):
            return
        self._read, self._length = [], 0
        self.answers += 1
        if time.monotonic() < self._until:
            self._transport.write(self._request)
        else:
            self._end(None)

    def connection_lost(self, error: Exception | None) -> None:
        self._end(ConnectionError("closed before the time was over"))

    def _end(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error) if error else self.done.set_result(self.answers)
        self._transport.close()


async def rate(port: int, path: str, connections: int, seconds: float, headers: Sequence[str] = ("",)) -> float:
    """Answers per second over so many connections at once. They take turns with `headers`, lines that end with CRLF."""
    loop, until, readers = asyncio.get_running_loop(), time.monotonic() + seconds, []
    for lines in itertools.islice(itertools.cycle(headers), connections):
        request = f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n{lines}\r\n".encode()
        _, reader = await loop.create_connection(functools.partial(Reader, request, until), "127.0.0.1", port)
        readers.append(reader)
    return sum(await asyncio.gather(*(reader.done for reader in readers))) / seconds


def measure(processes: int, connections: int, seconds: float) -> dict[str, float]:
    """The rates of one site with so many web processes, by path."""
    found = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        stack.Site(Path(folder), "--web", str(processes), prepared=False, RATE_LIMIT_FACTOR="100000") as site,
    ):
        cookies = f"Cookie: {site.guest().cookies}\r\n"
        for path, as_player in PATHS.items():
            headers = [cookies if as_player else ""]
            uvloop.run(rate(site.port, path, connections, 1, headers))  # Warm: templates, scripts, connections.
            found[path] = uvloop.run(rate(site.port, path, connections, seconds, headers))
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
