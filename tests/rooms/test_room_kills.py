"""Rooms in real processes that are killed while people play."""

import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

import pytest
from websockets.exceptions import WebSocketException

from tests.stack import ROOT, Browser, Site, clean_environment, wait_for

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

COUNT = """
import asyncio, time
from games.rooms import registry
print(len(asyncio.run(registry.runners(now_ms=time.time_ns() // 1_000_000))))
"""
WAYS = ("left", "down", "right", "up")


class Player(Browser):
    """A guest in a room, who notes what they are shown."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        status, page = self.post("/rooms/play/fuse-duel/")
        assert status == 200, page
        self.shown: dict[int, str] = {}  # What each version was shown as: never two things.
        self.gaps: list[float] = []
        self.stop = threading.Event()
        self.key = None
        self.version, self.n, self.last = 0, 0, 0.0

    def make_room(self, bot: bool = True) -> str:
        request_page = self.get("/rooms/play/fuse-duel/")[1]
        token = request_page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        opened = self.opener.open(
            self.request("/rooms/new/fuse-duel/", csrfmiddlewaretoken=token, **({"with": "bot"} if bot else {})),
            timeout=40,
        )
        return opened.geturl().rstrip("/").rpartition("/")[2]

    def request(self, path: str, **fields: str):
        body = urllib.parse.urlencode(fields).encode()
        return urllib.request.Request(self.site.url + path, body, {"Origin": self.site.url})

    def play(self, room: str) -> None:
        """Play until the room is over or the test says so, coming back after each lost line."""
        while not self.ends():
            try:
                self._sit(room)
            except (WebSocketException, OSError):
                time.sleep(0.1)  # A part was killed: come back.

    def ends(self) -> bool:
        return self.stop.is_set() or (self.key or {}).get("status") == "over"

    def _sit(self, room: str) -> None:
        line = self.socket(f"/ws/rooms/{room}/")
        line.receive("hello")
        line.send(type="join", connection=f"page{id(self)}", take=True)
        sent_at = beaten_at = 0.0
        while not self.ends():
            try:
                message = json.loads(line.connection.recv(timeout=0.1))
            except TimeoutError:
                message = {"type": ""}
            self.take(message)
            if time.monotonic() - beaten_at > 5:
                line.send(type="beat")
                beaten_at = time.monotonic()
            if time.monotonic() - sent_at > 0.15 and self.key and self.key["status"] == "playing":
                self.n += 1
                line.send(type="input", n=self.n, input=WAYS[self.n % 4])
                sent_at = time.monotonic()

    def take(self, message: dict) -> None:
        kind = message["type"]
        if kind == "seat":
            self.n = max(self.n, message.get("n", 0)) if message.get("n", 0) >= self.n else message.get("n", 0)
        if kind == "room_shown" and message["key"]:
            self.key = message["key"]
            for frame in message["frames"]:
                self.take(frame)
        if kind == "room":
            self.key = message
        if kind == "frame":
            text = json.dumps([message["t"], message["a"], message["d"]])
            assert self.shown.setdefault(message["v"], text) == text, "what was shown was taken back"
            if self.last:
                self.gaps.append(time.monotonic() - self.last)
            self.last = time.monotonic()


def matches(site: Site) -> list[tuple]:
    with sqlite3.connect(site.data / "db.sqlite3", timeout=20) as connection:
        return connection.execute("SELECT id, log FROM games_match").fetchall()


class Runners:
    """Runners that the test starts and kills itself."""

    def __init__(self, site: Site) -> None:
        self.site, self.processes = site, []

    def start(self) -> None:
        environment = clean_environment(DATA_DIR=str(self.site.data), **self.site.environment)
        command = [sys.executable, "manage.py", "rooms"]
        self.processes.append(subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL))

    def end(self, number: int) -> None:
        process = self.processes.pop(0)
        process.send_signal(number)
        process.wait(30)


@pytest.fixture
def runners():
    made = []

    def of(site: Site) -> Runners:
        made.append(Runners(site))
        return made[-1]

    yield of
    for each in made:
        while each.processes:
            each.end(signal.SIGKILL)


def begin(players: list[Player], rooms: list[str]) -> list[threading.Thread]:
    threads = [threading.Thread(target=each.play, args=(room,)) for each, room in zip(players, rooms, strict=True)]
    for thread in threads:
        thread.start()
    wait_for(lambda: all(len(player.shown) > 5 for player in players), 60)
    return threads


def goes_on(players: list[Player], seconds: int = 60) -> None:
    """Wait until everybody who still plays is shown something new."""
    before = {player: len(player.shown) for player in players}
    wait_for(lambda: all(player.ends() or len(player.shown) > before[player] + 2 for player in players), seconds)


def test_twenty_kills_of_the_runner_during_ten_duels_lose_nothing(tmp_path, runners):
    with Site(tmp_path, "--runners", "0", RATE_LIMIT_FACTOR="100") as site:
        running = runners(site)
        running.start()
        players = [Player(site) for _ in range(10)]
        rooms = [player.make_room() for player in players]
        threads = begin(players, rooms)
        for _ in range(20):
            running.start()  # The next one stands by.
            running.end(signal.SIGKILL)
            goes_on(players)
        for player in players:
            player.stop.set()
        for thread in threads:
            thread.join()
        for player, room in zip(players, rooms, strict=True):
            if player.key["status"] != "over":
                line = player.socket(f"/ws/rooms/{room}/")
                line.receive("hello")
                line.send(type="join", connection="page", take=True)
                line.receive("seat")
                line.send(type="resign")
        wait_for(lambda: len(matches(site)) == 10, 60)
        kept = dict(matches(site))
        assert set(kept) == set(rooms)
        for player, room in zip(players, rooms, strict=True):
            log = [entry[2] for entry in json.loads(kept[room])]
            assert log == list(range(1, len(log) + 1))  # Each step is there, once.
            assert set(player.shown) <= set(log)  # Every shown step stays.
        assert site.count("games_matchseat") == 20
        print("longest gaps, s:", sorted(round(max(player.gaps), 1) for player in players))


def test_a_runner_that_is_told_to_end_hands_its_rooms_over(tmp_path, runners):
    with Site(tmp_path, "--runners", "0") as site:
        running = runners(site)
        running.start()
        player = Player(site)
        [thread] = begin([player], [player.make_room()])
        for _ in range(3):
            running.start()
            epoch = player.key["epoch"]
            wait_for(lambda: site.shell(COUNT) == "2", 60)
            player.gaps.clear()
            running.end(signal.SIGTERM)
            goes_on([player])
            assert player.key["epoch"] > epoch
            print("gap, s:", max(player.gaps))
        player.stop.set()
        thread.join()


def test_a_killed_web_process_and_a_killed_redis_end_no_match(tmp_path):
    with Site(tmp_path, "--runners", "1", REDIS_APPENDFSYNC="always") as site:
        player = Player(site)
        [thread] = begin([player], [player.make_room()])
        for part in ("uvicorn", "redis-server", "uvicorn"):
            site.kill(part)
            goes_on([player])
        assert not player.ends()
        player.stop.set()
        thread.join()
