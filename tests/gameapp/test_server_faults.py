"""Crowds that drop, servers that stop or are killed, and sign-outs after that."""

import asyncio
import os
import signal

import pytest

from benchmarks.load import Socket as LightSocket
from benchmarks.load import open_sockets
from tests.stack import Site
from tests.watchers import Watcher, until, watching

pytestmark = [pytest.mark.stack, pytest.mark.timeout(170)]

TOPIC = "board:fuse:all"


@pytest.fixture(scope="module")
def rough(tmp_path_factory):
    """A site whose web server is stopped and killed, and which every test leaves running."""
    with Site(tmp_path_factory.mktemp("rough")) as running:
        yield running


@pytest.fixture
def on_daphne(tmp_path):
    with Site(tmp_path, server="daphne") as running:
        yield running


@pytest.mark.parametrize(("site_name", "code"), [("rough", 1012), ("on_daphne", 4012)])
async def test_a_server_that_stops_says_that_it_comes_back(request, site_name, code):
    site = request.getfixturevalue(site_name)
    watchers = [Watcher(site, TOPIC) for _ in range(30)]
    async with watching(watchers):
        for pid in site.children(site.server):
            os.kill(pid, signal.SIGTERM)
        await until(lambda: all(watcher.closed for watcher in watchers))
        assert {watcher.closed[0] for watcher in watchers} == {code}
        await until(lambda: all(watcher.snapshots == 2 for watcher in watchers), 20)  # And they did.


async def test_a_killed_web_server_leaves_those_online_who_came_back(rough):
    site = rough
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
        await until(lambda: looking.snapshots == 2, 60)
        assert set(looking.state["order"]) == everybody  # A restart of ours is no departure.
        await until(lambda: set(looking.state["order"]) == {guest.id for guest in guests[:3]}, 55)
    for task in tasks:
        task.cancel()


async def test_two_thousand_sockets_that_drop_at_once_come_back_without_an_error(rough):
    site = rough
    snapshots = []

    def received(_, payload):
        if payload.startswith(b'{"type":"snapshot"'):
            snapshots.append(payload)
        assert not payload.startswith(b'{"type":"error"')

    def make():
        url = f"ws://localhost:{site.port}/ws/"
        return LightSocket(url, received, [b'{"type":"watch","topic":"board:fuse:all"}'])

    sockets = await open_sockets(2000, make, "127.0.0.1", site.port)
    await until(lambda: len(snapshots) == 2000, 30)
    for each in sockets:
        each.transport.abort()
    sockets = await open_sockets(2000, make, "127.0.0.1", site.port, at_once=400)  # All that the backlog takes.
    await until(lambda: len(snapshots) == 4000, 60)
    assert not any(each.closed for each in sockets)
    assert "Traceback" not in site.output()
    assert "ERROR" not in site.output()


async def test_a_sign_out_reaches_open_sockets_after_redis_was_killed(tmp_path):
    with Site(tmp_path, REDIS_APPENDFSYNC="always") as site:
        guest = site.guest()
        watcher = Watcher(site, TOPIC, cookies=guest.cookies)
        async with watching([watcher]):
            site.kill("redis")
            await until(lambda: "redis was started again" in site.output())
            await asyncio.sleep(3)
            await asyncio.to_thread(guest.play_run)
            await asyncio.to_thread(
                guest.post, "/accounts/sign-up/", name=f"Member-{guest.id}", password="correct horse"
            )
            await until(lambda: watcher.closed, 60)
            assert watcher.closed[0] == 4401
