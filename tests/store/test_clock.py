"""A clock that was ahead and goes back: what lies in the future ends when it would have ended at most."""

import pytest

from accounts.cards import Card
from leaderboard import boards, keys
from nearby import cells
from presence import online
from store import heartbeat, limits, shared
from store import keys as store_keys
from store.client import client
from store.limits import Policy
from store.lock import hold

AHEAD_MS = 2 * 60 * 60 * 1000
NOW_MS = 1_795_600_000_000


@pytest.mark.parametrize("sliding", [True, False])
async def test_a_limit_holds_nobody_longer_than_its_window(settings, sliding):
    settings.RATE_LIMITS = {"x": Policy(2, 300, sliding=sliding)}
    for _ in range(2):
        await limits.take("x", "bob", now_ms=NOW_MS + AHEAD_MS)
    name = store_keys.limit("x", "bob")
    await client().pexpire(name, AHEAD_MS + 300_000)  # As Redis's own clock leaves it behind.
    refused = await limits.take("x", "bob", now_ms=NOW_MS)
    assert not refused.allowed
    assert refused.retry_after_s <= 300
    assert await client().pttl(name) <= 300_000
    if sliding:
        assert (await limits.take("x", "bob", now_ms=NOW_MS + 300_001)).allowed


async def test_the_vanished_are_gone_when_their_lease_would_have_ended(prefix):
    card = Card("Bob")
    await online.renew(1, "tab", card, visible=True, now_ms=NOW_MS + AHEAD_MS)
    assert (await online.online(5, now_ms=NOW_MS))[0] == 1
    assert (await online.online(5, now_ms=NOW_MS + online.LEASE_MS))[0] == 0


async def test_a_cell_is_forgotten_after_a_day_all_the_same(prefix):
    await cells.join(1, cells.Place(52.5, 13.4), now_ms=NOW_MS + AHEAD_MS)
    assert (await cells.around(1, now_ms=NOW_MS)).until_ms == NOW_MS + cells.TTL_MS
    assert (await cells.around(1, now_ms=NOW_MS + cells.TTL_MS)).until_ms == 0


async def test_a_lock_of_the_future_ends_with_a_lease(prefix):
    await client().set(store_keys.lock("x"), "somebody:1:abc", px=AHEAD_MS)
    with pytest.raises(Exception, match="x"):
        async with hold("x", lease_ms=500):
            pass
    assert await client().pttl(store_keys.lock("x")) <= 500


async def test_a_board_is_marked_all_the_same(fuse, finished, alice, prefix):
    await client().set(keys.marked("fuse"), 1, px=AHEAD_MS)
    await boards.submit(finished(alice, 5))
    assert await client().pttl(keys.marked("fuse")) <= 50


async def test_what_was_computed_is_not_fresh_for_hours(prefix):
    values = iter("ab")

    async def compute() -> str:
        return next(values)

    assert await shared.text("x", 5, compute) == "a"
    await client().pexpire(store_keys.shared_fresh("x"), AHEAD_MS)
    assert await shared.text("x", 5, compute) == "b"
    assert await shared.text("x", 5, compute) == "b"


async def test_a_worker_that_spoke_in_the_future_is_not_alive(prefix):
    await heartbeat.beat("w1")
    [(name, at_ms)] = await client().zrange(store_keys.heartbeats(), 0, -1, withscores=True)
    await client().zadd(store_keys.heartbeats(), {name: at_ms + AHEAD_MS})
    assert (await heartbeat.ages_s())["w1"] > 7_000
