"""Locks: one holder, fencing numbers, and what happens to a holder who stalls."""

import asyncio

import pytest

from store import keys
from store.client import client
from store.lock import LockHeld, LockLost, hold


async def test_one_holder_at_a_time():
    async with hold("a"):
        with pytest.raises(LockHeld):
            async with hold("a"):
                pass
        async with hold("b"):
            pass
    async with hold("a"):
        pass


async def test_fencing_numbers_rise_with_every_holder():
    fences = []
    for _ in range(3):
        async with hold("a") as held:
            fences.append(held.fence)
    assert fences == [1, 2, 3]


async def test_of_fifty_at_once_one_gets_it():
    inside, most, got = 0, 0, 0

    async def try_it():
        nonlocal inside, most, got
        try:
            async with hold("a"):
                inside, got = inside + 1, got + 1
                most = max(most, inside)
                await asyncio.sleep(0.05)
                inside -= 1
        except LockHeld:
            pass

    await asyncio.gather(*(try_it() for _ in range(50)))
    assert (most, got) == (1, 1)


async def test_a_long_work_keeps_its_lock_by_renewing():
    async with hold("a", lease_ms=150):
        await asyncio.sleep(0.5)
        assert await client().get(keys.lock("a"))
    assert await client().get(keys.lock("a")) is None


async def test_losing_the_lock_stops_the_work():
    done = []
    with pytest.raises(LockLost):
        async with hold("a", lease_ms=150):
            await client().set(keys.lock("a"), "somebody else", ex=60)
            await asyncio.sleep(5)
            done.append("too far")
    assert not done
    assert await client().get(keys.lock("a")) == "somebody else"


async def test_releasing_takes_nobody_elses_lock():
    async with hold("a"):
        await client().set(keys.lock("a"), "somebody else", ex=60)
    assert await client().get(keys.lock("a")) == "somebody else"


async def test_a_holder_that_is_cancelled_lets_go():
    async def work():
        async with hold("a"):
            await asyncio.sleep(5)

    task = asyncio.create_task(work())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await client().get(keys.lock("a")) is None


async def test_an_error_in_the_block_is_the_blocks_own():
    with pytest.raises(ValueError):
        async with hold("a"):
            raise ValueError
    assert await client().get(keys.lock("a")) is None


async def test_a_renewal_that_fails_for_whatever_reason_ends_in_a_lost_lock(monkeypatch):
    async def broken(*_):
        raise ValueError("odd")

    monkeypatch.setattr("store.lock._renew", broken)
    with pytest.raises(LockLost):
        async with hold("a", lease_ms=150):
            await asyncio.sleep(5)
