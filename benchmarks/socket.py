"""Messages through the play socket (real moves of real runs) and the site socket (beats), beside a bare ASGI socket.

Each connection sends its next message when it has the answer to the last. The bare socket plays the same moves by the
same rules and Lua calls, without consumer, rate limits, mailbox and presence. `lua` is the Lua call alone, no game.
"""

import argparse
import asyncio
import itertools
import json
import re
import time

from rich.progress import Progress

from benchmarks import stage
from benchmarks.load import Socket, open_sockets, percentile
from benchmarks.report import Target, show

CONNECTIONS = (1, 16, 64)
LIMIT = 0.7
APPLICATION = "benchmarks.socket_servers:application"
INPUTS = ("left", "down", "right", "down", "left", "up")
RUN = re.compile(rb'"run":"([^"]+)","seq":(\d+)')


class Talker(Socket):
    """Sends the next message as soon as the last is answered, and notes how long each took."""

    def __init__(self, url: str, cookie: str, kind: str) -> None:
        first = [b'{"type":"start"}'] if kind == "play" else []
        super().__init__(url, Talker.answered, first, cookie)  # type: ignore[arg-type]
        self.kind = kind
        self.took: list[float] = []
        self.asked_at = 0.0
        self.going = False
        self.state = (b"bare", 0)
        self.inputs = itertools.cycle(INPUTS)

    def go(self) -> None:
        """Say the next message."""
        self.asked_at = time.perf_counter()
        if self.kind == "beat":
            return self.send(b'{"type":"beat"}')
        run, seq = self.state
        self.send(b'{"type":"move","run":"%s","seq":%d,"input":"%s"}' % (run, seq + 1, next(self.inputs).encode()))

    def beaten(self, payload: bytes) -> None:
        if self.kind != "beat" or len(self.took) % 100 == 0:
            super().beaten(payload)
        if self.kind == "beat" and self.going:
            self.next()

    def answered(self, payload: bytes) -> None:
        if payload.startswith((b'{"type":"moved"', b'{"type":"run"')):
            found = RUN.search(payload)
            assert found
            self.state = (found[1], int(found[2]))
            if b'"over":true' in payload:
                return None  # The result comes next, and then a new run.
            if self.going:
                return self.next()
        elif payload.startswith(b'{"type":"finished"'):
            self.send(b'{"type":"start"}')
        elif payload.startswith(b'{"type":"error"'):
            raise SystemExit(payload.decode())
        return None

    def next(self) -> None:
        self.took.append((time.perf_counter() - self.asked_at) * 1000)
        self.go()


async def load(port: int, contender: str, kind: str, cookies: list[str], seconds: float) -> dict:
    """The client's side of one case."""
    path = "/ws/play/fuse/" if kind in ("play", "move") else "/ws/"
    ready = iter(cookies)
    kind = "play" if kind == "move" and contender != "lua" else kind
    opened = await open_sockets(
        len(cookies), lambda: Talker(f"ws://127.0.0.1:{port}{path}", next(ready), kind), "127.0.0.1", port
    )
    talkers = [each for each in opened if isinstance(each, Talker)]
    await asyncio.sleep(0.5)
    for talker in talkers:
        talker.going = True
        talker.go()
    await asyncio.sleep(1)  # A warm-up.
    for talker in talkers:
        talker.took.clear()
    await asyncio.sleep(seconds)
    took = [ms for talker in talkers for ms in talker.took]
    return {"per s": len(took) / seconds, "p50 ms": percentile(took, 0.5), "p99 ms": percentile(took, 0.99)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0, help="how long each case is measured (default: 4)")
    parser.add_argument("--json", action="store_true", help="end with one line for programs")
    parser.add_argument("--client", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        port, contender, kind, cookies, seconds = options.client
        import uvloop

        return print(json.dumps(uvloop.run(load(int(port), contender, kind, cookies.split("|"), float(seconds)))))
    rows, targets = [], []
    with stage.prepare(), stage.redis(), Progress(transient=True) as progress:
        task = progress.add_task("sockets", total=5 * len(CONNECTIONS))
        cookies = [cookie for _, cookie in stage.players(max(CONNECTIONS))]
        for kind in ("move", "beat"):
            for connections in CONNECTIONS:
                found = {}
                for contender in ("arcade", "bare", "lua") if kind == "move" else ("arcade", "bare"):
                    # Rate limits are counted as usual, but are set too high to be reached.
                    with stage.web(APPLICATION, CONTENDER=contender, RATE_LIMIT_FACTOR="1e6") as (port, _):
                        arguments = [str(port), contender, kind, "|".join(cookies[:connections]), str(options.seconds)]
                        found[contender] = json.loads(stage.client("benchmarks.socket", "--client", *arguments))
                    rows.append({"case": f"{kind}s, {connections} connections, {contender}", **found[contender]})
                    progress.advance(task)
                ratio = found["arcade"]["per s"] / found["bare"]["per s"]
                targets.append(Target(f"{kind}s, {connections}: of the bare socket", ratio, LIMIT, ratio >= LIMIT))
    show("sockets", max(CONNECTIONS), rows, targets, ("uvicorn", "websockets", "uvloop", "channels"), options.json)


if __name__ == "__main__":
    main()
