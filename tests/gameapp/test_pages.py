"""The pages, through the whole middleware."""

import re

import pytest

from accounts.models import Player
from leaderboard import boards
from store import heartbeat

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = ["/", "/boards/", "/boards/fuse/", "/play/fuse/", "/accounts/sign-in/", "/accounts/sign-up/"]


async def text_of(client, path: str) -> str:
    response = await client.get(path)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
async def alice():
    return await Player.objects.acreate(name="Alice", country="AT")


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_opens_for_a_stranger(async_client, path):
    assert "<h1" in await text_of(async_client, path)


@pytest.mark.parametrize("path", [*PAGES, "/nothing/", "/livez"])
async def test_every_answer_carries_a_strict_policy(async_client, path):
    response = await async_client.get(path)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_on_tls_browsers_are_told_to_stay_on_it(async_client, settings):
    settings.SECURE_HSTS_SECONDS = 3600
    response = await async_client.get("/", secure=True)
    assert response.headers["Strict-Transport-Security"] == "max-age=3600"


async def test_the_nonce_is_new_for_every_page(async_client):
    nonces = {re.search(r'nonce="([^"]+)"', await text_of(async_client, "/")).group(1) for _ in range(3)}
    assert len(nonces) == 3


async def test_the_import_map_names_our_modules_and_the_games(async_client):
    page = await text_of(async_client, "/")
    for module in ("live/socket", "board-view", "games/fuse/fuse-state"):
        assert f'"{module}": "/static/' in page


@pytest.mark.parametrize("period", ["day", "week", "month", "all"])
async def test_a_board_shows_its_rows_at_once(async_client, finished, alice, period):
    await boards.submit(finished(alice, 12_345))
    page = await text_of(async_client, f"/boards/fuse/?period={period}")
    assert "Alice" in page
    assert "12,345" in page
    assert ">AT<" in page


async def test_an_empty_board_says_so(async_client):
    assert "Nobody has played yet" in await text_of(async_client, "/boards/fuse/")


@pytest.mark.parametrize("path", ["/boards/chess/", "/boards/fuse/?period=year", "/play/chess/", "/nothing"])
async def test_what_is_not_there_is_a_page_of_its_own(async_client, path):
    response = await async_client.get(path, follow=True)
    assert response.status_code == 404
    assert "Nothing here" in response.content.decode()


async def test_a_name_cannot_carry_markup(async_client, finished):
    mallory = await Player.objects.acreate(name="<b>x</b>")
    await boards.submit(finished(mallory, 5))
    page = await text_of(async_client, "/boards/fuse/")
    assert "<b>x</b>" not in page
    assert "&lt;b&gt;x" in page


async def test_one_click_makes_a_guest_who_can_play(async_client):
    response = await async_client.post("/play/fuse/", follow=True)
    guest = await Player.objects.aget()
    assert guest.is_guest
    assert not guest.has_usable_password()
    page = response.content.decode()
    assert f'data-player="{guest.pk}"' in page
    assert "/ws/play/fuse/" in page


async def test_clicking_play_again_stays_the_same_guest(async_client):
    for _ in range(3):
        await async_client.post("/play/fuse/")
    assert await Player.objects.acount() == 1


async def test_a_guest_has_no_country_until_they_choose_one(async_client):
    await async_client.post("/play/fuse/", headers={"accept-language": "de-AT,de;q=0.9"})
    assert (await Player.objects.aget()).country == ""


async def test_a_post_from_elsewhere_is_refused():
    from django.test import AsyncClient

    client = AsyncClient(enforce_csrf_checks=True)
    for path in ("/play/fuse/", "/accounts/sign-in/", "/accounts/sign-up/", "/accounts/sign-out/"):
        response = await client.post(path)
        assert response.status_code == 403
    assert "gone stale" in response.content.decode()
    assert await Player.objects.acount() == 0


async def test_the_dashboard_is_for_staff_only(async_client, alice):
    response = await async_client.get("/dashboard/")
    assert response.headers["Location"] == "/accounts/sign-in/?next=/dashboard/"
    await async_client.aforce_login(alice)
    assert (await async_client.get("/dashboard/")).status_code == 403
    await async_client.aforce_login(await Player.objects.acreate(name="Olga", is_staff=True))
    assert "Unique visitors" in await text_of(async_client, "/dashboard/")


async def test_cookies_are_for_the_server_alone(async_client):
    response = await async_client.post("/play/fuse/")
    assert set(response.cookies) >= {"sessionid"}
    page = await async_client.get("/")
    for cookie in (*response.cookies.values(), *page.cookies.values()):
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"


async def test_health_checks_answer(async_client):
    assert (await async_client.get("/livez")).json() == {"ok": True}
    assert "worker" in (await async_client.get("/readyz")).json()["problems"][0]
    await heartbeat.beat("w1")
    assert (await async_client.get("/readyz")).json() == {"ok": True, "problems": []}


class TestWithoutRedis:
    @pytest.fixture
    async def signed_in(self, async_client, alice, settings, tmp_path):
        await async_client.aforce_login(alice)
        self.works = settings.REDIS_URL
        settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
        from store import client

        await client.close()
        return async_client

    @pytest.mark.parametrize("path", ["/", "/boards/fuse/", "/play/fuse/"])
    async def test_a_page_is_a_503_that_says_when_to_come_back(self, signed_in, path):
        response = await signed_in.get(path)
        assert response.status_code == 503
        assert response.headers["Retry-After"] == "5"
        assert "Back in a moment" in response.content.decode()

    async def test_nobody_is_signed_out(self, signed_in, settings, alice):
        response = await signed_in.get("/")
        assert "sessionid" not in response.cookies
        settings.REDIS_URL = self.works
        from store import client

        await client.close()
        assert f'data-player="{alice.pk}"' in await text_of(signed_in, "/")

    async def test_it_is_not_ready_and_says_why(self, signed_in):
        signed_in.cookies.clear()  # A health check has no session.
        response = await signed_in.get("/readyz")
        assert response.status_code == 503
        assert "redis" in response.json()["problems"][0]
