"""Watchers of real processes while Redis hangs, dies and loses its subscriptions."""

import asyncio
import re
import socket
import threading

import pytest

from store.client import private_socket
from store.server import private
from tests.stack import Site
from tests.watchers import Watcher, fresh_with, play_soon, until, watching

pytestmark = [pytest.mark.stack, pytest.mark.timeout(170)]

TOPIC = "board:fuse:all"


async def test_idle_sockets_live_longer_than_any_timeout_and_still_hear(site):
    watchers = [Watcher(site, TOPIC) for _ in range(20)]
    guest = site.guest()
    async with watching(watchers):
        await asyncio.sleep(8)  # redis-py's own default is 5.
        await asyncio.to_thread(guest.play_run)
        await until(lambda: all(guest.id in watcher.state["order"] for watcher in watchers))
        assert not any(watcher.closed for watcher in watchers)


async def test_a_killed_redis_leaves_three_hundred_watchers_with_the_true_state(tmp_path):
    with Site(tmp_path, REDIS_APPENDFSYNC="always") as site:
        guests = [site.guest() for _ in range(3)]
        await asyncio.to_thread(guests[0].play_run)
        watchers = [Watcher(site, TOPIC) for _ in range(300)]
        async with watching(watchers):
            for guest in guests[1:]:
                site.kill("redis")
                await play_soon(guest)
                truth = await fresh_with(site, TOPIC, guest.id)
                took_s = await until(lambda truth=truth: all(watcher.state == truth for watcher in watchers), 60)
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
                await asyncio.to_thread(guest.play_run)
                await asyncio.sleep(2)
            truth = await fresh_with(site, TOPIC, guests[-1].id)
            assert set(truth["order"]) == {guest.id for guest in guests}
            await until(lambda: all(watcher.state == truth for watcher in watchers), 60)
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
    redis = private.start(tmp_path, private.die_with_parent)
    line = Line(str(private_socket(tmp_path)))
    with Site(tmp_path, REDIS_URL=f"redis://127.0.0.1:{line.port}", REDIS_TIMEOUT_S="1") as site:
        guests = [site.guest() for _ in range(2)]
        await asyncio.to_thread(guests[0].play_run)
        watchers = [Watcher(site, TOPIC, cookies=guests[0].cookies) for _ in range(20)]
        async with watching(watchers):
            line.passing.clear()
            await until(lambda: all({"type": "store", "away": True} in watcher.messages for watcher in watchers), 60)
            line.passing.set()
            await until(lambda: all({"type": "store", "away": False} in watcher.messages for watcher in watchers), 60)
            await play_soon(guests[1])
            truth = await fresh_with(site, TOPIC, guests[1].id)
            await until(lambda: all(watcher.state == truth for watcher in watchers), 60)
            assert not any(watcher.closed for watcher in watchers)
    redis.terminate()
    redis.wait()


def test_the_log_of_all_this_has_no_error_that_was_not_provoked(site):
    assert not re.search(r"Traceback|never retrieved|never awaited", site.output())
