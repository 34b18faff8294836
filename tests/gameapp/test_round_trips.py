"""How often Redis is asked, counted: what players do most costs the fewest round trips."""

import asyncio
from dataclasses import replace
from unittest.mock import patch

import pytest
from django.test import AsyncClient

from accounts.cards import Card
from accounts.models import Player
from accounts.sessions.engine import session_name
from games import game as games
from games.game import find
from leaderboard.models import Board
from presence import consumer, online
from store.client import StoreUnavailable, client
from store.limits import Policy
from store.together import TURNS_MAX, sharing, together
from tests.round_trips import counted
from tests.sockets import Socket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_server]
WAYS = ("left", "down", "right", "up")


async def signed_in(name: str) -> tuple[Player, AsyncClient, str]:
    """A new player, their browser, and the name of their session."""
    player, browser = await Player.objects.acreate(name=name), AsyncClient()
    await browser.aforce_login(player)
    return player, browser, session_name((await browser.asession()).session_key)


async def until_quiet(trips, last: str = "") -> list[str]:
    """What was counted, once something with this word is among it and nothing more has come for a while."""
    async with asyncio.timeout(20):
        while not any(last in trip for trip in trips):
            await asyncio.sleep(0.02)
    known = -1
    while known != len(trips):
        known = len(trips)
        await asyncio.sleep(0.3)
    return list(trips)


async def play_a_run(socket, inputs: int) -> list[str]:
    """Play, end the run, and return the round trips of its end; what the rate limits took ahead is no part of it."""
    await socket.say(type="start")
    run = await socket.next("run")
    for seq in range(1, inputs + 1):
        await socket.say(type="move", run=run["run"], seq=seq, input=WAYS[seq % 4])
        await socket.next("moved")
    await asyncio.sleep(0.3)
    with counted() as trips:
        await socket.say(type="end", run=run["run"])
        await socket.next("finished")
        found = await until_quiet(trips, "ZREM")
    # A share of the message limit is taken now and then, for many messages.
    return found[1:] if found[0] == "EVALSHA" else found


async def test_the_end_of_a_run_takes_at_most_four(fuse, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"passed": Policy(100, 60)}
    (ada, _, hers), (bela, _, his) = await signed_in("Ada"), await signed_in("Bela")
    async with Socket("/ws/play/fuse/", ada, hers) as first, Socket("/ws/play/fuse/", bela, his) as second:
        await play_a_run(first, 10)  # Loads the scripts.
        await play_a_run(second, 15)
        assert len(await play_a_run(first, 5)) <= 3
        passing = await play_a_run(first, 60)
        assert (await second.next("passed"))["by"] == "Ada"
        assert len(passing) <= 4, passing


async def test_a_heartbeat_takes_one(monkeypatch):
    player, _, session = await signed_in("Ada")
    async with Socket("/ws/", player, session) as socket:
        monkeypatch.setattr(consumer, "RENEW_AFTER_S", -1)
        beats = []
        for _ in range(4):
            with counted() as trips:
                await socket.say(type="beat")
                await socket.next("beat")
                beats.append(await until_quiet(trips, "EXISTS"))
        assert beats[1:] == [["EXISTS EVALSHA"]] * 3  # The first one loads the script, and notes the day.


@pytest.mark.parametrize("more", [0, 5])
async def test_a_lobby_view_of_a_player_takes_two_however_many_games_there_are(more):
    fuse = find("fuse")
    found = {f"game{number}": replace(fuse, slug=f"game{number}") for number in range(more)}
    for slug in found:
        await Board.objects.acreate(slug=slug, title=slug, game=slug, points_max=1000)
    _, browser, _ = await signed_in("Ada")
    with patch.object(games, "_games", lambda: {"fuse": fuse, **found}):
        for _ in range(2):
            await browser.get("/")
        with counted() as trips:
            page = await browser.get("/")
    assert page.content.decode().count('class="card"') == 2 + 1 + more  # Two of them are room games.
    assert len(trips) == 2, trips


class TestTogether:
    async def test_side_by_side_is_one_round_trip_and_each_gets_its_own_answer(self, prefix):
        async def both(name: str) -> list[str]:
            pipe = client().pipeline()
            pipe.set(f"{prefix}:{name}", name, ex=60)
            pipe.get(f"{prefix}:{name}")
            return await pipe.execute()

        with counted() as trips:
            one, two, three = await together(both("a"), both("b"), client().get(f"{prefix}:none"))
        assert (one, two, three) == ([True, "a"], [True, "b"], None)
        assert list(trips)[-1:] == ["SET GET SET GET GET"]

    async def test_an_error_is_its_callers_own(self, prefix):
        await client().set(f"{prefix}:text", "x", ex=60)

        async def wrong() -> str:
            try:
                await client().incr(f"{prefix}:text")
            except Exception as error:
                return str(error)
            return "no error"

        words, text = await together(wrong(), client().get(f"{prefix}:text"))
        assert "not an integer" in words
        assert text == "x"

    async def test_the_first_error_is_raised_after_all_have_ended(self, prefix):
        ended = []

        async def slow() -> None:
            await client().get(f"{prefix}:a")
            await client().get(f"{prefix}:b")
            ended.append(True)

        async def fails() -> None:
            await client().get(f"{prefix}:c")
            raise ValueError("mine")

        with pytest.raises(ValueError, match="mine"):
            await together(fails(), slow())
        assert ended == [True]

    async def test_one_inside_another_travels_with_it(self, prefix):
        async def inner() -> list[str | None]:
            return await together(client().get(f"{prefix}:a"), client().get(f"{prefix}:b"))

        await client().get(f"{prefix}:a")
        with counted() as trips:
            await together(inner(), client().get(f"{prefix}:c"))
        assert [sorted(trip.split()) for trip in trips] == [["GET", "GET", "GET"]]

    async def test_what_lives_on_goes_by_itself_afterwards(self, prefix):
        begun = asyncio.Event()

        async def lives_on() -> str | None:
            await begun.wait()
            return await client().get(f"{prefix}:a")

        async def starts() -> asyncio.Task[str | None]:
            return asyncio.create_task(lives_on())

        [task] = await together(starts())
        await client().set(f"{prefix}:a", "later", ex=60)
        begun.set()
        assert await task == "later"


class TestSharing:
    async def test_what_many_renew_at_the_same_time_is_one_round_trip(self):
        async def come(player: int) -> bool:
            return await online.renew(player, "tab", Card(f"p{player}"))

        await come(1)
        with counted() as trips:
            assert await asyncio.gather(*map(come, range(2, 32))) == [True] * 30
        assert [set(trip.split()) for trip in trips] == [{"EVALSHA"}]
        assert (await online.online(0))[0] == 31

    async def test_whoever_is_cancelled_takes_nobody_along(self, prefix):
        async def write(name: str) -> bool:
            with sharing():
                return await client().set(f"{prefix}:{name}", "x", ex=60)

        tasks = [asyncio.create_task(write(f"name{number}")) for number in range(10)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        assert await asyncio.gather(*tasks[1:]) == [True] * 9

    async def test_without_redis_each_is_told(self, settings):
        settings.REDIS_URL = "redis://localhost:1/0"
        found = await asyncio.gather(
            *(online.renew(player, "tab", Card("A")) for player in range(5)), return_exceptions=True
        )
        assert [type(each) for each in found] == [StoreUnavailable] * 5

    async def test_where_something_always_comes_nobody_waits_for_an_end(self, prefix):
        """One more each turn of the loop, as with thousands of sockets: the first do not wait for the last."""

        async def write(number: int) -> None:
            with sharing():
                await client().set(f"{prefix}:{number}", "x", ex=60)

        await write(0)
        with counted() as trips:
            tasks = []
            for number in range(400):
                tasks.append(asyncio.create_task(write(number)))
                await asyncio.sleep(0)
            await asyncio.gather(*tasks)
        assert sum(trip.count("SET") for trip in trips) == 400
        assert max(trip.count("SET") for trip in trips) <= 2 * TURNS_MAX
