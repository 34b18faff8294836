"""Bots that play through the real pages and sockets, as a browser would."""

import asyncio
import http.cookiejar
import random
import re
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from games import messages
from games.game import Game
from live import protocol

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class BotError(Exception):
    """The site did not answer as it should; the message says how."""


@dataclass
class Bot:
    """One guest. `report` is called with each finished run's points, `moved` after every move."""

    site: str
    game: Game
    rng: random.Random
    moves_per_s: float
    runs: int
    moved: Callable[[], object]
    report: Callable[[int], object]

    async def play(self) -> None:
        """Become a guest and play `runs` runs (0: without end)."""
        cookies = await asyncio.to_thread(self._become_guest)
        address = self.site.replace("http", "ws", 1) + f"/ws/play/{self.game.slug}/"
        skill = self.rng.betavariate(2, 2)
        async with connect(address, origin=Origin(self.site), additional_headers={"Cookie": cookies}) as socket:
            played = 0
            while not self.runs or played < self.runs:
                await self._play_run(socket, skill)
                played += 1
                await asyncio.sleep(self.rng.uniform(0.5, 2.0) / self.moves_per_s)

    def _become_guest(self) -> str:
        jar = http.cookiejar.CookieJar()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        page = f"{self.site}/play/{self.game.slug}/"
        token = _TOKEN.search(opener.open(page, timeout=10).read().decode())
        if token is None:
            raise BotError(f"{page} shows no Play button")
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": token.group(1)}).encode()
        opener.open(
            urllib.request.Request(page, body, {"Origin": self.site, "Accept-Language": "en"}), timeout=10
        ).read()
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)

    async def _play_run(self, socket: ClientConnection, skill: float) -> None:
        await socket.send(protocol.encode(messages.Start()))
        async for text in socket:
            message = protocol.decode_server(text)
            if isinstance(message, messages.Finished):
                self.report(message.points)
                return
            if isinstance(message, protocol.Beaten):
                await socket.send(protocol.encode(protocol.Beat(seen=message.sent)))
            if isinstance(message, protocol.Error):
                raise BotError(message.message)
            if isinstance(message, messages.RunState | messages.Moved) and not message.over:
                self.moved()
                await asyncio.sleep(self.rng.expovariate(self.moves_per_s))
                input = self.game.rules.suggest(message.view, skill, self.rng)
                await socket.send(protocol.encode(messages.Move(message.run, message.seq + 1, input)))
