"""What reviewers did with names and odd requests: each once got through."""

import pytest
from asgiref.sync import sync_to_async
from django.core import mail

from accounts import settings_pages
from accounts.models import Player
from accounts.sessions.engine import SessionStore, devices, end_session, note_session, session_exists, session_name
from leaderboard.models import Run
from presence import online

GOOD = "correct horse"


pytestmark = pytest.mark.django_db(transaction=True)


class TestNames:
    def test_whoever_looked_alike_before_the_rule_is_safe_from_newcomers(self, client):
        Player.objects.create_user("B0B", GOOD)
        late = Player.objects.create_user("Late", GOOD)
        Player.objects.filter(pk=late.pk).update(name="Bob", name_key=f"bob#{late.pk}")
        first = Player.objects.get(name="B0B")
        first.name = "Renamed"
        first.save()
        for name in ("bob", "b0b", "BOB"):
            assert client.post("/accounts/sign-up/", {"name": name, "password": "another horse"}).status_code == 422
        client.post("/accounts/sign-in/", {"name": "Bob", "password": GOOD})
        assert client.session["_auth_user_id"] == str(late.pk)


class TestRequests:
    def test_an_address_that_many_accounts_have_is_not_flooded(self, client):
        for number in range(10):
            Player.objects.create_user(f"Many{number}", GOOD, email="victim@example.org")
        client.post("/accounts/forgot/", {"email": "victim@example.org"})
        settings_pages._mail.submit(lambda: None).result()
        assert len(mail.outbox) == 3

    @pytest.mark.parametrize("player", [2**63, 10**30])
    def test_a_player_beyond_all_numbers_is_a_404(self, client, player):
        assert client.get(f"/boards/fuse/record/{player}/").status_code == 404

    async def test_an_interrupted_revocation_can_be_done_again(self, monkeypatch):
        session = SessionStore()
        await session.aset("_auth_user_id", "7")
        await session.asave()
        await note_session(7, session.session_key, 60)
        name = session_name(session.session_key)

        async def lost(*_):
            raise ConnectionError

        monkeypatch.setattr("accounts.sessions.engine.tell_session", lost)
        with pytest.raises(ConnectionError):
            await end_session(7, name)
        monkeypatch.undo()
        assert not await session_exists(name)
        assert await devices(7) == []

    def test_following_somebody_who_has_just_gone_is_no_error(self, client, monkeypatch):
        bob = Player.objects.create_user("Bob", GOOD)
        carol = Player.objects.create_user("Carol", GOOD)
        client.force_login(bob)
        from people import profile

        async def found_before(name):
            copy = Player(pk=carol.pk, name=carol.name)
            await sync_to_async(Player.objects.filter(pk=carol.pk).delete)()
            return copy

        monkeypatch.setattr(profile, "find", found_before)
        assert client.post("/players/Carol/follow/").status_code == 302

    async def test_an_old_list_of_follows_shows_nobody_to_whom_they_let_go(self):
        from accounts.cards import Card

        card = Card("Bob")
        await online.amend(1, card, visible=False, audience=[8])
        await online.renew(1, "tab", card, visible=False, audience=[8, 9])
        assert await online.friends([(9, [1])]) == [[]]
        assert await Run.objects.acount() == 0
