"""Rooms through their sockets, with runners beside them."""

import asyncio

import pytest
from django.test import AsyncClient

from games.models import Match, Rating
from games.rooms import keys, registry, rooms
from store import heartbeat
from store.client import client as redis
from tests.rooms.conftest import RoomSocket, drain_matches, room_of, running, two_players

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_countdown")]
WAYS = ("left", "down", "right", "up")


async def play_some(first, second, count: int = 20) -> None:
    for number in range(count):
        await first.play(WAYS[number % 4])
        await second.play(WAYS[(number + 1) % 4])
    await first.until(lambda: first.acked == [count, count])
    await second.until(lambda: second.acked == [count, count])


async def test_two_play_and_both_see_the_same():
    ada, bela = await two_players()
    room = await room_of(ada, bela)
    async with running(), RoomSocket(room, ada) as first, RoomSocket(room, bela) as second, RoomSocket(room) as third:
        await first.join()
        await second.join()
        await third.join()
        assert (first.seat, second.seat, third.seat) == (0, 1, None)
        await first.until(lambda: first.status == "playing")
        await second.until(lambda: second.status == "playing")
        await play_some(first, second)
        await third.until(lambda: third.version == first.version)
        assert [each["d"] for each in third.frames][-5:] == [each["d"] for each in first.frames][-5:]
        await first.say(type="resign")
        await second.until(lambda: second.status == "over")
        assert [each["place"] for each in second.key["results"]] == [2, 1]
    await drain_matches()
    match = await Match.objects.aget()
    assert match.is_rated
    ratings = {each.player_id: each.shown async for each in Rating.objects.all()}
    assert ratings[bela.pk] > 1500 > ratings[ada.pk]
    assert await registry.room_of(ada.pk) is None
    assert 0 < await redis().pttl(keys.room(room)) <= rooms.TTL_MS


async def test_another_runner_goes_on_where_the_first_stopped():
    ada, bela = await two_players()
    room = await room_of(ada, bela)
    async with RoomSocket(room, ada) as first, RoomSocket(room, bela) as second:
        async with running("r1"):
            await first.join()
            await second.join()
            await first.until(lambda: first.status == "playing")
            await play_some(first, second)
            shown = first.version
        async with running("r2") as [runner]:
            await first.until(lambda: first.key["epoch"] == 2)
            assert first.version >= shown
            stage = runner.stages[room]
            assert stage.acked == [20, 20]
            for number in range(20, 30):
                await first.play(WAYS[number % 4])
            await first.until(lambda: first.acked == [30, 20])


async def test_readyz_and_metrics_know_the_runners(monkeypatch):
    monkeypatch.setattr(registry, "ALONE_S", 0.0)
    await heartbeat.beat("w1")
    client = AsyncClient()
    room = await room_of(*await two_players())
    problems = (await client.get("/readyz")).json()["problems"]
    assert problems == ["rooms: 1 wait, and no runner is alive; run manage.py rooms"]
    monkeypatch.setattr(registry, "ALONE_S", 30.0)
    assert (await client.get("/readyz")).json()["ok"]  # One that restarts takes no web process out of service.
    async with running("r1", "r2") as runners:
        async with asyncio.timeout(20):
            while not any(room in runner.stages for runner in runners):
                await asyncio.sleep(0.02)
        assert (await client.get("/readyz")).json()["ok"]
        found = (await client.get("/metrics")).content.decode()
        assert "gameapp_runners 2.0" in found
        assert "gameapp_rooms 1.0" in found
        assert "gameapp_rooms_waiting 0.0" in found
