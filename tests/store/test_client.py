"""Trouble with Redis, told as one error."""

import asyncio
import time

import pytest
from channels.layers import channel_layers, get_channel_layer

from leaderboard import boards
from leaderboard.reading import standings
from store.client import ResponseError, StoreUnavailable, client, close, sync
from store.scripts import Script

WRITE = Script("return redis.call('SET', KEYS[1], string.rep('x', 100000))")


@pytest.fixture
async def full(prefix):
    """A Redis that has no memory left, for the time of a test."""
    await client().config_set("maxmemory", 1)
    yield
    await client().config_set("maxmemory", 0)


async def test_a_full_redis_is_unavailable_to_writes_and_not_to_reads(full, prefix):
    with pytest.raises(StoreUnavailable, match="memory"):
        await client().set(f"{prefix}:x", "1")
    with pytest.raises(StoreUnavailable, match="memory"):
        await WRITE([f"{prefix}:x"])
    with pytest.raises(StoreUnavailable, match="memory"), sync() as connection:
        connection.set(f"{prefix}:x", "1")
    assert await client().get(f"{prefix}:x") is None


async def test_a_full_redis_ranks_nothing_and_the_run_can_be_sent_again(full, fuse, finished, alice):
    run = finished(alice, 500)
    with pytest.raises(StoreUnavailable):
        await boards.submit(run)
    await client().config_set("maxmemory", 0)
    await boards.submit(run)
    assert (await standings.standing("fuse", "day", alice.pk)).points == 500


async def test_nobody_there_is_said_quickly(settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    await close()
    started = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await client().ping()
    assert time.monotonic() - started < settings.REDIS_TIMEOUT_S
    await close()


async def test_a_mistake_of_ours_is_no_outage(prefix):
    await client().set(f"{prefix}:x", "text")
    with pytest.raises(ResponseError):
        await client().incr(f"{prefix}:x")


async def test_a_task_that_is_cancelled_at_any_moment_of_a_call_ends():
    async def for_ever():
        while True:
            await client().ping()

    for number in range(1000):
        task = asyncio.create_task(for_ever())
        await asyncio.sleep((number % 7) / 20_000)
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=20)
        assert done
    await close()


async def test_a_channel_that_could_not_be_opened_leaves_nothing_behind(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1"
    channel_layers.backends.clear()
    layer = get_channel_layer()
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await layer.new_channel()
    assert layer._get_layer().channels == {}
