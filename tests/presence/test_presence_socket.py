"""Presence through real sockets: what others see of what a tab does."""

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Player
from presence import online
from presence.online import everybody
from store.sync_loop import run_sync
from tests.sockets import Socket

pytestmark = pytest.mark.usefixtures("fuse")


async def states() -> dict[int, str]:
    return {each.player: each.state for each in (await online.online(50))[1]}


async def test_a_tab_that_plays_shows_it_until_the_run_is_over(alice):
    async with Socket("/ws/play/fuse/", alice) as socket:
        assert await states() == {alice.pk: "online"}
        await socket.say(type="start")
        run = await socket.next("run")
        await socket.say(type="beat")
        await socket.next("beat")
        assert await states() == {alice.pk: "playing Fuse"}
        await socket.say(type="end", run=run["run"])
        await socket.next("finished")
        await socket.say(type="beat")
        await socket.next("beat")
        assert await states() == {alice.pk: "online"}


async def test_a_page_that_is_hidden_for_long_is_away_and_at_once_back(alice):
    async with Socket("/ws/", alice) as socket:
        for away, shown in ((True, "away"), (False, "online")):
            await socket.say(type="beat", away=away)
            await socket.say(type="unwatch", topic="x")
            await socket.say(type="beat", away=away)
            await socket.next("beat")
            await socket.next("beat")
            assert await states() == {alice.pk: shown}


async def test_an_invisible_player_is_seen_by_nobody_from_the_first_moment():
    ghost = Player(pk=7, name="Ghost", visibility=Player.Visibility.NOBODY)
    async with Socket("/ws/play/fuse/", ghost) as socket, Socket("/ws/") as other:
        await socket.say(type="start")
        await socket.next("run")
        await other.say(type="watch", topic="online")
        assert (await other.next("snapshot"))["state"] == {"count": 0, "order": []}
        assert await everybody() == [7]


@pytest.mark.django_db(transaction=True)
class TestSettings:
    def test_who_is_not_signed_in_is_sent_to_sign_in(self, client):
        assert "/accounts/sign-in/" in client.get("/accounts/settings/").url

    def test_a_choice_counts_at_once(self, client):
        player = Player.objects.create_user("Bob", "correct horse")
        client.force_login(player)
        run_sync(online.renew(player.pk, "tab", player.card, visible=True))
        assert run_sync(states()) == {player.pk: "online"}
        assert client.post("/accounts/settings/", {"visibility": "nobody"}).status_code == 302
        assert run_sync(states()) == {}
        client.post("/accounts/settings/", {"visibility": "everyone"})
        assert run_sync(states()) == {player.pk: "online"}

    def test_nonsense_is_refused_beside_the_field(self, client):
        client.force_login(Player.objects.create_user("Bob", "correct horse"))
        answer = client.post("/accounts/settings/", {"visibility": "ghosts"})
        assert answer.status_code == 422
        assert "Select a valid choice" in answer.content.decode()


@pytest.mark.django_db(transaction=True)
class TestNotice:
    @pytest.mark.parametrize("text", ["", "   ", "x" * 281])
    def test_a_text_of_no_use_is_refused(self, text):
        with pytest.raises(CommandError, match="1 to 280"):
            call_command("notice", text)

    def test_a_name_that_nobody_has_is_named(self):
        Player.objects.create(name="Bob")
        with pytest.raises(CommandError, match="No player is called alcie"):
            call_command("notice", "Hello", "--to", "bob", "Alcie")

    def test_it_says_how_many_it_reached(self, capsys):
        bob = Player.objects.create(name="Bob")
        call_command("notice", "Hello", "--to", "BOB")
        run_sync(online.renew(bob.pk, "tab", bob.card, visible=False))
        run_sync(online.renew(99, "tab", bob.card))
        call_command("notice", "Hello")
        assert capsys.readouterr().out == "Sent to 1 player.\nSent to 2 players.\n"
