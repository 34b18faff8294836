"""A player's sessions: listed, ended one by one or all others, and put off while in use."""

import pytest
from django.test import Client

from accounts import keys
from accounts.models import Player
from accounts.sessions import engine
from accounts.sessions.devices import words
from accounts.sessions.engine import SEEN, SessionStore, session_exists, session_name
from store.client import client as redis
from store.sync_loop import run_sync
from tests.sockets import Socket

GOOD = "correct horse"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    ("agent", "expected"),
    [(FIREFOX, "Firefox on Linux"), (IPHONE, "Mobile Safari on iOS"), ("", "Unknown"), ("x" * 5000, "Unknown")],
)
def test_a_browser_is_put_into_words(agent, expected):
    assert words(agent) == expected


@pytest.mark.django_db(transaction=True)
class TestDevices:
    def sign_in(self, agent: str = FIREFOX) -> Client:
        browser = Client(headers={"user-agent": agent})
        assert browser.post("/accounts/sign-in/", {"name": "Bob", "password": GOOD}).status_code == 302
        return browser

    @pytest.fixture
    def bob(self):
        return Player.objects.create_user("Bob", GOOD)

    def is_in(self, browser: Client) -> bool:
        return "data-player" in browser.get("/").content.decode()

    def test_the_list_names_every_device_and_this_one(self, bob):
        here, _ = self.sign_in(FIREFOX), self.sign_in(IPHONE)
        page = here.get("/accounts/devices/").content.decode()
        assert page.count('class="device"') == 2
        assert "Firefox on Linux" in page
        assert "Mobile Safari on iOS" in page
        assert page.count("this device") == 1

    @pytest.mark.parametrize("way", ["guest", "sign up", "guest signs up", "sign in over a guest"])
    def test_every_way_in_puts_the_session_on_the_list(self, bob, way):
        browser = Client()
        if way != "sign up":
            browser.post("/play/fuse/")
        if way in ("sign up", "guest signs up"):
            browser.post("/accounts/sign-up/", {"name": "Alice", "password": GOOD})
        if way == "sign in over a guest":
            browser.post("/accounts/sign-in/", {"name": "Bob", "password": GOOD})
        [device] = run_sync(engine.devices(int(browser.session["_auth_user_id"])))
        assert device.name == session_name(browser.session.session_key)

    def test_one_can_be_signed_out(self, bob):
        here, there = self.sign_in(), self.sign_in()
        name = session_name(there.session.session_key)
        here.post("/accounts/devices/end/", {"device": name})
        assert not self.is_in(there)
        assert self.is_in(here)
        assert not run_sync(session_exists(name))

    def test_all_others_can_be_signed_out(self, bob):
        here, *others = [self.sign_in() for _ in range(4)]
        here.post("/accounts/devices/end/")
        assert self.is_in(here)
        assert not any(self.is_in(browser) for browser in others)

    def test_this_one_cannot_be_ended_by_its_name(self, bob):
        here = self.sign_in()
        here.post("/accounts/devices/end/", {"device": session_name(here.session.session_key)})
        assert self.is_in(here)

    def test_nobody_elses_can_be_ended(self, bob):
        Player.objects.create_user("Mallory", GOOD)
        bobs, mallory = self.sign_in(), Client()
        mallory.post("/accounts/sign-in/", {"name": "Mallory", "password": GOOD})
        mallory.post("/accounts/devices/end/", {"device": session_name(bobs.session.session_key)})
        assert self.is_in(bobs)

    def test_a_new_password_ends_all_others_and_keeps_this_one(self, bob):
        here, there = self.sign_in(), self.sign_in()
        answer = here.post("/accounts/password/", {"form": "password", "current": GOOD, "new": "better horse 9"})
        assert answer.status_code == 302
        assert self.is_in(here)
        assert not self.is_in(there)
        [device] = run_sync(engine.devices(bob.pk))
        assert device.name == session_name(here.session.session_key)

    def test_a_session_that_has_ended_by_itself_leaves_the_list(self, bob):
        browser = self.sign_in()
        browser.session.delete()
        assert run_sync(engine.devices(bob.pk)) == []
        assert run_sync(_set_of(bob.pk)) == []

    def test_a_new_secret_key_keeps_the_device_on_the_list(self, bob, settings):
        browser = self.sign_in()
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another"
        assert self.is_in(browser)
        [device] = run_sync(engine.devices(bob.pk))
        assert device.name == session_name(browser.session.session_key)
        assert run_sync(engine.end_sessions(bob.pk)) == 1
        assert not self.is_in(browser)


async def _set_of(player: int) -> list[str]:
    return await redis().zrange(keys.sessions(player), 0, -1)


@pytest.mark.django_db(transaction=True)
async def test_ending_a_session_closes_its_sockets_and_no_others():
    player = await Player.objects.acreate(name="Bob")
    names = []
    for _ in range(2):
        session = SessionStore()
        await session.aset("_auth_user_id", str(player.pk))
        await session.asave()
        await engine.note_session(player.pk, session.session_key, 3600)
        names.append(session_name(session.session_key))
    async with Socket("/ws/", player, names[1]) as other:
        socket = Socket("/ws/", player, names[0])
        await socket.connect(timeout=5)
        assert await engine.end_session(player.pk, names[0])
        assert await socket.closed() == 4401
        assert await other.quiet(0.3)


@pytest.mark.parametrize("colour", ["sync", "async"])
async def test_a_new_key_takes_the_place_of_the_old_one_on_the_list(colour):
    session = SessionStore()
    await session.aset("_auth_user_id", "7")
    await session.asave()
    await engine.note_session(7, session.session_key, 3600)
    if colour == "sync":
        session.cycle_key()
    else:
        await session.acycle_key()
    assert await _set_of(7) == [session_name(session.session_key)]
    assert await redis().ttl(keys.sessions(7)) > 0  # The list ends, too, also when it was of one.


class TestSliding:
    async def begin(self) -> SessionStore:
        session = SessionStore()
        await session.aset("_auth_user_id", "7")
        await session.asave()
        await engine.note_session(7, session.session_key, 100)
        return session

    async def set_seen(self, session: SessionStore, seconds_ago: int) -> SessionStore:
        name = keys.session(session_name(session.session_key))
        seen = int(await redis().hget(name, SEEN)) - seconds_ago * 1000
        await redis().hset(name, SEEN, seen)
        await redis().pexpire(name, 50_000)
        again = SessionStore(session.session_key)
        await again.aload()
        return again

    async def test_a_session_in_use_is_put_off_once_a_minute(self):
        session = await self.set_seen(await self.begin(), 61)
        assert await session.aslide()
        name = keys.session(session_name(session.session_key))
        assert await redis().pttl(name) > 50_000
        again = SessionStore(session.session_key)
        await again.aload()
        await redis().pexpire(name, 50_000)
        assert not await again.aslide()
        assert await redis().pttl(name) <= 50_000

    async def test_two_requests_at_once_put_it_off_once(self):
        session = await self.set_seen(await self.begin(), 61)
        other = SessionStore(session.session_key)
        await other.aload()
        assert [await session.aslide(), await other.aslide()] == [True, False]

    async def test_a_write_within_the_minute_does_not_put_it_off(self):
        session = await self.set_seen(await self.begin(), 10)
        await session.aset("x", 1)
        await session.asave()
        assert await redis().pttl(keys.session(session_name(session.session_key))) <= 50_000

    async def test_an_ended_session_is_not_put_off(self):
        session = await self.set_seen(await self.begin(), 61)
        await SessionStore(session.session_key).adelete(session.session_key)
        assert not await session.aslide()
        assert not await redis().exists(keys.session(session_name(session.session_key)))

    async def test_a_revoked_session_does_not_come_back_to_the_list(self):
        session = await self.set_seen(await self.begin(), 61)
        await engine.end_sessions(7)
        await session.aslide()
        assert await _set_of(7) == []

    @pytest.mark.django_db(transaction=True)
    def test_the_cookie_is_renewed_with_it(self, client):
        client.post("/play/fuse/")
        assert "sessionid" not in client.get("/").cookies
        name = keys.session(session_name(client.session.session_key))

        async def long_ago() -> None:
            await redis().hset(name, SEEN, 0)

        run_sync(long_ago())
        assert client.get("/").cookies["sessionid"]["max-age"] > 0
        assert "sessionid" not in client.get("/").cookies
