"""Presence as it is kept: small sets by player id, counters beside them, the newest and their cards apart."""

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.cards import Card
from accounts.models import Player
from presence import cards, keys, online
from presence.buckets import BUCKET, LETTERS, keys_of, shard_of, shards
from presence.online import AWAY, GRACE_MS, LEASE_MS
from store.client import client, close

ALICE = Card("Alice")
#: Ids beyond those of players in SQL.
MANY = 1_000_000_000
GAMES = [f"playing Game {number}" for number in range(90)]


async def left(prefix: str) -> list[str]:
    return [name async for name in client().scan_iter(match=f"{prefix}:presence:*")]


async def recounted() -> tuple[int, set[int]]:
    """How many players are counted, and who is here by their leases."""
    here = set()
    for bucket in range(4):
        for tab in await client().zrange(keys.leases(shard_of(bucket), bucket), 0, -1):
            here.add(bucket * BUCKET + LETTERS.index(tab[0]))
    return (await online.online(0))[0], here


async def test_a_full_bucket_with_two_tabs_each_stays_in_one_piece():
    for player in range(BUCKET):
        for tab in ("first_", "second"):
            await online.renew(player, tab, ALICE, state="playing Fuse", now_ms=0)
    name = keys.leases(shard_of(0), 0)
    assert await client().zcard(name) == 128
    assert await client().object("ENCODING", name) in ("listpack", "ziplist")
    assert await client().memory_usage(name, samples=0) < 128 * 24


async def test_where_a_bucket_is_looked_up_it_is_found_at_once():
    await online.renew(1, "tab", ALICE)
    assert await client().object("ENCODING", keys.here(shard_of(0))) == "hashtable"


async def test_neighbours_in_a_bucket_are_not_mixed_up():
    for player in range(BUCKET - 2, BUCKET + 2):
        await online.renew(player, "tab", Card(f"p{player}"), state=GAMES[player % 4], now_ms=player)
    _, present = await online.online(10, now_ms=100)
    assert [(each.player, each.card.name, each.since_ms) for each in present] == [
        (player, f"p{player}", player) for player in range(BUCKET + 1, BUCKET - 3, -1)
    ]
    assert {each.player: each.state for each in present} == {p: GAMES[p % 4] for p in range(BUCKET - 2, BUCKET + 2)}


async def test_who_plays_what_is_counted_for_everybody():
    for player in range(100):
        await online.renew(player, "tab", ALICE, state=GAMES[player % 3])
    await online.renew(0, "tab", ALICE)
    await online.amend(1, ALICE, visible=False)
    assert await online.playing() == {GAMES[0]: 33, GAMES[1]: 32, GAMES[2]: 33}


async def test_more_games_than_there_are_characters_are_still_played():
    for player, state in enumerate(GAMES):
        await online.renew(player, "tab", ALICE, state=state)
    found = await online.playing()
    assert sum(found.values()) == 90
    assert found[GAMES[0]] == 1


async def test_a_lease_that_has_ended_is_no_friend_though_nobody_has_looked():
    await online.renew(1, "tab", ALICE, now_ms=0)
    await online.renew(200, "tab", ALICE, now_ms=5)
    asked = [(9, [1, 200, 300])]
    assert [each.player for each in (await online.friends(asked, now_ms=LEASE_MS - 1))[0]] == [1, 200]
    assert [each.player for each in (await online.friends(asked, now_ms=LEASE_MS))[0]] == [200]
    assert await online.friends(asked, now_ms=LEASE_MS + 5) == [[]]


async def test_a_beat_after_the_end_of_the_lease_is_an_arrival():
    await online.renew(1, "tab", ALICE, now_ms=0)
    assert await online.renew(1, "tab", ALICE, now_ms=LEASE_MS)
    _, [present] = await online.online(1, now_ms=LEASE_MS)
    assert present.since_ms == LEASE_MS


async def test_a_hidden_player_who_is_forgotten_is_shown_to_nobody_and_counted_nowhere(prefix):
    for player in (2, 3):
        await online.renew(player, "tab", ALICE)
    for tab in ("one", "two"):
        await online.renew(1, tab, ALICE, visible=False)
    await online.forget(1)
    assert await online.friends([(9, [1, 2])]) == [await present_of(2)]
    await online.forget(2)
    assert (await online.online(0))[0] == 1
    await online.forget(3)
    assert await left(prefix) == []


async def present_of(player: int) -> list[online.Present]:
    return [each for each in (await online.online(10))[1] if each.player == player]


async def test_after_the_clock_went_back_a_beat_sets_when_its_bucket_is_due():
    await online.renew(1, "tab", ALICE, now_ms=1_000_000)
    await online.renew(1, "tab", ALICE, now_ms=100_000)
    assert await online.friends([(9, [1])], now_ms=100_000 + LEASE_MS) == [[]]
    assert await online.online(0, now_ms=100_000 + LEASE_MS) == (0, [])


async def test_since_when_a_player_is_here_outlasts_a_change_of_who_may_see_them():
    await online.renew(1, "tab", ALICE, visible=False, audience=[9], now_ms=1000)
    await online.amend(1, Card("Alicia"), visible=False, audience=[9, 10], now_ms=30_000)
    [[seen]] = await online.friends([(10, [1])], now_ms=30_000)
    assert (seen.since_ms, seen.card.name) == (1000, "Alicia")


async def test_of_those_whom_nobody_may_see_no_card_is_kept():
    await online.renew(1, "tab", ALICE)
    await online.amend(1, ALICE, visible=False, audience=[9])
    assert await client().hexists(keys.cards(shard_of(0)), "1")
    await online.amend(1, ALICE, visible=False)
    await online.amend(1, Card("Alicia"), visible=False)
    assert not await client().hexists(keys.cards(shard_of(0)), "1")


@pytest.mark.one_server  # In a cluster each shard has its own newest thousand.
@pytest.mark.django_db(transaction=True)
class TestMoreThanTheNewest:
    @pytest.fixture
    async def crowd(self):
        """The three who came first, and 1,200 after them; only the last thousand are kept apart."""
        first = [await Player.objects.acreate(name=name, country="DE") for name in ("Ada", "Bela", "Cleo")]
        for player in first:
            await online.renew(player.pk, "tab", player.card, now_ms=0)
        others = range(MANY, MANY + 1_200)
        await asyncio.gather(*(online.renew(player, "tab", ALICE, now_ms=1) for player in others))
        return first, others

    async def test_the_cards_of_the_others_are_read_from_sql_and_kept(self, crowd):
        [ada, bela, _], _ = crowd
        assert await client().hlen(keys.cards()) == await client().zcard(keys.newest()) == 1000
        for _ in range(2):
            [found] = await online.friends([(9, [bela.pk, ada.pk, 77_777])], now_ms=2)
            assert [(each.player, each.card, each.since_ms) for each in found] == [
                (bela.pk, bela.card, 0),
                (ada.pk, ada.card, 0),
            ]
        await Player.objects.filter(pk=ada.pk).aupdate(name="Augusta")
        [[found]] = await online.friends([(9, [ada.pk])], now_ms=2)
        assert found.card.name == "Ada"  # Kept for half a minute,
        ada.name = "Augusta"
        assert await online.amend(ada.pk, ada.card, visible=True, now_ms=2) is None
        [[found]] = await online.friends([(9, [ada.pk])], now_ms=2)
        assert found.card.name == "Augusta"  # but not after a change here.

    async def test_when_the_newest_go_others_take_their_place(self, crowd):
        first, others = crowd
        await asyncio.gather(*(online.leave(player, "tab", now_ms=2) for player in others[1:]))
        count, present = await online.online(50, now_ms=2 + GRACE_MS)
        assert count == 4
        assert {each.card.name for each in present if each.player < MANY} == {"Ada", "Bela", "Cleo"}
        assert {each.player for each in present} == {others[0], *(player.pk for player in first)}

    async def test_the_newest_stay_a_thousand_though_many_more_take_their_place(self, crowd):
        _, others = crowd
        await asyncio.gather(*(online.leave(player, "tab", now_ms=2) for player in others[150:250]))
        count, present = await online.online(5_000, now_ms=2 + GRACE_MS)
        assert (count, len(present)) == (1103, 1000)
        assert await client().zcard(keys.newest()) == 1000


async def test_a_card_that_is_kept_is_not_read(monkeypatch):
    monkeypatch.setattr(cards, "_kept", {5: (float("inf"), ALICE)})
    assert await cards.cards_of([5]) == {5: ALICE}


@pytest.mark.django_db(transaction=True)
class TestCards:
    async def test_thousands_are_read_and_no_more_are_kept_than_there_is_room_for(self, monkeypatch):
        monkeypatch.setattr(cards, "KEPT_MAX", 100)
        monkeypatch.setattr(cards, "READ_MAX", 40)
        found = await cards.cards_of(range(MANY, MANY + 500))
        assert set(found.values()) == {Card()}
        assert len(found) == 500
        assert len(cards._kept) <= 100

    async def test_what_changes_while_it_is_read_is_not_kept(self, monkeypatch):
        ada = await Player.objects.acreate(name="Ada")

        class Slow(Card):
            @property
            def card(self):
                cards.forget_card(ada.pk)
                return Card("Old")

        monkeypatch.setattr(Player, "card", Slow.card)
        assert (await cards.cards_of([ada.pk]))[ada.pk].name == "Old"
        monkeypatch.undo()
        assert (await cards.cards_of([ada.pk]))[ada.pk].name == "Ada"


async def test_whatever_many_do_at_once_the_counters_say_who_is_here(prefix):
    rng = random.Random(17)
    players = range(0, 4 * BUCKET, 5)

    async def act(player: int) -> None:
        for _ in range(12):
            tab, what = rng.choice("ab"), rng.randrange(6)
            if what < 3:
                await online.renew(player, tab, ALICE, state=["", AWAY, "playing Fuse"][what])
            elif what == 3:
                await online.leave(player, tab)
            else:
                await online.amend(player, ALICE, visible=what == 4)

    await asyncio.gather(*(act(player) for player in players for _ in range(3)))
    hidden = {int(player) for shard in shards() for player in await client().hkeys(keys.hidden(shard))}
    count, here = await recounted()
    assert count == len(here - hidden)
    assert set(await online.everybody()) == here
    assert {each.player for each in (await online.online(1000))[1]} == here - hidden
    for player in players:
        await online.forget(player)
    assert await left(prefix) == []


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["renew", "away", "play", "leave", "look", "hide", "show", "some"]),
        st.sampled_from([1, 2, BUCKET + 1]),
        st.sampled_from("ab"),
        st.integers(0, 20_000),
    ),
    max_size=25,
)


@given(STEPS)
@settings(max_examples=60, deadline=None)
def test_it_agrees_with_a_plain_list_of_leases(steps):
    asyncio.run(_compare_with_model(steps))


async def _compare_with_model(steps):
    for bucket in range(2):
        await client().delete(*keys_of(bucket))
    leases, hidden, friends_of, now_ms = {}, set(), {}, 0
    states = {"renew": "", "away": AWAY, "play": "playing Fuse"}
    for action, player, tab, pause_ms in steps:
        now_ms += pause_ms
        leases = {lease: kept for lease, kept in leases.items() if kept[0] > now_ms}
        if action in states:
            await online.renew(player, tab, ALICE, state=states[action], now_ms=now_ms)
            leases[player, tab] = now_ms + LEASE_MS, states[action]
        elif action == "leave":
            await online.leave(player, tab, now_ms=now_ms)
            if (player, tab) in leases:
                deadline, state = leases[player, tab]
                leases[player, tab] = min(deadline, now_ms + GRACE_MS), state
        elif action in ("hide", "show", "some"):
            audience = [9] if action == "some" else []
            await online.amend(player, ALICE, visible=action == "show", audience=audience, now_ms=now_ms)
            (hidden.discard if action == "show" else hidden.add)(player)
            friends_of[player] = action != "hide"
        here = {}
        for each in {player for player, _ in leases}:
            tabs = {state for (player, _), (_, state) in leases.items() if player == each}
            here[each] = "playing Fuse" if "playing Fuse" in tabs else "away" if tabs == {AWAY} else "online"
        expected = {each: state for each, state in here.items() if each not in hidden}
        [seen] = await online.friends([(9, [1, 2, BUCKET + 1])], now_ms=now_ms)
        assert {each.player: each.state for each in seen} == {
            each: state for each, state in here.items() if friends_of.get(each, True)
        }
        count, present = await online.online(50, now_ms=now_ms)
        assert {each.player: each.state for each in present} == expected
        assert count == len(expected)
        assert set(await online.everybody()) == set(here)
    await close()
