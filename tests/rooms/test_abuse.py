"""What strangers try in rooms: each is a typed error or a rule."""

import asyncio

import pytest

from accounts.models import Player
from games.models import Match, MatchSeat, Rating
from games.rooms import keys, registry, rooms
from games.rooms.after import results
from games.rooms.after.replays import bot_seat
from games.rooms.running.runner import _show
from store.client import client
from tests.rooms.conftest import (
    DUEL,
    RoomSocket,
    both_playing,
    drain_matches,
    room_of,
    running,
    seat,
    twelve_matches,
    two_players,
)
from tests.rooms.test_rooms import WAYS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_countdown")]


async def test_somebody_elses_seat():
    ada, bela = await two_players()
    mallory = await Player.objects.acreate(name="Mallory")
    room = await room_of(ada, bela)
    async with running(), RoomSocket(room, mallory) as socket:
        await socket.join()
        assert socket.seat is None
        for message in (
            {"type": "input", "n": 1, "input": "left"},
            {"type": "resign"},
            {"type": "emote", "emote": "GG"},
        ):
            await socket.say(**message)
            assert (await socket.next("error"))["code"] == "not_your_seat"
    with pytest.raises(rooms.NotYourSeat):
        await rooms.play(room, 0, mallory.pk, 1, "left", "page")


async def test_a_guessed_room():
    for room in ("nothing", "x" * 300, "{rooms}"):
        async with RoomSocket(room) as socket:
            await socket.say(type="join", connection="page")
            assert (await socket.next("error"))["code"] == "unknown_room"


async def test_repeated_and_missing_numbers():
    ada, bela = await two_players()
    room = await room_of(ada, bela)
    async with running(), RoomSocket(room, ada) as first, RoomSocket(room, bela) as second:
        await both_playing(first, second)
        for _ in range(3):
            await first.say(type="input", n=1, input="left")
        await first.say(type="input", n=7, input="left")
        answer = await first.next("seat")
        assert answer["n"] == 1
        await first.say(type="input", n=2, input="down")
        await first.until(lambda: first.acked[0] == 2)
        log = await client().lrange(keys.log(room), 0, -1)
        assert sum('[0,1,"left"]' in entry for entry in log) == 1


async def test_a_thousand_inputs_at_once_stop_at_the_limit(settings):
    ada, bela = await two_players()
    room = await room_of(ada, bela)
    async with running(), RoomSocket(room, ada) as first, RoomSocket(room, bela) as second:
        await both_playing(first, second)
        refused = 0
        for n in range(1, 3_200):
            await first.say(type="input", n=n, input=WAYS[n % 4])
        while not refused:
            refused = (await first.next("error"))["code"] == "too_many"
        assert refused


async def test_an_unknown_emote_is_refused_and_a_known_one_is_seen_by_all():
    ada, bela = await two_players()
    room = await room_of(ada, bela)
    async with running(), RoomSocket(room, ada) as first, RoomSocket(room, bela) as second:
        await both_playing(first, second)
        await first.say(type="emote", emote="<script>")
        assert (await first.next("error"))["code"] == "unknown_emote"
        await first.say(type="emote", emote=DUEL.emotes[0])
        assert (await second.next("emoted")) == {"type": "emoted", "seat": 0, "emote": DUEL.emotes[0]}


async def test_a_lower_epoch_writes_nothing():
    ada, bela = await two_players()
    room = await room_of(ada, bela)
    assert await registry.take_over(room, 5)
    assert not await registry.take_over(room, 4)
    kinds = (keys.room, keys.log, keys.frames, keys.keyframe, keys.checkpoint, keys.inputs)
    names = [kind(room) for kind in kinds]
    assert await _show(names, [4, keys.channel(room), "entry", "frame", "", "", "", 1000]) == 0
    assert await client().llen(keys.log(room)) == 0


async def test_two_take_the_last_seat_and_one_gets_it():
    ada, bela = await two_players()
    carl = await Player.objects.acreate(name="Carl")
    room = await rooms.make(DUEL, [seat(ada), None], rated=True)
    found = await rooms.load(room)
    taken = await asyncio.gather(rooms.sit(found, seat(bela)), rooms.sit(found, seat(carl)), return_exceptions=True)
    assert sum(each == 1 for each in taken) == 1
    assert sum(isinstance(each, rooms.RoomFull) for each in taken) == 1


async def test_the_same_two_are_rated_ten_times_a_day():
    await twelve_matches()
    assert await Match.objects.acount() == 12
    assert await Match.objects.filter(is_rated=True).acount() == results.RATED_A_DAY
    assert await MatchSeat.objects.acount() == 24
    assert {rating.matches async for rating in Rating.objects.all()} == {results.RATED_A_DAY}


async def test_what_a_bot_played_is_never_rated():
    [ada, _] = await two_players()
    room = await rooms.make(DUEL, [seat(ada), bot_seat()], rated=True)
    async with running(), RoomSocket(room, ada) as first:
        await first.join()
        await first.until(lambda: first.status == "playing")
        await first.until(lambda: first.acked[1] >= 2)  # The bot plays.
        await first.say(type="resign")
        await first.until(lambda: first.status == "over")
    await drain_matches()
    match = await Match.objects.aget()
    assert not match.is_rated
    assert await Rating.objects.acount() == 0
