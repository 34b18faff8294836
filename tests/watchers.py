"""Many watchers of real processes over the network, in one event loop, each with a browser's view of its topic."""

import asyncio
import contextlib
import json
import time

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from live.topics import apply
from tests.stack import Guest, Site


class Watcher:
    """One socket that watches a topic, acknowledges beats, and comes back by itself when it is closed."""

    def __init__(self, site: Site, topic: str, *, cookies: str = "", path: str = "/ws/") -> None:
        self.site, self.topic, self.cookies, self.path = site, topic, cookies, path
        self.state: dict | None = None
        self.version = 0
        self.closed: list[int] = []
        self.messages: list[dict] = []
        self.snapshots = 0

    async def run(self) -> None:
        """Watch until cancelled."""
        address = self.site.url.replace("http", "ws", 1) + self.path
        headers = {"Cookie": self.cookies} if self.cookies else {}
        while True:
            with contextlib.suppress(OSError, InvalidHandshake, TimeoutError):
                async with connect(address, origin=self.site.url, additional_headers=headers, compression=None) as line:
                    self.line = line
                    with contextlib.suppress(ConnectionClosed):
                        await line.send(json.dumps({"type": "watch", "topic": self.topic}))
                        async for text in line:
                            await self._received(json.loads(text))
                    self.closed.append(line.close_code or 1006)
            await asyncio.sleep(0.2)

    async def _received(self, message: dict) -> None:
        if message["type"] == "snapshot":
            self.state, self.version = message["state"], message["version"]
            self.snapshots += 1
        elif message["type"] == "diff":
            assert message["version"] == self.version + 1
            self.state = apply(self.state, message.get("set", {}), message.get("drop", []))
            self.version = message["version"]
        elif message["type"] == "beat":
            await self.line.send(json.dumps({"type": "beat", "seen": message["sent"]}))
        else:
            self.messages.append(message)
            if message["type"] == "error" and message.get("retry"):
                await asyncio.sleep(0.2)
                await self.line.send(json.dumps({"type": "watch", "topic": self.topic}))


@contextlib.asynccontextmanager
async def watching(watchers):
    """Run the watchers, and wait until each has its first state."""
    tasks = []
    for number, watcher in enumerate(watchers):
        tasks.append(asyncio.create_task(watcher.run()))
        if number % 50 == 49:
            await asyncio.sleep(0.05)
    try:
        await until(lambda: all(watcher.state is not None for watcher in watchers), 30)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition, timeout: float = 30) -> float:
    """Wait for a condition and return the seconds that took; fail when it does not come in time."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < timeout, "waited in vain"
        await asyncio.sleep(0.05)
    return time.monotonic() - started


async def fresh(site: Site, topic: str) -> dict:
    """The state that a new watcher is given now."""
    watcher = Watcher(site, topic)
    async with watching([watcher]):
        return watcher.state


async def play_soon(guest: Guest) -> int:
    """Play a run as soon as the site can."""
    for _ in range(100):
        try:
            return await asyncio.to_thread(guest.play_run)
        except Exception:
            await asyncio.sleep(0.2)
    raise AssertionError("no run could be played")


async def fresh_with(site: Site, topic: str, player: int) -> dict:
    """The state that a new watcher is given, once this player's run is in it."""
    while player not in (state := await fresh(site, topic))["order"]:
        await asyncio.sleep(0.1)
    return state
