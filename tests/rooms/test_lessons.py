"""What went wrong in other people's rooms, each as a test of ours."""

import asyncio
import time

import pytest

from games.rooms import keys, registry, rooms
from games.rooms.feed import feed
from games.rooms.running import lines
from store.client import client
from tests.rooms.conftest import RoomSocket, both_playing, room_of, running, two_players
from tests.rooms.test_rooms import play_some

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_countdown")]


async def test_a_room_stays_listed_while_its_owner_lives_and_is_gone_when_it_died(monkeypatch):
    """One missed health ping unlisted live rooms for good; rooms stayed listed after their node ended."""
    monkeypatch.setattr(registry, "LEASE_MS", 600)
    monkeypatch.setattr("games.rooms.running.runner.RENEW_S", 0.2)
    room = await room_of(*await two_players())
    async with running():
        while not await registry.live(5):
            await asyncio.sleep(0.05)
        await client().hdel(keys.listed(), room)  # Lost, whoever lost it: its owner writes it again.
        while not await registry.live(5):
            await asyncio.sleep(0.05)
    async with asyncio.timeout(20):
        while await registry.live(5):
            await asyncio.sleep(0.05)


async def test_the_second_owner_shuts_the_first_one_out():
    """Two owners of one room would show two truths."""
    ada, bela = await two_players()
    room = await room_of(ada, bela)
    async with running("old") as [old], RoomSocket(room, ada) as first, RoomSocket(room, bela) as second:
        await both_playing(first, second)
        await client().zadd(keys.leases(), {room: 0})  # As if its lease had run out while it stalled.
        async with running("new") as [new]:
            while room not in new.stages and room not in old.stages:
                await asyncio.sleep(0.02)
            epoch = int(await client().hget(keys.room(room), "epoch"))
            stale = [each for each in (old, new) if room in each.stages and each.stages[room].epoch < epoch]
            await play_some(first, second, 6)
            assert not any(room in each.stages and each.stages[room].epoch < epoch for each in stale)
            assert await client().llen(keys.log(room)) == first.version


async def test_a_reload_keeps_the_seat_and_the_newest_tab_plays():
    """F5 lost the seat, or made the player a watcher; two tabs threw each other out in a loop."""
    ada, bela = await two_players()
    room = await room_of(ada, bela)
    async with running(), RoomSocket(room, ada, "old") as old, RoomSocket(room, bela) as other:
        await both_playing(old, other)
        await play_some(old, other, 3)
        async with RoomSocket(room, ada, "new") as new:
            await new.join()
            assert (new.seat, new.n) == (0, 3)
            await old.until(lambda: old.key["seats"][0]["connection"] == "new")
            # The old tab's line breaks and comes back: it takes the seat from no newer one.
            await old.say(type="join", connection="old", take=False)
            await new.play("left")
            await new.until(lambda: new.acked[0] == 4)
            assert new.key["seats"][0]["connection"] == "new"
            # An input of the old tab is refused and takes no number: it eats no move of the new one.
            before = await client().llen(keys.log(room))
            await old.say(type="input", n=5, input="down")
            while not (refused := await old.next("seat")).get("elsewhere"):
                pass  # The answer to its join.
            assert refused["n"] == 4
            assert await client().llen(keys.log(room)) == before
            await new.play("up")
            await new.until(lambda: new.acked[0] == 5)
            await old.join(take=True)  # "Play here."
            await new.until(lambda: new.key["seats"][0]["connection"] == "old")


async def test_a_tab_that_left_and_came_back_within_its_time_is_no_ghost():
    ada, bela = await two_players()
    room = await room_of(ada, bela)
    async with running(), RoomSocket(room, bela) as other:
        async with RoomSocket(room, ada) as first:
            await both_playing(first, other)
        await other.until(lambda: other.key["seats"][0]["away_s"] is not None)
        async with RoomSocket(room, ada) as again:
            await again.join(take=False)
            await other.until(lambda: other.key["seats"][0]["away_s"] is None)
            assert again.seat == 0


async def test_who_never_comes_back_has_lost_and_blocks_nobody(monkeypatch):
    """A player who left blocked everybody's turn."""
    monkeypatch.setattr(lines, "AWAY_MS", 300)
    ada, bela = await two_players()
    room = await room_of(ada, bela)
    async with running(), RoomSocket(room, bela) as other:
        async with RoomSocket(room, ada) as first:
            await both_playing(first, other)
        await other.until(lambda: other.status == "over")
        assert [each["place"] for each in other.key["results"]] == [2, 1]


async def test_a_finished_room_leaves_nothing_behind_and_its_keys_end():
    """Listeners kept ended rooms in memory; joining while a room was put away made a zombie."""
    ada, bela = await two_players()
    room = await room_of(ada, bela)
    async with running() as [runner], RoomSocket(room, ada) as first, RoomSocket(room, bela) as second:
        await both_playing(first, second)
        await first.say(type="resign")
        await second.until(lambda: second.status == "over")
        async with RoomSocket(room) as late:
            await late.join()
            await late.until(lambda: late.status == "over")
        while runner.stages:
            await asyncio.sleep(0.02)
        await first.say(type="input", n=1, input="left")
        assert (await first.next("error"))["code"] == "room_over"
    assert await registry.load(now_ms=time.time_ns() // 1_000_000) == (0, 0)
    assert await client().hlen(keys.playing()) == 0
    async for name in client().scan_iter(match=f"*{{{room}}}*"):
        assert await client().pttl(name) > 0, name
    assert feed()._rooms == {}


async def test_a_rematch_keeps_everybody_together_and_is_one_room():
    """A rematch threw one of the two back to the lobby."""
    ada, bela = await two_players()
    room = await room_of(ada, bela)
    async with running(), RoomSocket(room, ada) as first, RoomSocket(room, bela) as second, RoomSocket(room) as third:
        await both_playing(first, second)
        await third.join()
        await first.say(type="rematch")
        assert (await first.next("error"))["code"] == "not_over"
        await first.say(type="resign")
        for each in (first, second, third):
            await each.until(lambda each=each: each.status == "over")
        while await registry.room_of(ada.pk):
            await asyncio.sleep(0.02)
        await asyncio.gather(first.say(type="rematch"), second.say(type="rematch"))
        rooms_told = {(await each.next("room_next"))["room"] for each in (first, second, third)}
        [next_room] = rooms_told
        found = await rooms.load(next_room)
        assert found.players == [bela.pk, ada.pk]  # Sides are changed.
