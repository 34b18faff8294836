"""Sessions that only say who somebody is: their players are found before Django; all others are left to it."""

import asyncio
import threading

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.db import OperationalError
from django.db.models import QuerySet
from django.test import AsyncClient

from accounts.models import Player
from accounts.sessions import engine
from accounts.sessions.engine import SessionStore
from accounts.sessions.plain import LookUps, player_of
from store.client import client

pytestmark = pytest.mark.django_db(transaction=True)


async def signed_in(name: str = "Ada") -> tuple[Player, SessionStore]:
    player, browser = await Player.objects.acreate(name=name), AsyncClient()
    await browser.aforce_login(player)
    session = SessionStore((await browser.asession()).session_key)
    await session.aload()
    return player, session


async def test_a_player_is_found():
    player, session = await signed_in()
    assert await player_of(session.session_key) == player


@pytest.mark.parametrize("key", ["", "short", "x" * 32, "x" * 10_000, "é" * 32, "a\r\nb" * 10])
async def test_nobody_has_a_session_that_is_not_there(key):
    await signed_in()
    assert await player_of(key) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_messages", "[]"),
        ("guest", 5),
        ("_session_expiry", 100),
        ("anything", None),
        (BACKEND_SESSION_KEY, "elsewhere.Backend"),
        (HASH_SESSION_KEY, "0" * 64),
        (HASH_SESSION_KEY, ""),
    ],
)
async def test_a_session_with_anything_else_is_left_to_django(name, value):
    _, session = await signed_in()
    await session.aset(name, value)
    await session.asave()
    assert await player_of(session.session_key) is None


@pytest.mark.parametrize("name", [BACKEND_SESSION_KEY, HASH_SESSION_KEY, engine.PLAYER])
async def test_a_session_that_lacks_something_is_left_to_django(name):
    _, session = await signed_in()
    await session.apop(name)
    await session.asave()
    assert await player_of(session.session_key) is None


async def test_a_session_that_is_due_to_be_extended_is_left_to_django():
    player, session = await signed_in()
    key = engine._key(session.session_key)
    seen_ms = int(await client().hget(key, engine.SEEN))
    await client().hset(key, engine.SEEN, seen_ms - 61_000)
    assert await player_of(session.session_key) is None
    assert await session.aload()
    assert await session.aslide()
    assert await player_of(session.session_key) == player


async def test_who_may_not_sign_in_or_has_a_new_password_is_not_found():
    player, session = await signed_in()
    player.set_password("another horse 17")
    await player.asave()
    assert await player_of(session.session_key) is None
    other, session = await signed_in("Bela")
    await Player.objects.filter(pk=other.pk).aupdate(is_active=False)
    assert await player_of(session.session_key) is None
    gone, session = await signed_in("Cleo")
    await Player.objects.filter(pk=gone.pk).adelete()
    assert await player_of(session.session_key) is None


async def test_sql_that_is_away_leaves_it_to_django(monkeypatch):
    _, session = await signed_in()

    async def away(self, id):
        raise OperationalError

    monkeypatch.setattr(LookUps, "player", away)
    assert await player_of(session.session_key) is None


async def test_many_at_once_are_few_queries(monkeypatch):
    players = [await Player.objects.acreate(name=f"P{number}") for number in range(40)]
    look_ups = LookUps()
    asked = [player.pk for player in players] * 3 + [0]
    queries, in_bulk = [], QuerySet.in_bulk

    def counted(self, ids):
        queries.append(ids)
        return in_bulk(self, ids)

    monkeypatch.setattr(QuerySet, "in_bulk", counted)
    found = await asyncio.gather(*(look_ups.player(pk) for pk in asked))
    assert found == [*players * 3, None]
    assert len(queries) <= 2
    assert await look_ups.player(players[3].pk) == players[3]


async def test_who_comes_during_a_query_sees_what_was_written_before(monkeypatch):
    """What is found is never older than the question."""
    player, look_ups = await Player.objects.acreate(name="Ada"), LookUps()
    read, going_on, in_bulk = threading.Event(), threading.Event(), QuerySet.in_bulk

    def slow(self, ids):
        found = in_bulk(self, ids)
        read.set()
        going_on.wait()
        return found

    monkeypatch.setattr(QuerySet, "in_bulk", slow)
    first = asyncio.create_task(look_ups.player(player.pk))
    while not read.is_set():
        await asyncio.sleep(0.01)
    await Player.objects.filter(pk=player.pk).aupdate(theme="dark")
    second = asyncio.create_task(look_ups.player(player.pk))
    await asyncio.sleep(0)
    going_on.set()
    assert (await first).theme == "system"
    assert (await second).theme == "dark"


async def test_an_error_reaches_all_who_asked_and_nobody_after(monkeypatch):
    player, look_ups = await Player.objects.acreate(name="Ada"), LookUps()

    def broken(*_):
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(QuerySet, "in_bulk", broken)
        found = await asyncio.gather(*(look_ups.player(player.pk) for _ in range(5)), return_exceptions=True)
    assert all(isinstance(error, OperationalError) for error in found)
    assert await look_ups.player(player.pk) == player


async def test_somebody_who_leaves_takes_nobody_along():
    player, look_ups = await Player.objects.acreate(name="Ada"), LookUps()
    leaving, staying = (asyncio.create_task(look_ups.player(player.pk)) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == player


async def test_a_page_does_not_wait_for_what_sockets_ask_of_sql():
    """They share one thread, in which a thousand of them may wait."""
    player, session = await signed_in()
    going_on = threading.Event()
    busy = asyncio.create_task(sync_to_async(going_on.wait)())
    try:
        assert await player_of(session.session_key) == player
    finally:
        going_on.set()
        await busy


async def test_a_query_that_hangs_keeps_nobody_waiting_twice(settings, monkeypatch):
    _, session = await signed_in()
    going_on, in_bulk = threading.Event(), QuerySet.in_bulk
    asked = []

    def hangs(self, ids):
        asked.append(ids)
        going_on.wait()
        return in_bulk(self, ids)

    look_ups = LookUps()
    with monkeypatch.context() as patch:
        patch.setattr(QuerySet, "in_bulk", hangs)
        settings.SQL_TIMEOUT_S = 0.05
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await look_ups.player(1)
        going_on.set()
        while look_ups._task:
            await asyncio.sleep(0.01)
    assert len(asked) <= 2
    settings.SQL_TIMEOUT_S = 20
    assert await look_ups.player(int((await session.aload())["_auth_user_id"]))
