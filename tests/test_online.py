"""Presence by lease; time is passed in."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.cards import Card
from presence import keys, online
from presence.online import GRACE_MS, LEASE_MS
from store.client import client, close

ALICE, BOB = Card("Alice"), Card("Bob")


async def names(now_ms: int) -> list[str]:
    count, present = await online.online(50, now_ms=now_ms)
    assert count == len(present)
    return [each.card.name for each in present]


async def test_a_lease_makes_somebody_online_until_it_ends():
    await online.renew(1, "tab", ALICE, now_ms=0)
    assert await names(LEASE_MS - 1) == ["Alice"]
    assert await names(LEASE_MS) == []


async def test_a_beat_renews_it():
    await online.renew(1, "tab", ALICE, now_ms=0)
    await online.renew(1, "tab", ALICE, now_ms=30_000)
    assert await names(30_000 + LEASE_MS - 1) == ["Alice"]


async def test_two_tabs_are_one_player_and_closing_one_keeps_them():
    await online.renew(1, "one", ALICE, now_ms=0)
    await online.renew(1, "two", ALICE, now_ms=0)
    assert await names(1) == ["Alice"]
    await online.leave(1, "one", now_ms=1)
    assert await names(LEASE_MS - 1) == ["Alice"]


async def test_closing_the_last_tab_shows_after_the_grace():
    await online.renew(1, "tab", ALICE, now_ms=0)
    await online.leave(1, "tab", now_ms=1000)
    assert await names(1000 + GRACE_MS - 1) == ["Alice"]
    assert await names(1000 + GRACE_MS) == []


async def test_a_reload_within_the_grace_changes_nothing_for_anybody():
    assert await online.renew(1, "before", ALICE, now_ms=0)
    await online.leave(1, "before", now_ms=1000)
    assert not await online.renew(1, "after", ALICE, now_ms=3000)
    assert await names(1000 + GRACE_MS) == ["Alice"]
    _, [present] = await online.online(1, now_ms=10_000)
    assert present.since_ms == 0


async def test_a_late_goodbye_does_not_lengthen_a_lease():
    await online.renew(1, "tab", ALICE, now_ms=0)
    await online.leave(1, "tab", now_ms=LEASE_MS - 1)
    assert await names(LEASE_MS) == []


async def test_a_goodbye_of_somebody_unknown_makes_nobody_online():
    await online.leave(1, "tab", now_ms=0)
    assert await names(1) == []


async def test_a_new_name_shows_at_once_and_stays():
    await online.renew(1, "tab", ALICE, now_ms=0)
    await online.update_card(1, Card("Alicia"))
    await online.update_card(2, BOB)
    await online.renew(1, "tab", ALICE, now_ms=10)
    assert await names(11) == ["Alicia"]


async def test_the_newest_come_first_and_only_so_many_are_named():
    for number in range(10):
        await online.renew(number, "tab", Card(f"p{number}"), now_ms=number)
    count, present = await online.online(3, now_ms=20)
    assert (count, [each.card.name for each in present]) == (10, ["p9", "p8", "p7"])


async def test_nothing_is_left_when_everybody_is_gone(prefix):
    for player in range(5):
        for tab in range(3):
            await online.renew(player, f"tab{tab}", ALICE, now_ms=0)
    assert await names(LEASE_MS) == []
    assert await client().keys(f"{prefix}:presence:*") == []


async def test_a_hundred_tabs_at_once_are_one_arrival():
    arrived = await asyncio.gather(*(online.renew(1, f"tab{number}", ALICE) for number in range(100)))
    assert sum(arrived) == 1
    assert await client().hget(keys.tabs(), "1") == "100"


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["renew", "leave", "look"]), st.integers(1, 3), st.sampled_from("ab"), st.integers(0, 20_000)
    ),
    max_size=25,
)


@given(STEPS)
@settings(max_examples=60, deadline=None)
def test_it_agrees_with_a_plain_list_of_leases(steps):
    asyncio.run(_compare_with_model(steps))


async def _compare_with_model(steps):
    for name in (keys.leases(), keys.since(), keys.tabs(), keys.cards()):
        await client().delete(name)
    leases, now_ms = {}, 0
    for action, player, tab, pause_ms in steps:
        now_ms += pause_ms
        leases = {lease: deadline for lease, deadline in leases.items() if deadline > now_ms}
        if action == "renew":
            await online.renew(player, tab, ALICE, now_ms=now_ms)
            leases[player, tab] = now_ms + LEASE_MS
        elif action == "leave":
            await online.leave(player, tab, now_ms=now_ms)
            if (player, tab) in leases:
                leases[player, tab] = min(leases[player, tab], now_ms + GRACE_MS)
        _, present = await online.online(50, now_ms=now_ms)
        assert {each.player for each in present} == {player for player, _ in leases}
    await close()
