"""A cluster: what needs several nodes, slots that move while they are used, and primaries that are killed.

The tests of the domain run on a cluster, too: TEST_REDIS=cluster, see tests/conftest.py.
"""

import asyncio
import contextlib
import json
import signal
import time

import pytest

from benchmarks.cluster import Cluster
from benchmarks.nodes import Node, free_port, until
from leaderboard import boards
from leaderboard import keys as board_keys
from leaderboard.reading import standings
from store.client import (
    NoScriptError,
    ResponseError,
    StoreMisconfigured,
    StoreUnavailable,
    client,
    close,
    other,
    subscription,
    sync,
)
from store.scripts import Script
from tests.stack import Site

pytestmark = pytest.mark.timeout(170)

COUNT = Script("return redis.call('INCR', KEYS[1])")
BOTH = Script("redis.call('INCR', KEYS[1]) return redis.call('INCR', KEYS[2])")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture
async def on_it(cluster, settings):
    """The site's Redis is the cluster."""
    settings.REDIS_URL = cluster.url
    yield cluster
    await close()


class TestCommands:
    async def test_a_pipeline_over_all_nodes_answers_in_order_scripts_included(self, on_it, prefix):
        names = [f"{prefix}:tests:{{{number}}}" for number in range(50)]
        assert len({on_it.owner(name).port for name in names}) == 3
        pipe = client().pipeline()
        for number, name in enumerate(names):
            pipe.set(name, number, ex=60)
            pipe.get(name)
            pipe.eval("return {KEYS[1], ARGV[1]}", 1, name, number)
        answers = await pipe.execute()
        expected = [part for number, name in enumerate(names) for part in (True, f"{number}", [name, f"{number}"])]
        assert answers == expected

    async def test_commands_with_keys_in_many_slots(self, on_it, prefix):
        names = [f"{prefix}:tests:{{{number}}}" for number in range(20)]
        for number, name in enumerate(names[:15]):
            await client().set(name, number, ex=60)
        assert await client().mget(names) == [*map(str, range(15)), *[None] * 5]
        assert await client().exists(*names) == 15
        assert sorted([name async for name in client().scan_iter(match=f"{prefix}:tests:*")]) == sorted(names[:15])
        await client().rename(names[0], names[19])
        assert await client().get(names[19]) == "0"
        assert 0 < await client().ttl(names[19]) <= 60
        with pytest.raises(ResponseError):
            await client().rename(names[0], names[18])
        assert await client().unlink(*names) == 15

    async def test_a_transaction_is_all_of_it_in_the_shapes_of_one_server(self, on_it, prefix):
        tag = f"{prefix}:tests:{{t}}"
        pipe = client().pipeline(transaction=True)
        pipe.zadd(f"{tag}:z", {"a": 1.5, "b": 2})
        pipe.zrange(f"{tag}:z", 0, -1, withscores=True)
        pipe.hset(f"{tag}:h", mapping={"x": "1"})
        pipe.hgetall(f"{tag}:h")
        pipe.get(f"{tag}:none")
        pipe.hget(f"{tag}:z", "no hash")
        pipe.expire(f"{tag}:z", 60)
        pipe.delete(f"{tag}:h")
        *answers, expires, deleted = await pipe.execute(raise_on_error=False)
        wrong = answers.pop()
        assert answers == [2, [("a", 1.5), ("b", 2.0)], 1, {"x": "1"}, None]
        assert "WRONGTYPE" in str(wrong)
        assert (bool(expires), deleted) == (True, 1)

    async def test_keys_that_no_script_may_touch_together_are_refused_in_words(self, on_it, prefix):
        with pytest.raises(StoreUnavailable, match="slot"):
            await BOTH([f"{prefix}:tests:{{a}}", f"{prefix}:tests:{{b}}"])

    async def test_a_node_that_forgot_a_script_gets_it_again_and_nothing_runs_twice(self, on_it, prefix):
        names = [f"{prefix}:tests:{{{number}}}" for number in range(12)]
        calls = [([name], []) for name in names]
        assert await COUNT.many(calls) == [1] * 12
        on_it.owner(names[0]).run("SCRIPT FLUSH")
        assert await COUNT.many(calls) == [2] * 12
        on_it.owner(names[0]).run("SCRIPT FLUSH")
        with pytest.raises(NoScriptError):
            await client().evalsha(COUNT.sha, 1, names[0])
        assert await COUNT([names[0]]) == 3
        await client().delete(*names)

    async def test_streams_of_many_slots_are_read_and_waited_for(self, on_it, prefix):
        names = [f"{prefix}:tests:{{{number}}}" for number in range(6)]
        reading = asyncio.create_task(client().xread(dict.fromkeys(names, "0"), block=20_000))
        await asyncio.sleep(0.05)
        assert not reading.done()
        await client().xadd(names[4], {"a": "1"})
        [[name, [(_, fields)]]] = await reading
        assert (name, fields) == (names[4], {"a": "1"})
        assert await client().xread(dict.fromkeys(names[:2], "0"), block=50) == []
        await client().delete(*names)

    async def test_a_transaction_that_is_too_long_does_nothing_at_all(self, on_it, prefix):
        tag = f"{prefix}:tests:{{t}}"
        await client().set(f"{tag}:kept", 1, ex=60)
        pipe = client().pipeline(transaction=True)
        pipe.delete(f"{tag}:kept")
        pipe.sadd(f"{tag}:many", *range(8_000))
        with pytest.raises(ValueError, match="at most"):
            await pipe.execute()
        assert await client().delete(f"{tag}:kept", f"{tag}:many") == 1

    async def test_nobody_at_all_and_a_server_that_is_no_cluster_are_said_in_words(self, settings, tmp_path):
        lone = Node(tmp_path / "lone")
        for port in (free_port(), lone.port):
            settings.REDIS_URL = f"redis+cluster://127.0.0.1:{port}"
            with pytest.raises(StoreUnavailable):
                await client().get("x")
            with pytest.raises(StoreUnavailable), sync() as connection:
                connection.get("x")
            await close()
        lone.run("CONFIG SET", "requirepass", "right")
        settings.REDIS_URL = f"redis+cluster://:geheim@127.0.0.1:{lone.port}"
        with pytest.raises(StoreMisconfigured, match="password") as refused:
            await client().get("x")
        assert "geheim" not in str(refused.value)
        await close()
        lone.kill()


class TestChannels:
    @pytest.fixture(autouse=True)
    def sharded(self, cluster):
        if "redis_version:6" in cluster.nodes[0].run("INFO", "server"):
            pytest.skip("channels lie in slots from Redis 7 on")

    async def test_channels_lie_at_the_node_of_their_slot(self, on_it, prefix):
        names = [f"{prefix}:tests:{{{number}}}" for number in range(9)]
        heard = subscription()
        heard.add(*names)
        async with contextlib.aclosing(heard.heard()) as messages:
            assert {await anext(messages) for _ in names} == {(name, None) for name in names}
            for name in names:
                assert on_it.owner(name).run("PUBSUB SHARDCHANNELS", name) == [name]
                await client().publish(name, f"to {name}")
            assert {await anext(messages) for _ in names} == {(name, f"to {name}") for name in names}
            heard.drop(names[0])
            await asyncio.to_thread(
                until, lambda: not on_it.owner(names[0]).run("PUBSUB SHARDCHANNELS", names[0]), "no more"
            )

    async def test_a_channel_whose_slot_moves_begins_anew_elsewhere(self, on_it, prefix):
        name = f"{prefix}:tests:{{moving}}"
        source = on_it.owner(name)
        target = next(node for node in on_it.nodes if node.is_primary and node is not source)
        heard = subscription()
        heard.add(name)
        async with contextlib.aclosing(heard.heard()) as messages:
            assert await anext(messages) == (name, None)
            await asyncio.to_thread(on_it.move, name, target)
            async for _, text in messages:
                if text is not None:
                    break
                await client().publish(name, "still there")  # It may begin more than once.
            assert text == "still there"
            assert target.run("PUBSUB SHARDCHANNELS", name) == [name]
        await asyncio.to_thread(on_it.move, name, source)


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
            started = time.monotonic()
            with pytest.raises(StoreUnavailable):
                await client().set(name, "lost", ex=600)
            assert time.monotonic() - started < 20
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
            watcher, player = site.guest(), site.guest()
            with watcher.socket("/ws/") as line:
                line.receive("hello")
                line.send(type="watch", topic="board:fuse:day")
                line.receive("snapshot")
                points = player.play_run(12)
                assert str(points) in json.dumps(line.receive("diff"))
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
