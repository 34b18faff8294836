"""Watchers of real processes while Redis hangs, dies and loses its subscriptions."""

import asyncio
import os
import re
import signal
import socket
import threading

import pytest

from store import server
from store.client import private_socket
from tests.stack import Site
from tests.watchers import Watcher, fresh, until, watching

pytestmark = [pytest.mark.stack, pytest.mark.timeout(170)]

TOPIC = "board:fuse:all"


def play(guest, moves: int = 12) -> int:
    """Play and end a run; returns its points."""
    with guest.play_socket() as line:
        line.send(type="start")
        run = line.play(line.receive("run"), moves)
        line.send(type="end", run=run["run"])
        return line.receive("finished")["points"]


async def play_soon(guest) -> int:
    """Play as soon as the site can."""
    for _ in range(100):
        try:
            return await asyncio.to_thread(play, guest)
        except Exception:
            await asyncio.sleep(0.2)
    raise AssertionError("no run could be played")


async def test_idle_sockets_live_longer_than_any_timeout_and_still_hear(site):
    watchers = [Watcher(site, TOPIC) for _ in range(20)]
    guest = site.guest()
    async with watching(watchers):
        await asyncio.sleep(8)  # redis-py's own default is 5.
        await asyncio.to_thread(play, guest)
        await until(lambda: all(guest.id in watcher.state["order"] for watcher in watchers))
        assert not any(watcher.closed for watcher in watchers)


async def test_a_killed_redis_leaves_three_hundred_watchers_with_the_true_state(tmp_path):
    with Site(tmp_path, REDIS_APPENDFSYNC="always") as site:
        guests = [site.guest() for _ in range(3)]
        await asyncio.to_thread(play, guests[0])
        watchers = [Watcher(site, TOPIC) for _ in range(300)]
        async with watching(watchers):
            for guest in guests[1:]:
                site.kill("redis")
                await play_soon(guest)
                while guest.id not in (truth := await fresh(site, TOPIC))["order"]:
                    await asyncio.sleep(0.1)  # The subscription is still on its way back.
                took_s = await until(lambda truth=truth: all(watcher.state == truth for watcher in watchers), 10)
                print(f"all equal {took_s:.1f} s after the first run on the new Redis")
            assert not any(watcher.closed for watcher in watchers)  # The sockets stayed open through it.


async def test_killed_subscriptions_lose_nothing_for_good(tmp_path):
    import redis

    with Site(tmp_path) as site:
        connection = redis.Redis(unix_socket_path=str(private_socket(tmp_path)))
        guests = [site.guest() for _ in range(10)]
        watchers = [Watcher(site, TOPIC) for _ in range(50)]
        killed = 0
        async with watching(watchers):
            for guest in guests:
                killed += connection.client_kill_filter(_type="pubsub")
                await asyncio.to_thread(play, guest)
                await asyncio.sleep(2)
            truth = await fresh(site, TOPIC)
            assert set(truth["order"]) == {guest.id for guest in guests}
            await until(lambda: all(watcher.state == truth for watcher in watchers), 10)
            assert killed >= 10
            assert not any(watcher.closed for watcher in watchers)


class Line:
    """A TCP proxy before Redis that can go silent: connections stand and are taken, and nothing passes."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.passing = threading.Event()
        self.passing.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            near, _ = self.listener.accept()
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.target)
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65536):
                self.passing.wait()
                other.sendall(data)
        except OSError:
            pass
        for each in (one, other):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


async def test_while_redis_hangs_the_sockets_stay_open_and_say_so(tmp_path):
    redis = server.start(tmp_path, server.die_with_parent)
    line = Line(str(private_socket(tmp_path)))
    with Site(tmp_path, REDIS_URL=f"redis://127.0.0.1:{line.port}", REDIS_TIMEOUT_S="1") as site:
        guests = [site.guest() for _ in range(2)]
        await asyncio.to_thread(play, guests[0])
        watchers = [Watcher(site, TOPIC, cookies=guests[0].cookies) for _ in range(20)]
        async with watching(watchers):
            line.passing.clear()
            await until(lambda: all({"type": "store", "away": True} in watcher.messages for watcher in watchers), 15)
            line.passing.set()
            await until(lambda: all({"type": "store", "away": False} in watcher.messages for watcher in watchers), 20)
            await play_soon(guests[1])
            truth = await fresh(site, TOPIC)
            await until(lambda: all(watcher.state == truth for watcher in watchers), 10)
            assert guests[1].id in truth["order"]
            assert not any(watcher.closed for watcher in watchers)
    redis.terminate()
    redis.wait()


@pytest.mark.parametrize(("server_name", "code"), [("uvicorn", 1012), ("daphne", 4012)])
async def test_a_server_that_stops_says_that_it_comes_back(tmp_path, server_name, code):
    with Site(tmp_path, server=server_name) as site:
        watchers = [Watcher(site, TOPIC) for _ in range(30)]
        async with watching(watchers):
            for pid in site.children(server_name):
                os.kill(pid, signal.SIGTERM)
            await until(lambda: all(watcher.closed for watcher in watchers))
            assert {watcher.closed[0] for watcher in watchers} == {code}
            await until(lambda: all(watcher.snapshots == 2 for watcher in watchers), 20)  # And they did.


async def test_a_killed_web_server_leaves_those_online_who_came_back(tmp_path):
    with Site(tmp_path) as site:
        guests = [site.guest() for _ in range(6)]
        tasks = [asyncio.create_task(Watcher(site, TOPIC, cookies=guest.cookies).run()) for guest in guests]
        looking = Watcher(site, "online")
        async with watching([looking]):
            everybody = {guest.id for guest in guests}
            await until(lambda: set(looking.state["order"]) == everybody)
            for task in tasks[3:]:
                task.cancel()  # A laptop that is shut at the very moment …
            site.kill("uvicorn")  # … at which the process that would have noticed dies.
            await until(lambda: looking.closed)
            await until(lambda: looking.snapshots == 2, 20)
            assert set(looking.state["order"]) == everybody  # A restart of ours is no departure.
            await until(lambda: set(looking.state["order"]) == {guest.id for guest in guests[:3]}, 55)
        for task in tasks:
            task.cancel()


def test_the_log_of_all_this_has_no_error_that_was_not_provoked(site):
    assert not re.search(r"Traceback|never retrieved|never awaited", site.output())
