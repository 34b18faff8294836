"""Signing up, in and out; the first administrator; names."""

import asyncio

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import Player
from accounts.names import guest_name, validate_name
from accounts.sessions.engine import session_exists, session_name
from accounts.sign_in import setup_link
from leaderboard import boards
from leaderboard.reading import standings
from store.limits import Policy
from store.sync_loop import run_sync

GOOD = "correct horse"


@pytest.mark.parametrize("name", ["abc", "A_b-9", "x" * 20])
def test_a_good_name_is_taken(name):
    validate_name(name)


@pytest.mark.parametrize("name", ["ab", "x" * 21, "a b c", "älice", "abc\n", "<b>", "admin", "Moderator", "you"])
def test_a_bad_name_is_refused(name):
    with pytest.raises(ValidationError):
        validate_name(name)


def test_guests_get_readable_valid_names():
    for _ in range(200):
        validate_name(guest_name())


@pytest.mark.django_db(transaction=True)
class TestAccounts:
    def test_a_new_member_is_signed_in(self, client):
        response = client.post("/accounts/sign-up/", {"name": "Alice", "password": GOOD}, follow=True)
        player = Player.objects.get()
        assert (player.name, player.is_guest, player.is_staff) == ("Alice", False, False)
        assert f'data-player="{player.pk}"' in response.content.decode()

    def test_a_guest_who_signs_up_stays_the_same_player_with_the_same_scores(self, client, finished):
        client.post("/play/fuse/")
        guest = Player.objects.get()
        run_sync(boards.submit(finished(guest, 500)))
        client.post("/accounts/sign-up/", {"name": "Alice", "password": GOOD})
        member = Player.objects.get()
        assert (member.pk, member.name, member.is_guest) == (guest.pk, "Alice", False)
        [row] = run_sync(standings.top("fuse", "day", 10)).rows
        assert (row.player, row.points, row.card.name, row.card.guest) == (guest.pk, 500, "Alice", False)

    def test_signing_up_gives_the_session_a_new_key(self, client):
        client.post("/play/fuse/")
        before = client.cookies["sessionid"].value
        client.post("/accounts/sign-up/", {"name": "Alice", "password": GOOD})
        assert client.cookies["sessionid"].value != before

    @pytest.mark.parametrize(
        ("name", "password", "words"),
        [
            ("al", GOOD, "3 to 20 letters"),
            ("support", GOOD, "reserved"),
            ("BOB", GOOD, "taken"),
            ("Alice", "short", "too short"),
            ("Alice", "password", "too common"),
            ("Alice", "19283746", "entirely numeric"),
            ("", GOOD, "required"),
        ],
    )
    def test_a_refused_form_says_why_and_keeps_the_name(self, client, name, password, words):
        Player.objects.create_user("Bob", GOOD)
        response = client.post("/accounts/sign-up/", {"name": name, "password": password})
        page = response.content.decode()
        assert response.status_code == 422
        assert words in page
        assert f'value="{name}"' in page or not name
        assert Player.objects.count() == 1

    def test_a_refused_form_leaves_the_guest_their_name(self, client):
        client.post("/play/fuse/")
        name = Player.objects.get().name
        page = client.post("/accounts/sign-up/", {"name": "x", "password": GOOD}).content.decode()
        assert name in page
        assert Player.objects.get().name == name

    def test_signing_in_works_whatever_the_case_of_the_name(self, client):
        player = Player.objects.create_user("Bob", GOOD)
        client.post("/accounts/sign-in/", {"name": "bob", "password": GOOD})
        assert client.session["_auth_user_id"] == str(player.pk)

    def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(self, client):
        Player.objects.create_user("Bob", GOOD)
        pages = []
        for name in ("Bob", "Bab"):
            response = client.post("/accounts/sign-in/", {"name": name, "password": "wrong"})
            assert response.status_code == 422
            assert "Wrong name or password" in response.content.decode()
            pages.append(response.content.decode())
        assert "_auth_user_id" not in client.session

    def test_a_banned_player_is_told_so_after_the_right_password_alone(self, client):
        bob = Player.objects.create_user("Bob", GOOD)
        Player.objects.filter(pk=bob.pk).update(is_active=False)
        for password, words in ((GOOD, "This account is banned."), ("wrong", "Wrong name or password.")):
            page = client.post("/accounts/sign-in/", {"name": "Bob", "password": password}).content.decode()
            assert words in page
            assert ("This account is banned." in page) == (password == GOOD)
        assert "_auth_user_id" not in client.session

    def test_guessing_is_stopped_before_the_password_is_looked_at(self, client, monkeypatch):
        Player.objects.create_user("Bob", GOOD)
        statuses = [
            client.post("/accounts/sign-in/", {"name": "bob", "password": f"guess{n}"}).status_code for n in range(12)
        ]
        assert statuses == [422] * 10 + [429] * 2
        monkeypatch.setattr(
            "accounts.sign_in.forms.authenticate", lambda *_, **__: pytest.fail("the password was looked at")
        )
        response = client.post("/accounts/sign-in/", {"name": "BOB", "password": GOOD})
        assert response.status_code == 429
        assert 0 < int(response.headers["Retry-After"]) <= 300
        assert response.headers["RateLimit-Remaining"] == "0"
        assert "Slow down" in response.content.decode()

    def test_guessing_at_one_account_locks_nobody_else_out(self, client):
        for name in ("Bob", "Carol"):
            Player.objects.create_user(name, GOOD)
        for n in range(11):
            client.post("/accounts/sign-in/", {"name": "Bob", "password": f"guess{n}"})
        assert client.post("/accounts/sign-in/", {"name": "Carol", "password": GOOD}).status_code == 302

    def test_an_address_makes_a_bounded_number_of_guests(self, client, settings):
        settings.RATE_LIMITS = settings.RATE_LIMITS | {"guest_address": Policy(2, 60)}
        statuses = []
        for _ in range(3):
            client.cookies.clear()
            statuses.append(client.post("/play/fuse/").status_code)
        assert statuses == [302, 302, 429]

    @pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
    def test_signing_in_leads_nowhere_else(self, client, target):
        Player.objects.create_user("Bob", GOOD)
        response = client.post("/accounts/sign-in/", {"name": "Bob", "password": GOOD, "next": target})
        assert response.headers["Location"] == "/"

    def test_signing_out_ends_the_session(self, client):
        client.post("/play/fuse/")
        cookie = client.cookies["sessionid"].value
        client.post("/accounts/sign-out/")
        client.cookies["sessionid"] = cookie
        assert "data-player" not in client.get("/").content.decode()

    def test_signing_out_takes_a_post(self, client):
        assert client.get("/accounts/sign-out/").status_code == 405

    def test_somebody_who_may_not_sign_in_is_out_at_once(self, client):
        client.post("/play/fuse/")
        Player.objects.update(is_active=False)
        assert "data-player" not in client.get("/").content.decode()


@pytest.mark.django_db(transaction=True)
class TestFirstAdministrator:
    def post(self, client, token, name="Olga"):
        return client.post(f"/accounts/setup/{token}/", {"name": name, "password": GOOD})

    def test_the_link_makes_one_administrator_once(self, client):
        token = run_sync(setup_link.new_token())
        assert client.get(f"/accounts/setup/{token}/").status_code == 200
        assert self.post(client, token).headers["Location"] == "/admin/"
        assert Player.objects.get().is_superuser
        client.logout()
        assert self.post(client, token, "Eve").status_code == 404
        assert Player.objects.count() == 1

    def test_a_refused_form_does_not_use_the_link_up(self, client):
        token = run_sync(setup_link.new_token())
        assert self.post(client, token, "x").status_code == 422
        assert self.post(client, token).status_code == 302

    def test_a_made_up_link_is_nothing(self, client):
        assert self.post(client, "made-up").status_code == 404
        assert not Player.objects.exists()

    def test_no_link_works_while_there_is_an_administrator(self, client):
        token = run_sync(setup_link.new_token())
        Player.objects.create_superuser("Olga", GOOD)
        assert client.get(f"/accounts/setup/{token}/").status_code == 404

    async def test_of_many_who_use_it_at_once_one_succeeds(self):
        token = await setup_link.new_token()
        assert sum(await asyncio.gather(*(setup_link.use(token) for _ in range(20)))) == 1

    async def test_the_link_ends_by_itself(self):
        token = await setup_link.new_token()
        from store.client import client

        assert 0 < await client().ttl(setup_link._key(token)) <= 30 * 60


@pytest.mark.django_db(transaction=True)
class TestAdmin:
    @pytest.fixture
    def staff(self, client):
        client.force_login(Player.objects.create_superuser("Olga", GOOD))
        return client

    @pytest.mark.parametrize(
        "path", ["", "accounts/player/", "leaderboard/board/", "leaderboard/run/", "accounts/player/add/"]
    )
    def test_a_list_opens(self, staff, path):
        assert staff.get(f"/admin/{path}").status_code == 200

    def test_players_can_be_searched_and_filtered(self, staff):
        Player.objects.create(name="Findme", is_guest=True)
        page = staff.get("/admin/accounts/player/?q=findme&is_guest__exact=1").content.decode()
        assert "Findme" in page

    def test_no_score_can_be_typed_in(self, staff):
        assert staff.get("/admin/leaderboard/run/add/").status_code == 403

    def test_a_new_password_from_the_admin_ends_the_players_sessions(self, staff):
        bob, browser = Player.objects.create_user("Bob", GOOD), Client()
        browser.force_login(bob)
        name = session_name(browser.session.session_key)
        assert run_sync(session_exists(name))
        form = {"usable_password": "true", "password1": "another horse 9", "password2": "another horse 9"}
        assert staff.post(f"/admin/accounts/player/{bob.pk}/password/", form).status_code == 302
        assert not run_sync(session_exists(name))

    def test_padding_a_name_opens_no_further_tries(self, client):
        Player.objects.create_user("Bob", GOOD)
        answers = [client.post("/accounts/sign-in/", {"name": " " * n + "bob", "password": "x"}) for n in range(11)]
        assert [answer.status_code for answer in answers] == [422] * 10 + [429]

    def test_a_player_who_is_no_staff_is_sent_away(self, client):
        client.force_login(Player.objects.create_user("Bob", GOOD))
        answer = client.get("/admin/", follow=True)
        assert answer.status_code == 403
        assert "Sign in" not in answer.content.decode().partition("<main")[2]  # They are signed in.
        client.logout()
        assert client.get("/admin/", follow=True).request["PATH_INFO"] == "/accounts/sign-in/"

    def test_a_new_name_in_the_admin_shows_on_the_board(self, staff, finished):
        bob = Player.objects.create_user("Bob", GOOD)
        run_sync(boards.submit(finished(bob, 500)))
        page = f"/admin/accounts/player/{bob.pk}/change/"
        staff.post(page, {"name": "Bobby", "country": "", "is_active": "on"})
        [row] = run_sync(standings.top("fuse", "day", 10)).rows
        assert row.card.name == "Bobby"
