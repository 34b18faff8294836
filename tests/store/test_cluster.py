"""A cluster: commands, scripts, transactions, streams and channels over several nodes.

The tests of the domain run on a cluster, too: TEST_REDIS=cluster, see tests/conftest.py.
"""

import asyncio
import contextlib

import pytest

from benchmarks.nodes import Node, free_port, until
from store.client import (
    NoScriptError,
    ResponseError,
    StoreMisconfigured,
    StoreUnavailable,
    client,
    close,
    subscription,
    sync,
)
from store.scripts import Script

pytestmark = pytest.mark.timeout(170)

COUNT = Script("return redis.call('INCR', KEYS[1])")
BOTH = Script("redis.call('INCR', KEYS[1]) return redis.call('INCR', KEYS[2])")


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

    async def test_a_database_is_emptied_on_every_node(self, on_it, prefix):
        names = [f"{prefix}:tests:{{{number}}}" for number in range(30)]
        for name in names:
            await client().set(name, "1", ex=60)
        assert await client().flushdb() is True
        assert await client().exists(*names) == 0

    @pytest.mark.parametrize(
        "command", ["SCAN 0", "RANDOMKEY", "PUBSUB CHANNELS", "FUNCTION LIST", "CLIENT ID", "SAVE"]
    )
    async def test_what_one_node_cannot_do_for_all_is_refused_before_it_is_sent(self, on_it, command):
        with pytest.raises(ResponseError, match="concerns one node"):
            await client().execute_command(*command.split())

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
