"""Following: whom, how many, on boards, and who is seen online by whom."""

import asyncio
import contextlib

import pytest

from accounts import follows
from accounts.cards import Card
from accounts.follows import NotOneself, TooManyFollows
from accounts.models import Follow, Player
from leaderboard import boards
from leaderboard.boards import FinishedRun
from presence import online
from store.sync_loop import run_sync
from tests.sockets import Socket

GOOD = "correct horse"
ALICE, BOB = Card("Alice"), Card("Bob")


class TestFriendsOnline:
    async def seen(self, viewer: int, *others: int) -> dict[int, str]:
        [found] = await online.friends([(viewer, others)])
        return {each.player: each.state for each in found}

    async def test_everybody_who_may_be_seen_is(self):
        await online.renew(1, "tab", ALICE, visible=True)
        await online.renew(2, "tab", BOB, visible=True, state="playing Fuse")
        assert await self.seen(9, 2, 1, 3) == {2: "playing Fuse", 1: "online"}

    async def test_who_is_seen_by_some_is_seen_by_those(self):
        await online.renew(1, "tab", ALICE, visible=False, audience=[8, 9])
        assert await self.seen(9, 1) == {1: "online"}
        assert await self.seen(8, 1) == {1: "online"}
        for stranger in (7, 89, 0):
            assert await self.seen(stranger, 1) == {}
        assert await online.online(10) == (0, [])

    async def test_who_is_seen_by_nobody_is_not(self):
        await online.renew(1, "tab", ALICE, visible=False)
        assert await self.seen(9, 1) == {}

    async def test_a_change_of_mind_counts_at_once(self):
        await online.renew(1, "tab", ALICE, visible=False, audience=[9])
        await online.amend(1, ALICE, visible=False, audience=[])
        assert await self.seen(9, 1) == {}
        await online.amend(1, ALICE, visible=False, audience=[9])
        assert await self.seen(9, 1) == {1: "online"}
        await online.amend(1, ALICE, visible=True)
        assert await self.seen(5, 1) == {1: "online"}

    async def test_their_coming_and_going_is_a_difference(self):
        """To those who may see it; the hub tells nobody else, since the list itself does not change."""
        assert not await online.renew(1, "tab", ALICE, visible=False, now_ms=0)
        await online.amend(1, ALICE, visible=False, audience=[9], now_ms=1)
        assert await online.renew(1, "two", ALICE, now_ms=2)


@pytest.mark.django_db(transaction=True)
class TestFollowing:
    @pytest.fixture
    def bob(self, client):
        player = Player.objects.create_user("Bob", GOOD)
        client.force_login(player)
        return player

    @pytest.fixture
    def carol(self):
        return Player.objects.create_user("Carol", GOOD)

    def test_it_is_a_button_on_the_profile(self, client, bob, carol):
        assert ">Follow<" in client.get("/players/Carol/").content.decode()
        client.post("/players/Carol/follow/")
        client.post("/players/Carol/follow/")
        assert list(Follow.objects.values_list("follower", "followed")) == [(bob.pk, carol.pk)]
        assert ">Unfollow<" in client.get("/players/Carol/").content.decode()
        assert "Carol" in client.get("/players/Bob/").content.decode()
        client.post("/players/Carol/follow/", {"stop": "1"})
        assert not Follow.objects.exists()

    def test_nobody_follows_themselves_or_more_than_there_is_room_for(self, bob, carol, monkeypatch):
        with pytest.raises(NotOneself):
            follows.follow(bob, bob)
        monkeypatch.setattr(follows, "FOLLOWS_MAX", 0)
        with pytest.raises(TooManyFollows):
            follows.follow(bob, carol)

    def test_a_board_filters_to_them_with_ranks_on_the_whole_board(self, client, bob, carol):
        others = [Player.objects.create(name=f"other{n}") for n in range(3)]
        for points, player in enumerate([bob, *others, carol], start=1):
            run_sync(boards.submit(FinishedRun(f"r{points}", "fuse", player.pk, player.card, points, 0, "{}")))
        assert "You follow nobody yet" in client.get("/boards/fuse/?show=following").content.decode()
        client.post("/players/Carol/follow/")
        page = client.get("/boards/fuse/?show=following").content.decode()
        assert [name in page for name in ("Carol", "other0", "other1", "other2")] == [True, False, False, False]
        assert "data-rank>1</td>" in page
        assert "data-rank>5</td>" in page

    def test_a_stranger_is_asked_to_sign_in(self, client, carol):
        assert "/accounts/sign-in/" in client.post("/players/Carol/follow/").headers["Location"]

    @pytest.mark.parametrize("name", ["Nobody1", "../admin", "a" * 300])
    def test_a_missing_player_cannot_be_followed(self, client, bob, name):
        assert client.post(f"/players/{name}/follow/").status_code == 404

    def test_visibility_to_follows_reaches_redis(self, client, bob, carol):
        run_sync(online.renew(bob.pk, "tab", bob.card, visible=True))
        client.post("/accounts/settings/", {"visibility": "follows"})
        assert run_sync(online.online(10))[0] == 0
        assert run_sync(online.friends([(carol.pk, [bob.pk])])) == [[]]
        client.post("/players/Carol/follow/")
        assert [each.player for each in run_sync(online.friends([(carol.pk, [bob.pk])]))[0]] == [bob.pk]
        client.post("/players/Carol/follow/", {"stop": "1"})
        assert run_sync(online.friends([(carol.pk, [bob.pk])])) == [[]]


async def test_a_watcher_is_told_which_follows_are_online(alice, bob):
    alice.follow_ids = [bob.pk]
    async with Socket("/ws/", alice) as watcher, Socket("/ws/", bob):
        await watcher.say(type="watch", topic="online")
        told = await watcher.next("friends")
        while not told["players"]:
            told = await watcher.next("friends")
        assert [(each["id"], each["name"], each["state"]) for each in told["players"]] == [(bob.pk, "Bob", "online")]


async def test_a_follow_who_is_seen_by_few_comes_and_is_told_at_once(alice, bob):
    alice.follow_ids = [bob.pk]
    bob.visibility, bob.follow_ids = Player.Visibility.FOLLOWS, [alice.pk]
    async with Socket("/ws/", alice) as watcher:
        await watcher.say(type="watch", topic="online")
        assert (await watcher.next("friends"))["players"] == []
        async with Socket("/ws/", bob):
            told = await watcher.next("friends", timeout=8)
            assert [each["id"] for each in told["players"]] == [bob.pk]


async def test_who_follows_nobody_is_told_nothing(alice, bob):
    async with Socket("/ws/", alice) as watcher, Socket("/ws/", bob):
        await watcher.say(type="watch", topic="online")
        await watcher.next("snapshot")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                while True:
                    assert (await watcher.next(timeout=5))["type"] != "friends"
