"""One player plays in one room at a time, and a room that cannot go on holds nobody."""

import asyncio

import pytest

from accounts.models import Player
from games.models import Block
from games.rooms import feed, keys, pages, registry, rooms
from games.rooms.feed import Watched
from games.rooms.meeting.rematch import would_play_again
from games.rooms.running.runner import Runner
from games.rooms.running.stage import Stage
from leaderboard.models import HiddenPlayer
from store.client import client
from tests.rooms.conftest import DUEL, RoomSocket, both_playing, room_of, running, seat, two_players

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_countdown")]


async def ended(room: str, *players: Player) -> None:
    await client().hset(keys.room(room), "status", "over")
    await registry.end(room, [player.pk for player in players])


async def leased() -> list[str]:
    return await client().zrange(keys.leases(), 0, -1)


async def test_a_host_who_plays_elsewhere_is_waited_for():
    ada, bela = await two_players()
    cleo = await Player.objects.acreate(name="Cleo")
    by_link = await rooms.make(DUEL, [seat(ada), None], rated=True)
    other = await room_of(ada, bela)
    with pytest.raises(registry.Elsewhere):
        await rooms.sit(await rooms.load(by_link), seat(cleo))
    assert await registry.room_of(ada.pk) == other  # Nothing has pulled Ada out of her match,
    assert await registry.room_of(cleo.pk) is None  # nor does Cleo wait in a room that nobody runs.
    assert (await rooms.load(by_link)).seat_of(cleo.pk) == 1
    await ended(other, ada, bela)
    async with RoomSocket(by_link, ada) as socket:
        await socket.join()
        async with asyncio.timeout(20):
            while await registry.room_of(ada.pk) != by_link:
                await asyncio.sleep(0.02)
        assert await registry.room_of(cleo.pk) == by_link


async def test_a_visitor_moves_nobody_into_a_room():
    ada, bela = await two_players()
    room = await room_of(ada, bela)
    await registry.end(room, [ada.pk, bela.pk])
    async with RoomSocket(room) as visitor:
        await visitor.join()
    assert await registry.room_of(ada.pk) is None
    assert await leased() == []


async def test_a_room_that_is_over_is_not_run_again():
    ada, bela = await two_players()
    room = await room_of(ada, bela)
    await ended(room, ada, bela)
    assert await rooms.make(DUEL, [seat(ada), seat(bela)], rated=True, id=room) == room
    assert await leased() == []


async def test_a_rematch_pulls_nobody_out_of_another_match():
    ada, bela = await two_players()
    cleo = await Player.objects.acreate(name="Cleo")
    room = await room_of(ada, bela)
    await ended(room, ada, bela)
    await would_play_again(await rooms.load(room), 1)
    other = await room_of(bela, cleo)
    with pytest.raises(registry.Elsewhere):
        await would_play_again(await rooms.load(room), 0)
    assert await registry.room_of(bela.pk) == other
    assert (await rooms.load(room)).next == ""


async def test_who_left_the_page_wants_no_rematch_and_a_reload_shows_who_does():
    ada, bela = await two_players()
    room = await room_of(ada, bela)
    async with running(), RoomSocket(room, ada) as first:
        async with RoomSocket(room, bela) as second:
            await both_playing(first, second)
            await first.say(type="resign")
            for each in (first, second):
                await each.until(lambda each=each: each.status == "over")
            await second.say(type="rematch")
            assert (await first.next("room_asks"))["seat"] == 1
            async with RoomSocket(room, ada) as reloaded:
                await reloaded.say(type="join", connection="again")
                assert (await reloaded.next("room_asks"))["seat"] == 1
        assert (await rooms.load(room)).again == []


async def test_a_rematch_has_the_ratings_of_now():
    ada, bela = await two_players()
    room = await room_of(ada, bela)
    await ended(room, ada, bela)
    await ada.ratings.acreate(game="fuse-duel", mu=30, sigma=4, shown=1_700, matches=12)
    for number in range(2):
        await would_play_again(await rooms.load(room), number)
    found = await rooms.load((await rooms.load(room)).next)
    assert [(each.rating, each.provisional) for each in found.seats] == [(1_500, True), (1_700, False)]


async def test_who_blocked_the_other_gets_no_rematch_and_sees_no_emotes():
    ada, bela = await two_players()
    room = await room_of(ada, bela)
    async with running(), RoomSocket(room, ada) as first, RoomSocket(room, bela) as second:
        await both_playing(first, second)
        await Block.objects.acreate(player=ada, blocked=bela)
        await second.say(type="emote", emote="GG")
        assert (await second.next("error"))["code"] == "blocked"
        await first.say(type="resign")
        await second.until(lambda: second.status == "over")
        await second.say(type="rematch")
        assert (await second.next("error"))["code"] == "no_rematch"


async def test_an_emote_is_shown_after_the_match_too_and_nothing_more_is_kept_of_it():
    ada, bela = await two_players()
    room = await room_of(ada, bela)
    async with running() as [runner], RoomSocket(room, ada) as first, RoomSocket(room, bela) as second:
        await both_playing(first, second)
        await first.say(type="resign")
        for each in (first, second):
            await each.until(lambda each=each: each.status == "over")
        while runner.stages:
            await asyncio.sleep(0.02)
        kept = await client().xlen(keys.inputs(room))
        await second.say(type="emote", emote="GG")
        assert (await first.next("emoted"))["emote"] == "GG"
        for message in ({"type": "beat"}, {"type": "resign"}):
            await second.say(**message)
        await second.say(type="rematch")
        await first.next("room_asks")
        assert await client().xlen(keys.inputs(room)) == kept


async def test_a_runner_takes_back_at_once_all_that_it_let_go():
    players = [await Player.objects.acreate(name=f"Player{number}") for number in range(24)]
    for one, other in zip(players[::2], players[1::2], strict=True):
        await room_of(one, other)
    async with running() as [runner]:
        while len(runner.stages) < 12:
            await asyncio.sleep(0.02)
    await client().hset(keys.owners(), mapping=dict.fromkeys(await leased(), "same"))  # As one that had trouble.
    assert len(await registry.claim("same")) == 12


@pytest.mark.parametrize("fault", ["step", "new"])
async def test_a_room_whose_rules_fail_is_over_and_its_players_are_free(monkeypatch, fault):
    ada, bela = await two_players()
    room = await room_of(ada, bela)
    if fault == "new":
        monkeypatch.setattr(DUEL.rules, "new", lambda *_: 1 // 0)
    async with running(), RoomSocket(room, ada) as first, RoomSocket(room, bela) as second:
        if fault == "step":
            await both_playing(first, second)
            monkeypatch.setattr(DUEL.rules, "step", lambda *_: 1 // 0)
            await first.play("left")
            await first.play("down")
            await second.until(lambda: second.status == "over")
            assert second.key["results"] == []
        async with asyncio.timeout(20):
            while await registry.room_of(ada.pk):
                await asyncio.sleep(0.02)
    assert (await rooms.load(room)).status == "over"


async def test_a_room_of_a_removed_game_holds_nobody():
    ada, bela = await two_players()
    room = await room_of(ada, bela)
    await client().hset(keys.room(room), "game", "no-such-game")
    async with running():
        async with asyncio.timeout(20):
            while await registry.room_of(ada.pk):
                await asyncio.sleep(0.02)


async def test_a_runner_that_lost_the_room_does_not_break_it_off():
    ada, bela = await two_players()
    room = await room_of(ada, bela)
    [(_, epoch)] = await registry.claim("first")
    await registry.take_over(room, epoch + 1)
    await rooms.break_off(room, epoch)
    assert (await rooms.load(room)).status == "waiting"
    assert await registry.room_of(ada.pk) == room


async def test_the_room_of_a_hidden_player_is_not_in_the_list(monkeypatch):
    monkeypatch.setattr(pages, "LIVE_FRESH_S", 0.0)
    ada, bela = await two_players()
    room = await room_of(ada, bela)
    async with running():
        async with asyncio.timeout(20):
            while not await pages.live_rooms(9):
                await asyncio.sleep(0.02)
        assert [each["id"] for each in await pages.live_rooms(9)] == [room]
        await HiddenPlayer.objects.acreate(player=ada)
        assert await pages.live_rooms(9) == []


async def test_frames_without_a_keyframe_are_not_kept_for_ever(monkeypatch):
    monkeypatch.setattr(feed, "FRAMES_MAX", 5)
    ada, bela = await two_players()
    room = await room_of(ada, bela)
    stage = Stage(await rooms.load(room), 1, None, [], 0)
    runner = Runner("r")
    await registry.claim("r")
    await registry.take_over(room, 1)
    watched = Watched(room)
    await runner._send([(stage, show) for show in stage.advance(1_000)])
    await watched.load()
    for number in range(1, 40):
        watched.take(f'{{"type":"frame","v":{number},"t":{number},"a":[0,0],"d":[]}}')
        await watched.shorten()
        assert len(watched._frames) <= 6
