"""What is done in SQL and then in Redis can be sent again; SQL that is away is a 503, and what is known goes on."""

import time

import pytest
from django.db import OperationalError
from django.db.models import QuerySet
from django.db.models.query import QuerySet as Rows

from accounts.models import Player
from accounts.sessions import engine
from leaderboard import known_boards
from leaderboard.models import Board
from store.client import StoreUnavailable
from store.sync_loop import run_sync
from tests.sockets import Socket

GOOD, BETTER = "correct horse", "battery staple"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def redis_ends(monkeypatch):
    """Have Redis be away from the moment on at which a function of a module is called, once."""

    def at(module, name: str) -> None:
        own = getattr(module, name)

        def away(*arguments, **options):
            monkeypatch.setattr(module, name, own)
            raise StoreUnavailable("gone at this very moment")

        monkeypatch.setattr(module, name, away)

    return at


class TestSentAgain:
    @pytest.mark.parametrize("is_guest", [True, False])
    def test_a_sign_up_whose_answer_was_lost(self, client, redis_ends, is_guest):
        from accounts.sign_in import views

        if is_guest:
            guest = Player.objects.create_guest()
            client.force_login(guest)
        redis_ends(views, "stay_signed_in" if is_guest else "login")
        form = {"name": "Alice", "password": GOOD}
        assert client.post("/accounts/sign-up/", form).status_code == 503
        assert Player.objects.get(name="Alice").has_usable_password()
        assert client.post("/accounts/sign-up/", form).status_code == 302
        assert client.get("/").context["player"].name == "Alice"
        assert Player.objects.count() == 1

    @pytest.mark.parametrize("form", [{"name": "Alice", "password": BETTER}, {"name": "alice", "password": GOOD}])
    def test_nobody_else_is_signed_in_by_it(self, client, form):
        Player.objects.create_user("Alice", GOOD)
        assert client.post("/accounts/sign-up/", form).status_code == 422
        assert client.get("/").context["player"] is None

    def test_guessing_by_the_sign_up_form_is_counted_like_sign_ins(self, client, settings):
        Player.objects.create_user("Alice", GOOD)
        statuses = [
            client.post("/accounts/sign-up/", {"name": "Alice", "password": f"guess {n} of many"}).status_code
            for n in range(12)
        ]
        assert statuses == [422] * 10 + [429] * 2

    def test_a_new_name(self, client, redis_ends):
        from accounts import settings_pages

        bob = Player.objects.create_user("Bob", GOOD)
        client.force_login(bob)
        redis_ends(settings_pages.card_changed, "send")
        assert client.post("/accounts/name/", {"name": "Robert"}).status_code == 503
        assert client.post("/accounts/name/", {"name": "Robert"}).status_code == 302
        assert client.post("/accounts/name/", {"name": "Roberta"}).status_code == 422  # Once in 30 days all the same.

    def test_a_new_password(self, client, redis_ends):
        from accounts import settings_pages

        bob = Player.objects.create_user("Bob", GOOD)
        client.force_login(bob)
        form = {"form": "password", "current": GOOD, "new": BETTER}
        redis_ends(settings_pages, "stay_signed_in_alone")
        assert client.post("/accounts/password/", form).status_code == 503
        bob.refresh_from_db()
        assert bob.check_password(GOOD)
        assert client.post("/accounts/password/", form).status_code == 302
        assert client.get("/accounts/devices/").status_code == 200  # Signed in still.

    def test_a_password_by_link(self, client, redis_ends):
        from django.contrib.auth.tokens import default_token_generator
        from django.utils.encoding import force_bytes
        from django.utils.http import urlsafe_base64_encode

        bob = Player.objects.create_user("Bob", GOOD)
        uid, token = urlsafe_base64_encode(force_bytes(bob.pk)), default_token_generator.make_token(bob)
        redis_ends(engine, "end_sessions")
        assert client.post(f"/accounts/reset/{uid}/{token}/", {"new": BETTER}).status_code == 503
        assert client.post(f"/accounts/reset/{uid}/{token}/", {"new": BETTER}).status_code == 302
        assert client.post(f"/accounts/reset/{uid}/{token}/", {"new": GOOD}).status_code == 404
        bob.refresh_from_db()
        assert bob.check_password(BETTER)

    def test_deleting_an_account(self, client, redis_ends):
        from people import deletion

        bob = Player.objects.create_user("Bob", GOOD)
        client.force_login(bob)
        redis_ends(deletion, "_forget")
        assert client.post("/accounts/data/delete/", {"current": GOOD}).status_code == 302
        bob.refresh_from_db()
        assert bob.leaving_at is not None
        assert client.get("/").context["player"] is None

    def test_bringing_a_guest_along(self, client, redis_ends):
        from accounts.sign_in.views import GUEST
        from people import guest_merge

        guest, bob = Player.objects.create_guest(), Player.objects.create_user("Bob", GOOD)
        client.force_login(bob)
        session = client.session
        session[GUEST] = guest.pk
        session.save()
        run_sync(guest_merge.coins.move(guest_merge.coins.Movement(guest.pk, 5, "a gift", "g")))
        redis_ends(guest_merge.runs, "begin")
        assert client.post("/accounts/bring/", {"bring": "1"}).status_code == 503
        assert client.post("/accounts/bring/", {"bring": "1"}).status_code == 302
        assert run_sync(guest_merge.coins.purse(bob.pk)).balance == 5

    def test_the_first_administrators_link(self, client, monkeypatch):
        from accounts.sign_in import setup_link, views

        token = run_sync(setup_link.new_token())

        def full(*_, **__):
            raise OperationalError("database or disk is full")

        with monkeypatch.context() as patch:
            patch.setattr(views, "record", full)
            form = {"name": "Olga", "password": GOOD}
            assert client.post(f"/accounts/setup/{token}/", form).status_code == 503
        assert not Player.objects.exists()
        assert client.post(f"/accounts/setup/{token}/", form).status_code == 302


@pytest.fixture
def sql_away(monkeypatch):
    """Every read and write of rows fails from now on, as when the database is locked, full or gone."""

    def fail(*_, **__):
        raise OperationalError("database is locked")

    def go() -> None:
        monkeypatch.setattr(Rows, "_fetch_all", fail)
        monkeypatch.setattr(QuerySet, "update", fail)
        monkeypatch.setattr(QuerySet, "_insert", fail, raising=False)
        monkeypatch.setattr(QuerySet, "get", fail)
        monkeypatch.setattr(QuerySet, "count", fail)
        monkeypatch.setattr(QuerySet, "exists", fail)

    return go


class TestSqlAway:
    @pytest.mark.parametrize(
        ("method", "path", "fields"),
        [
            ("get", "/", {}),
            ("get", "/boards/", {}),
            ("get", "/players/Bob/", {}),
            ("get", "/accounts/settings/", {}),
            ("post", "/accounts/sign-up/", {"name": "Carol", "password": GOOD}),
            ("post", "/accounts/sign-in/", {"name": "Bob", "password": GOOD}),
            ("post", "/play/fuse/", {}),
        ],
    )
    @pytest.mark.parametrize("signed_in", [True, False])
    def test_a_page_says_so(self, client, sql_away, method, path, fields, signed_in):
        bob = Player.objects.create_user("Bob", GOOD)
        if signed_in:
            client.force_login(bob)
        sql_away()
        answer = getattr(client, method)(path, fields)
        if not signed_in and path.startswith("/accounts/settings"):
            assert answer.status_code == 302  # To sign in: nothing was asked of SQL.
            return
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert "database does not answer" in answer.content.decode()

    def test_settings_that_cannot_be_kept_are_no_lost_account(self, client, monkeypatch):
        client.force_login(Player.objects.create_user("Bob", GOOD))

        def locked(*_, **__):
            raise OperationalError("database is locked")

        monkeypatch.setattr(Player, "save", locked)
        answer = client.post("/accounts/settings/", {"theme": "dark"})
        assert answer.status_code == 503
        assert "gone" not in answer.content.decode()

    async def test_a_board_goes_on_with_what_is_known(self, sql_away):
        before = await known_boards.find("fuse")
        known_boards._known["fuse"] = (time.monotonic() - 60, before)
        sql_away()
        assert (await known_boards.find("fuse")).title == before.title
        known_boards.forget()
        with pytest.raises(OperationalError):
            await known_boards.find("fuse")

    async def test_a_socket_stays_and_is_told(self, alice, monkeypatch):
        async with Socket("/ws/", alice) as socket:
            known_boards.forget()

            def locked(*_, **__):
                raise OperationalError("database is locked")

            with monkeypatch.context() as patch:
                patch.setattr(Board.objects, "filter", locked)
                await socket.say(type="watch", topic="board:fuse:day")
                error = await socket.next("error")
                assert (error["code"], error["retry"]) == ("unavailable", True)
            await socket.say(type="beat")
            await socket.next("beat")


def test_a_locked_database_answers_in_time(settings):
    """SQLite waits no longer than SQL_TIMEOUT_S, PostgreSQL's locks and connections neither."""
    assert settings.SQL_TIMEOUT_S <= 3
    assert settings.DATABASES["default"].get("OPTIONS", {}).get("timeout", 3) <= 3
