"""Pages a second of one web process, each beside a bare Django async view that returns as many bytes.

The view has no middleware, no template and no store. Both are asked in turn, a few times, over connections that stay
open; the figure is the median of the ratios. What is the same for all who are not signed in, or for all players, is
rendered once a second; each player's own parts are rendered for them. Every connection is of another player.

    python -m benchmarks.pages
"""

import argparse
import importlib
import statistics
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

import uvloop

from benchmarks import stage
from benchmarks.report import Target, show
from benchmarks.web_processes import rate

stack: Any = importlib.import_module("tests.stack")

BARE = [sys.executable, "-m", "uvicorn", "benchmarks.pages_bare:application", "--log-level", "critical"]
STRANGER, PLAYER = 0.8, 0.35
#: What is asked for: the path, whether by a player, whether compressed, and the target.
CASES = {
    "lobby": ("/", False, False, STRANGER),
    "lobby, compressed": ("/", False, True, None),
    "board": ("/boards/fuse/", False, False, STRANGER),
    "board, compressed": ("/boards/fuse/", False, True, None),
    "past seasons": ("/boards/fuse/past/", False, False, STRANGER),
    "lobby of a player": ("/", True, False, PLAYER),
    "board of a player": ("/boards/fuse/", True, False, PLAYER),
    "board of a player, compressed": ("/boards/fuse/", True, True, None),
    "game of a player": ("/play/fuse/", True, False, PLAYER),
    "runs of a player": ("/boards/fuse/mine/", True, False, None),
}


def _bytes(url: str, headers: str) -> int:
    lines = dict(line.split(": ", 1) for line in headers.splitlines())
    return len(urllib.request.urlopen(urllib.request.Request(url, headers=lines), timeout=20).read())


def measure(connections: int, seconds: float, rounds: int) -> list[dict[str, Any]]:
    """The rates and their ratio, for each case."""
    rows, port = [], stage.free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        stack.Site(Path(folder), "--demo", prepared=False, RATE_LIMIT_FACTOR="100000") as site,
        stage.running([*BARE, "--port", str(port)], port),
    ):
        players = [f"Cookie: {site.guest().cookies}\r\n" for _ in range(connections)]
        for case, (path, as_player, compressed, _) in CASES.items():
            encoding = f"Accept-Encoding: {'gzip' if compressed else 'identity'}\r\n"
            headers = [encoding + cookies for cookies in (players if as_player else [""])]
            size = _bytes(f"{site.url}{path}", headers[0])
            pairs = []
            for _ in range(rounds + 1):
                ours = uvloop.run(rate(site.port, path, connections, seconds, headers))
                bare = uvloop.run(rate(port, f"/?bytes={size}", connections, seconds))
                pairs.append((ours, bare))
            ours, bare = (statistics.median(pair[place] for pair in pairs[1:]) for place in (0, 1))
            ratio = statistics.median(one / other for one, other in pairs[1:])
            rows.append({"case": case, "bytes": size, "pages/s": ours, "bare, pages/s": bare, "ratio": ratio})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="measured turns of each case (default: 3)")
    parser.add_argument("--connections", type=int, default=16, help="connections at once (default: 16)")
    parser.add_argument("--seconds", type=float, default=2, help="seconds for each figure (default: 2)")
    parser.add_argument("--json", action="store_true", help="end with one line for programs")
    options = parser.parse_args()
    rows = measure(options.connections, options.seconds, options.rounds)
    limits = {case: limit for case, (*_, limit) in CASES.items() if limit}
    targets = [
        Target(f"{row['case']}, by bare", row["ratio"], limits[row["case"]], row["ratio"] >= limits[row["case"]])
        for row in rows
        if row["case"] in limits
    ]
    show("pages", options.rounds, rows, targets, ("django", "uvicorn", "redis"), options.json)


if __name__ == "__main__":
    main()
