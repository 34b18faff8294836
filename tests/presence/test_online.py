"""Presence by lease; time is passed in."""

import asyncio

from accounts.cards import Card
from presence import keys, online
from presence.buckets import shard_of
from presence.online import AWAY, GRACE_MS, LEASE_MS
from store.client import client

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
    await online.amend(1, Card("Alicia"), visible=True, now_ms=5)
    await online.amend(2, BOB, visible=True, now_ms=5)
    await online.renew(1, "tab", ALICE, now_ms=10)
    assert await names(11) == ["Alicia"]


async def test_the_newest_come_first_and_only_so_many_are_named():
    for number in range(10):
        await online.renew(number, "tab", Card(f"p{number}"), now_ms=number)
    count, present = await online.online(3, now_ms=20)
    assert (count, [each.card.name for each in present]) == (10, ["p9", "p8", "p7"])


async def test_a_mere_count_names_nobody():
    for number in range(10):
        await online.renew(number, "tab", ALICE, now_ms=0)
    assert await online.online(0, now_ms=1) == (10, [])


async def test_nothing_is_left_when_everybody_is_gone(prefix):
    for player in range(5):
        for tab in range(3):
            await online.renew(player, f"tab{tab}", ALICE, now_ms=0)
    assert await names(LEASE_MS) == []
    assert await client().keys(f"{prefix}:presence:*") == []


async def test_a_hundred_tabs_at_once_are_one_arrival():
    arrived = await asyncio.gather(*(online.renew(1, f"tab{number}", ALICE) for number in range(100)))
    assert sum(arrived) == 1
    assert await client().zcard(keys.leases(shard_of(0), 0)) == 100


async def states(now_ms: int) -> dict[int, str]:
    return {each.player: each.state for each in (await online.online(50, now_ms=now_ms))[1]}


async def test_a_player_is_playing_while_any_tab_is_and_away_when_all_are():
    await online.renew(1, "one", ALICE, now_ms=0)
    assert await states(0) == {1: "online"}
    await online.renew(1, "two", ALICE, state="playing Fuse", now_ms=1)
    assert await states(1) == {1: "playing Fuse"}
    await online.renew(1, "one", ALICE, state=AWAY, now_ms=2)
    assert await states(2) == {1: "playing Fuse"}
    await online.renew(1, "two", ALICE, state=AWAY, now_ms=3)
    assert await states(3) == {1: "away"}
    await online.renew(1, "one", ALICE, now_ms=4)
    assert await states(4) == {1: "online"}


async def test_a_game_ends_with_the_lease_of_its_tab():
    await online.renew(1, "one", ALICE, now_ms=0)
    await online.renew(1, "game", ALICE, state="playing Fuse", now_ms=0)
    await online.renew(1, "one", ALICE, now_ms=LEASE_MS - 1)
    assert await states(LEASE_MS) == {1: "online"}


async def test_only_what_others_see_is_a_difference():
    assert await online.renew(1, "one", ALICE, now_ms=0)
    assert not await online.renew(1, "one", ALICE, now_ms=1)
    assert await online.renew(1, "one", ALICE, state="playing Fuse", now_ms=2)
    assert not await online.renew(1, "two", ALICE, state=AWAY, now_ms=3)


class TestInvisible:
    async def test_they_are_in_no_list_and_no_count(self):
        await online.renew(1, "tab", ALICE, visible=False, now_ms=0)
        await online.renew(2, "tab", BOB, visible=True, now_ms=0)
        assert await names(1) == ["Bob"]

    async def test_becoming_invisible_counts_at_once_on_all_tabs_and_lasts(self):
        for tab in ("one", "two"):
            await online.renew(1, tab, ALICE, visible=True, now_ms=0)
        await online.amend(1, ALICE, visible=False, now_ms=1)
        assert await names(1) == []
        await online.renew(1, "one", ALICE, now_ms=2)
        await online.renew(1, "three", ALICE, state="playing Fuse", now_ms=2)
        assert await names(2) == []

    async def test_nothing_they_do_is_a_difference_to_others(self):
        assert not await online.renew(1, "one", ALICE, visible=False, now_ms=0)
        assert not await online.renew(1, "one", ALICE, state=AWAY, now_ms=1)
        await online.leave(1, "one", now_ms=2)
        assert not await online.renew(1, "two", ALICE, now_ms=20_000)

    async def test_becoming_visible_again_shows_them_as_long_as_a_tab_is_open(self):
        for tab in ("one", "two"):
            await online.renew(1, tab, ALICE, visible=False, now_ms=0)
        await online.amend(1, ALICE, visible=True, now_ms=1)
        assert await names(1) == ["Alice"]
        await online.leave(1, "one", now_ms=2)
        await online.renew(1, "two", ALICE, now_ms=3)
        assert await names(GRACE_MS + 10) == ["Alice"]
        assert await names(LEASE_MS + 3) == []

    async def test_nothing_is_kept_of_them_but_that_they_are(self, prefix):
        await online.renew(1, "tab", ALICE, visible=False, now_ms=0)
        assert await names(LEASE_MS) == []
        assert await client().keys(f"{prefix}:presence:*") == [keys.hidden(shard_of(0))]
