"""Sessions that only say who somebody is: their players are found before Django; all others are left to it."""

import asyncio
import contextlib
import threading

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.db import OperationalError
from django.test import AsyncClient

from accounts.follows import TooManyFollows, follow, followed_by, followed_by_each
from accounts.models import Player
from accounts.sessions import engine
from accounts.sessions.engine import SessionStore, session_name
from accounts.sessions.look_ups import LookUps
from accounts.sessions.middleware import SocketPlayerMiddleware
from accounts.sessions.plain import connecting, player_of
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

    async def away(self, id, timeout_s):
        raise OperationalError

    monkeypatch.setattr(LookUps, "find", away)
    assert await player_of(session.session_key) is None
    with pytest.raises(OperationalError):  # A socket is refused, and not looked up a second time.
        await connecting(await session.aload())


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


async def test_a_socket_s_player_has_whom_they_follow():
    (ada, hers), (bela, his), (cleo, _) = [await signed_in(name) for name in ("Ada", "Bela", "Cleo")]
    for other in (bela, cleo):
        await sync_to_async(follow)(ada, other)
    fields = [await session.aload() for session in (hers, his, hers)]
    found = await asyncio.gather(*map(connecting, fields))
    assert [player.pk for player in found] == [ada.pk, bela.pk, ada.pk]
    assert [list(player.follow_ids) for player in found] == [[cleo.pk, bela.pk], [], [cleo.pk, bela.pk]]


async def test_a_socket_needs_no_plain_session_but_one_that_is_its_player_s():
    player, session = await signed_in()
    await session.aset("guest", 5)
    await session.asave()
    assert await connecting(await session.aload()) == player
    assert await connecting({}) is None
    assert await connecting(await session.aload() | {HASH_SESSION_KEY: "0" * 64}) is None
    assert await connecting(await session.aload() | {BACKEND_SESSION_KEY: "elsewhere.Backend"}) is None
    await Player.objects.filter(pk=player.pk).aupdate(is_active=False)
    assert await connecting(await session.aload()) is None


async def test_whom_each_follows_is_what_each_follows(monkeypatch):
    monkeypatch.setattr("accounts.follows.FOLLOWS_MAX", 3)
    players = [await Player.objects.acreate(name=f"P{number}") for number in range(6)]
    for follower, followed in ((0, 1), (0, 2), (1, 0), (0, 3), (2, 5), (1, 5)):
        await sync_to_async(follow)(players[follower], players[followed])
    with contextlib.suppress(TooManyFollows):
        await sync_to_async(follow)(players[0], players[4])
    each = await sync_to_async(followed_by_each)([player.pk for player in players])
    for player in players:
        assert each.get(player.pk, []) == await sync_to_async(followed_by)(player)
    assert len(each[players[0].pk]) == 3


async def test_a_socket_that_comes_first_after_a_new_secret_key_leaves_the_session_to_a_page(settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "old" * 20, []
    player, session = await signed_in()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, ["older" * 20, "old" * 20]
    seen = {}

    async def application(scope, receive, send):
        seen.update(scope)

    headers = [(b"cookie", f"sessionid={session.session_key}".encode())]
    await SocketPlayerMiddleware(application)({"headers": headers}, None, None)
    assert seen["player"] == player
    assert seen["session_name"] == session_name(session.session_key)
    assert await player_of(session.session_key) is None  # A page is Django's, which signs it anew.
    assert (await SessionStore(session.session_key).aload())[engine.PLAYER] == str(player.pk)
    settings.SECRET_KEY_FALLBACKS = []
    await SocketPlayerMiddleware(application)({"headers": headers}, None, None)
    assert seen["player"] is None
