"""Readers that read nothing."""

import asyncio
import sys

import pytest

from benchmarks.stage import memory_bytes
from tests.raw_socket import RawSocket
from tests.stack import ROOT, Site, clean_environment
from tests.watchers import Watcher, fresh, until, watching

pytestmark = [pytest.mark.stack, pytest.mark.timeout(170)]

TOPIC = "board:fuse:all"
SERVERS = pytest.mark.parametrize("server", ["uvicorn", "daphne"])


# Twelve better runs a second, each a change that every watcher sees.
CHANGES = """
import asyncio, os, django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gameapp.settings")
django.setup()
from accounts.cards import Card
from leaderboard import boards
from leaderboard.boards import FinishedRun

async def main():
    for n in range(250):
        await boards.submit(FinishedRun(f"run{n}", "fuse", 1000 + n % 50, Card(f"Player{n % 50}"), n, 0, "{}"))
        await asyncio.sleep(0.08)

asyncio.run(main())
"""


@SERVERS
async def test_a_reader_that_reads_nothing_is_closed_and_costs_little_and_the_others_miss_nothing(tmp_path, server):
    with Site(tmp_path, server=server, SOCKET_SILENCE_S="17") as site:
        stuck = [RawSocket(site, receive_buffer=4096) for _ in range(20)]
        [pid] = site.children(server)
        for each in stuck:
            each.say(type="watch", topic=TOPIC)
        watchers = [Watcher(site, TOPIC) for _ in range(10)]
        async with watching(watchers):
            before = memory_bytes(pid)
            environment = clean_environment(DATA_DIR=str(tmp_path))
            changes = await asyncio.create_subprocess_exec(sys.executable, "-c", CHANGES, cwd=ROOT, env=environment)
            await changes.wait()
            assert memory_bytes(pid) - before < 40 * 1024 * 1024
            truth = await fresh(site, TOPIC)
            await until(lambda: all(watcher.state == truth for watcher in watchers))
            assert truth["row:1049"]["points"] == 249
            assert not any(watcher.closed for watcher in watchers)
            assert all(watcher.snapshots == 1 and watcher.version > 120 for watcher in watchers)  # Each diff, in order.
        assert {await asyncio.to_thread(each.close_code) for each in stuck} <= {4408, 0}
        assert "Traceback" not in site.output()
