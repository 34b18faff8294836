"""Browsers that play the puzzle of the day."""

import re

from django.test import AsyncClient

from accounts.models import Player
from games.lights import rules as lights
from games.modes import DAILY, Mode, today
from tests.sockets import Socket


def daily() -> Mode:
    return Mode(DAILY, today().isoformat())


class Browser:
    """One browser: its pages, and a socket of a game with its cookies."""

    def __init__(self) -> None:
        self.client = AsyncClient()

    async def play_daily(self, game: str = "lights"):
        return await self.client.post(f"/daily/{game}/")

    async def player(self) -> Player:
        page = await self.client.get("/daily/")
        return await Player.objects.aget(pk=int(re.search(r'data-player="(\d+)"', page.content.decode())[1]))

    async def socket(self, game: str = "lights") -> Socket:
        made = Socket(f"/ws/play/{game}/", await self.player())
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in self.client.cookies.items())
        made.scope["headers"] = [*made.scope["headers"], (b"cookie", cookie.encode())]
        return made


async def start(socket: Socket, mode: str) -> dict:
    await socket.say(type="start", mode=mode)
    return await socket.next("run", "error")


async def solve(socket: Socket, run: dict, extra: int = 0) -> dict:
    """Solve Lights with so many presses too many; returns the answer at the end."""
    lit = sum(on << cell for cell, on in enumerate(run["view"]["lit"]))
    presses = [lights.INPUTS[cell] for cell in range(25) if lights.solved(lit) >> cell & 1]
    for seq, press in enumerate(["a1", "a1"] * (extra // 2) + presses, 1):
        await socket.say(type="move", run=run["run"], seq=seq, input=press)
    return await socket.next("finished", "error")


async def member(name: str) -> Browser:
    browser = Browser()
    await browser.client.aforce_login(await Player.objects.acreate(name=name))
    return browser
