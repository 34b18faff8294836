"""A cluster under play: slots that move, nodes that fall silent, primaries that are killed, backups."""

import asyncio
import contextlib
import signal
import time

import pytest

from benchmarks.cluster import Cluster
from benchmarks.nodes import until
from leaderboard import boards
from leaderboard import keys as board_keys
from leaderboard.reading import standings
from store.client import (
    StoreUnavailable,
    client,
    close,
    other,
)
from store.scripts import Script
from tests.stack import Site

pytestmark = pytest.mark.timeout(170)

BOTH = Script("redis.call('INCR', KEYS[1]) return redis.call('INCR', KEYS[2])")


class TestSlotsThatMove:
    async def test_what_is_sent_meanwhile_is_neither_lost_nor_done_twice(self, on_it, prefix, fuse, finished):
        """Runs of many players, and pairs of keys in one script, while the board's slot goes to and fro."""
        from accounts.models import Player

        board = board_keys.standings("fuse", "all")
        one, two = (f"{prefix}:tests:{{fuse}}:{name}" for name in ("one", "two"))
        source = on_it.owner(board)
        target = next(node for node in on_it.nodes if node.is_primary and node is not source)
        moved = asyncio.Event()
        submitted: dict[int, int] = {}
        counted = 0

        async def play(first: int) -> None:
            number = first
            while not moved.is_set():
                number += 4
                player = Player(pk=number, name=f"P{number}")
                report = await boards.submit(finished(player, number % 1000))
                assert report.points == number % 1000
                submitted[number] = number % 1000

        async def count() -> None:
            nonlocal counted
            while not moved.is_set():
                counted += 1
                assert await BOTH([one, two]) == counted
                pipe = client().pipeline(transaction=True)
                pipe.incr(one)
                pipe.incr(two)
                counted += 1
                assert await pipe.execute() == [counted, counted]

        playing = [asyncio.create_task(play(first)) for first in range(1, 5)] + [asyncio.create_task(count())]
        for number, to in enumerate((target, source), 1):
            while len(submitted) < 60 * number:
                await asyncio.sleep(0)
            await asyncio.to_thread(on_it.move, board, to)
            assert on_it.owner(board) is to
        moved.set()
        await asyncio.gather(*playing)
        assert len(submitted) > 100
        found = await client().zrange(board, 0, -1)
        assert {int(player) for player in found} == set(submitted)
        assert (await standings.top("fuse", "all", 1)).size == len(submitted)
        assert await client().mget(one, two) == [str(counted)] * 2
        await client().delete(one, two)


class TestLost:
    async def test_a_node_that_falls_silent_is_left_for_the_one_that_takes_over(self, tmp_path, settings, prefix):
        with Cluster(tmp_path) as cluster:
            settings.REDIS_URL, settings.REDIS_TIMEOUT_S = cluster.url, 1.0
            name = f"{prefix}:tests:{{silent}}"
            await client().set(name, "before", ex=600)
            silent = cluster.owner(name)
            successor = cluster.replica_of(silent)
            silent.process.send_signal(signal.SIGSTOP)  # As if its network were gone: no connection is refused.
            with pytest.raises(StoreUnavailable):
                await client().set(name, "lost", ex=600)
            await asyncio.to_thread(until, lambda: successor.is_primary, "the replica takes over")
            ends = time.monotonic() + 60
            while True:
                with contextlib.suppress(StoreUnavailable):
                    await client().set(name, "after", ex=600)
                    break
                assert time.monotonic() < ends
            assert successor.run("GET", name) == "after"
            await close()

    async def test_a_run_whose_slot_has_moved_waits_for_the_replica_of_its_new_primary(
        self, tmp_path, settings, fuse, finished, alice, bob
    ):
        with Cluster(tmp_path) as cluster:
            settings.REDIS_URL, settings.REDIS_WAIT_REPLICAS, settings.REDIS_TIMEOUT_S = cluster.url, 1, 4.0
            board = board_keys.standings("fuse", "all")
            await boards.submit(finished(alice, 10))
            source = cluster.owner(board)
            target = next(node for node in cluster.nodes if node.is_primary and node is not source)
            replica = cluster.replica_of(target)
            await asyncio.to_thread(cluster.move, board, target)
            replica.process.send_signal(signal.SIGSTOP)
            run = finished(bob, 20)
            with pytest.raises(StoreUnavailable, match="replica"):
                await boards.submit(run)
            replica.process.send_signal(signal.SIGCONT)
            await asyncio.to_thread(until, replica.is_in_step, "the replica has caught up")
            assert (await boards.submit(run)).points == 20
            await close()


@pytest.mark.stack
class TestSite:
    def test_people_play_and_watch_and_a_backup_is_taken_and_brought_back(self, cluster, tmp_path):
        with Site(tmp_path, REDIS_URL=cluster.url, REDIS_PREFIX="testsite") as site:
            site.watched_run()
            assert "each with a replica" in site.manage("doctor")
            assert "Verified" in site.manage("backup", "--to", str(tmp_path / "kept"))
            [archive] = (tmp_path / "kept").iterdir()
            site.manage("restore", "--check", str(archive))
            before = asyncio.run(_keys(cluster.url, "testsite"))
            site.stop()
            asyncio.run(_lose(cluster.url, "testsite"))
            site.manage("restore", str(archive), "--yes")
            lasting = {name for name in before if b":sessions" in name or b":standings:" in name or b":cards" in name}
            assert lasting <= asyncio.run(_keys(cluster.url, "testsite"))

    def test_a_killed_primary_costs_no_acknowledged_run_and_signs_nobody_out(self, tmp_path):
        with (
            Cluster(tmp_path / "cluster") as cluster,
            Site(tmp_path / "site", REDIS_URL=cluster.url, REDIS_WAIT_REPLICAS="1") as site,
        ):
            guests = [site.guest() for _ in range(4)]
            acknowledged = {guest.id: guest.play_run(8) for guest in guests}
            board = "gameapp:leaderboard:{fuse}:standings:all"
            victim = cluster.owner(board)
            victim.kill()
            for guest in guests:
                until(lambda guest=guest: guest.get("/accounts/settings/")[0] == 200, "they are still signed in")
            for guest in guests:
                until(lambda guest=guest: _played(guest, acknowledged), "people play again")
            assert cluster.owner(board) is not victim
            standing = cluster.owner(board).run("ZRANGE", board, 0, -1)
            assert {int(player) for player in standing} == set(acknowledged)
            victim.start()
            until(victim.is_in_step, "the killed one is a replica of the other")
            until(lambda: "All is well" in site.manage("doctor"), "the doctor is content")

    def test_while_the_replica_does_not_have_it_a_run_is_not_acknowledged(self, cluster, tmp_path):
        with Site(tmp_path, REDIS_URL=cluster.url, REDIS_PREFIX="testslow", REDIS_WAIT_REPLICAS="1") as site:
            guest = site.guest()
            replica = cluster.replica_of(cluster.owner("testslow:leaderboard:{fuse}:runs"))
            with guest.play_socket() as line:
                line.send(type="start")
                run = line.play(line.receive("run"), 4)
                replica.process.send_signal(signal.SIGSTOP)
                line.send(type="end", run=run["run"])
                assert line.receive("finished", "error")["type"] == "error"
                replica.process.send_signal(signal.SIGCONT)
                board = "testslow:leaderboard:{fuse}:standings:all"
                until(lambda: cluster.owner(board).run("ZSCORE", board, guest.id), "the run is ranked all the same")


def _played(guest, acknowledged: dict[int, int]) -> bool:
    try:
        acknowledged[guest.id] = guest.play_run(8)
    except Exception:
        return False
    return True


async def _keys(url: str, prefix: str) -> set[bytes]:
    connection = other(url, 30)
    try:
        return {name async for name in connection.scan_iter(match=f"{prefix}:*")}
    finally:
        await connection.aclose()


async def _lose(url: str, prefix: str) -> None:
    connection = other(url, 30)
    try:
        async for name in connection.scan_iter(match=f"{prefix}:*"):
            await connection.unlink(name)
    finally:
        await connection.aclose()
