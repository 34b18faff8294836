"""What the dashboard's one update a second costs the web process: ten staff watching, compared with nobody."""

import argparse
import asyncio
import time

from benchmarks import stage
from benchmarks.report import Target, show

STAFF = 10


async def watch(url: str, cookies: list[str], seconds: float) -> int:
    """Watch with one socket per cookie, and return how many messages arrived."""
    import json

    from websockets.asyncio.client import connect
    from websockets.typing import Origin

    came = 0

    async def one(cookie: str) -> None:
        nonlocal came
        origin = Origin(url.replace("ws://", "http://").removesuffix("/ws/"))
        async with connect(url, origin=origin, additional_headers={"Cookie": cookie}, compression=None) as line:
            await line.send(json.dumps({"type": "watch", "topic": "dashboard"}))
            async for text in line:
                message = json.loads(text)
                came += message["type"] in ("snapshot", "diff")
                if message["type"] == "beat":
                    await line.send(json.dumps({"type": "beat", "seen": message["sent"]}))

    tasks = [asyncio.create_task(one(cookie)) for cookie in cookies]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return came


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=40.0, help="how long to watch (default: 40)")
    parser.add_argument("--json", action="store_true", help="end with one line for programs")
    options = parser.parse_args()
    with stage.prepare(), stage.redis():
        made = stage.players(STAFF)
        from accounts.models import Player

        Player.objects.update(is_staff=True)
        with stage.web("gameapp.asgi:application") as (port, pid):
            rows: list[dict] = []
            for case, cookies in (("nobody watches", []), ("ten staff watch", [cookie for _, cookie in made])):
                asyncio.run(watch(f"ws://localhost:{port}/ws/", cookies, 5.0))
                before, started = stage.cpu_s(pid), time.monotonic()
                came = asyncio.run(watch(f"ws://localhost:{port}/ws/", cookies, options.seconds))
                elapsed = time.monotonic() - started
                share = 100 * (stage.cpu_s(pid) - before) / elapsed
                rows.append({"case": case, "messages /s": came / elapsed, "CPU %": share})
    cost = rows[1]["CPU %"] - rows[0]["CPU %"]
    targets = [Target("% of a core for ten staff", cost, 5.0, cost < 5.0)]
    show("dashboard", STAFF, rows, targets, ("django", "uvicorn"), options.json)


if __name__ == "__main__":
    main()
