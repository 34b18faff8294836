"""Rooms of two players, and runners in the test's own loop."""

import asyncio
import contextlib

import msgspec
import pytest

from accounts.models import Player
from games.rooms import keys, rooms
from games.rooms.after import results
from games.rooms.after.ended import Ended
from games.rooms.game import find_room_game
from games.rooms.rooms import Seat
from games.rooms.running.runner import Runner
from store.client import blocking, client
from store.stream import GroupReader
from tests.sockets import Socket

DUEL = find_room_game("fuse-duel")


@pytest.fixture
def no_countdown(monkeypatch):
    """Matches begin at once."""
    monkeypatch.setattr("games.rooms.running.stage.COUNTDOWN_MS", 0)


@contextlib.asynccontextmanager
async def running(*names: str):
    """Runners of these names, which hand their rooms over at the end."""
    runners = [Runner(name) for name in names or ("r1",)]
    tasks = [asyncio.create_task(runner.run()) for runner in runners]
    try:
        yield runners
    finally:
        for runner in runners:
            runner.stop()
        await asyncio.gather(*tasks, return_exceptions=True)


async def two_players() -> tuple[Player, Player]:
    return await Player.objects.acreate(name="Ada"), await Player.objects.acreate(name="Bela")


def seat(player: Player, origin: str = "") -> Seat:
    return Seat(player.pk, player.card, 1500, origin=origin or f"place-{player.pk}")


async def room_of(*players: Player, rated: bool = True) -> str:
    """A room in which these players have the seats."""
    return await rooms.make(DUEL, [seat(player) for player in players], rated=rated)


class RoomSocket(Socket):
    """A page of a room: keeps the room as the frames say."""

    def __init__(self, room: str, player: Player | None = None, page: str = "", session: str = "") -> None:
        super().__init__(f"/ws/rooms/{room}/", player, session)
        self.page = page or f"page-{player.pk if player else 0}"
        self.key, self.frames, self.seat, self.n = None, [], None, 0

    async def join(self, take: bool = True) -> None:
        await self.say(type="join", connection=self.page, take=take)
        await self.until(lambda: self.seated)

    async def until(self, holds, timeout: float = 20) -> None:
        """Read messages until something holds."""
        self.seated = getattr(self, "seated", False)
        async with asyncio.timeout(timeout):
            while not holds():
                self.take(await self.next(timeout=timeout))

    def take(self, message: dict) -> None:
        kind = message["type"]
        if kind == "room_shown":
            self.key, self.frames = message["key"], message["frames"]
        elif kind == "room":
            self.key, self.frames = message, []
        elif kind == "frame":
            self.frames.append(message)
        elif kind == "seat":
            self.seat, self.n, self.seated = message.get("seat"), message.get("n", 0), True
        elif kind == "error":
            raise AssertionError(message)

    @property
    def status(self) -> str | None:
        return self.key and self.key["status"]

    @property
    def version(self) -> int:
        frames = [frame for frame in self.frames if frame["type"] == "frame"]
        return frames[-1]["v"] if frames else (self.key or {"v": 0})["v"]

    @property
    def acked(self) -> list[int]:
        frames = [frame for frame in self.frames if frame["type"] == "frame"]
        return frames[-1]["a"] if frames else self.key["a"] if self.key else [0, 0]

    async def play(self, input: str) -> None:
        self.n += 1
        await self.say(type="input", n=self.n, input=input)


async def both_playing(first: RoomSocket, second: RoomSocket) -> None:
    await first.join()
    await second.join()
    for each in (first, second):
        await each.until(lambda each=each: each.status == "playing")


async def say_ended(
    room: str, players: tuple[Player, Player], places: list[int], marks: list[dict[str, int]], at_ms: int
) -> None:
    """Say on the stream that a match has ended: twice, as after a runner that died; it counts once."""
    seats = [seat(player) for player in players]
    ended = Ended("fuse-duel", "seed", True, seats, places, [10, 5], marks, "[]", at_ms)
    for _ in range(2):
        await client().xadd(keys.finished(), {"room": room, "match": msgspec.json.encode(ended).decode()})


async def drain_matches() -> None:
    """Have the worker's group write every ended match."""
    connection = blocking(1)
    while await GroupReader(results.GROUP, "w", results.streams).step(connection, block_ms=None):
        pass
    await connection.aclose()


async def twelve_matches() -> None:
    """Ada wins twelve matches against Bela within a day."""
    players = await two_players()
    for number in range(12):
        await say_ended(f"room{number}", players, [1, 2], [{}, {}], 1_800_000_000_000 + number)
    await drain_matches()
