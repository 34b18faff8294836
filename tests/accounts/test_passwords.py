"""Passwords: changed, asked for by mail, and never told whose exist."""

import re

import pytest
from django.contrib.auth import hashers
from django.core import mail

from accounts import settings_pages
from accounts.models import Player
from accounts.sessions.engine import session_exists, session_name
from store.sync_loop import run_sync

GOOD = "correct horse"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bob(client):
    player = Player.objects.create_user("Bob", GOOD, email="bob@example.org")
    client.force_login(player)
    return player


def mails() -> list[mail.EmailMessage]:
    """What was sent, once the mailing thread is done with what it was given."""
    settings_pages._mail.submit(lambda: None).result()
    return mail.outbox


def link_in(message: mail.EmailMessage) -> str:
    return re.search(r"http://testserver(/accounts/reset/\S+)", message.body).group(1)


class TestChange:
    @pytest.mark.parametrize(
        ("current", "new", "words"),
        [("wrong", "better horse 9", "not your password"), (GOOD, "short", "too short"), (GOOD, "", "required")],
    )
    def test_a_refused_change_says_why_and_changes_nothing(self, client, bob, current, new, words):
        response = client.post("/accounts/password/", {"form": "password", "current": current, "new": new})
        assert response.status_code == 422
        assert words in response.content.decode()
        assert Player.objects.get().check_password(GOOD)

    def test_guessing_the_password_here_is_stopped_too(self, client, bob):
        guess = {"form": "password", "current": "wrong", "new": "better horse 9"}
        assert [client.post("/accounts/password/", guess).status_code for _ in range(11)] == [422] * 10 + [429]

    def test_a_mail_address_takes_the_password(self, client, bob):
        wrong = client.post("/accounts/password/", {"form": "mail", "email": "eve@example.org", "current": "wrong"})
        assert wrong.status_code == 422
        assert 'value="eve@example.org"' in wrong.content.decode()
        assert Player.objects.get().email == "bob@example.org"
        assert client.post("/accounts/password/", {"form": "mail", "email": "", "current": GOOD}).status_code == 302
        assert Player.objects.get().email == ""


class TestReset:
    def ask(self, client, address: str):
        client.logout()
        return client.post("/accounts/forgot/", {"email": address})

    def test_the_link_gives_a_new_password_once_and_ends_every_session(self, client, bob):
        session = session_name(client.session.session_key)
        from django.test import Client

        other = Client()
        assert self.ask(other, "BOB@example.org").status_code == 200
        [message] = mails()
        link = link_in(message)
        assert client.get(link).status_code == 200
        assert client.post(link, {"new": "better horse 9"}).status_code == 302
        assert Player.objects.get().check_password("better horse 9")
        assert not run_sync(session_exists(session))
        assert client.post(link, {"new": "another horse 9"}).status_code == 404
        assert Player.objects.get().check_password("better horse 9")

    def test_a_bad_new_password_does_not_use_the_link_up(self, client, bob):
        self.ask(client, bob.email)
        link = link_in(mails()[0])
        assert client.post(link, {"new": "123"}).status_code == 422
        assert client.post(link, {"new": "better horse 9"}).status_code == 302

    def test_a_known_and_an_unknown_address_get_the_same_answer(self, client, bob):
        known = self.ask(client, bob.email).content.decode()
        assert len(mails()) == 1
        unknown = self.ask(client, "nobody@example.org").content.decode()
        assert len(mails()) == 1

        def plain(page: str) -> str:
            return re.sub(r'(nonce-?="[^"]*"|nonce="[^"]*"|value="[^"]*")', "", page)

        assert plain(known).replace(bob.email, "@") == plain(unknown).replace("nobody@example.org", "@")

    @pytest.mark.parametrize("change", [{"is_active": False}, {"email": ""}, {"password": "!"}])
    def test_no_mail_goes_to_who_may_not_sign_in(self, client, bob, change):
        Player.objects.update(**change)
        assert self.ask(client, "bob@example.org").status_code == 200
        assert mails() == []

    def test_one_address_gets_a_bounded_number_of_mails(self, client, bob):
        assert [self.ask(client, bob.email).status_code for _ in range(4)] == [200, 200, 200, 429]

    @pytest.mark.parametrize(
        "link", ["/accounts/reset/MQ/made-up/", "/accounts/reset/%F0/x-y/", "/accounts/reset/OTk5OTk5/a-b/"]
    )
    def test_a_made_up_link_is_nothing(self, client, bob, link):
        assert client.get(link).status_code == 404


@pytest.mark.parametrize("name", ["Bob", "Nobody1", "swift-otter-4821"])
def test_a_sign_in_hashes_once_whoever_is_named(client, monkeypatch, name):
    """The same work for a member, a guest, who has no password, and a name that nobody has."""
    Player.objects.create_user("Bob", GOOD)
    guest = Player(name="swift-otter-4821", is_guest=True)
    guest.set_unusable_password()
    guest.save()
    hashed = []
    own = hashers.MD5PasswordHasher.encode
    monkeypatch.setattr(
        hashers.MD5PasswordHasher, "encode", lambda self, password, salt: hashed.append(1) or own(self, password, salt)
    )
    assert client.post("/accounts/sign-in/", {"name": name, "password": "wrong"}).status_code == 422
    assert len(hashed) == 1
