"""A guest's runs go to the account that the same browser signs in to."""

import asyncio

import pytest
from django.test import Client

from accounts.models import Follow, Player
from achievements.models import Award
from achievements.rules import coins_for
from leaderboard import boards
from leaderboard.boards import FinishedRun
from leaderboard.models import Board, Merge, Run
from leaderboard.reading import standings
from leaderboard.repair.guest_runs import BroughtAlready
from leaderboard.repair.rebuild import differences
from people import guest_merge
from store.client import client as redis
from store.sync_loop import run_sync
from tests.worker import drain
from wallet import coins
from wallet.coins import Movement

GOOD = "correct horse"

pytestmark = pytest.mark.django_db(transaction=True)


async def submit(player: Player, id: str, points: int) -> None:
    await boards.submit(FinishedRun(id, "fuse", player.pk, player.card, points, 0, "{}"))


async def top() -> list[tuple[int, int]]:
    return [(row.player, row.points) for row in (await standings.top("fuse", "all", 10)).rows]


@pytest.fixture
async def pair():
    guest = await Player.objects.acreate(name="swift-otter-4821", is_guest=True)
    return guest, await Player.objects.acreate(name="Bob")


class TestBringing:
    async def test_runs_coins_awards_and_follows_come_along(self, pair):
        guest, bob = pair
        other = await Player.objects.acreate(name="Carol")
        await submit(guest, "g1", 900)
        await submit(bob, "b1", 500)
        await drain()
        await Follow.objects.acreate(follower=guest, followed=other)
        await coins.move(Movement(guest.pk, 100, "a gift", "gift"))
        await coins.buy(guest.pk, bring_item(), "r1")
        before = (await coins.purse(guest.pk)).balance + (await coins.purse(bob.pk)).balance
        await guest_merge.bring(guest, bob)
        assert await top() == [(bob.pk, 900)]
        assert await guest_merge.finish(0) == 1
        assert [row.card.name for row in (await standings.top("fuse", "all", 10)).rows] == ["Bob"]
        assert {run.player_id async for run in Run.objects.all()} == {bob.pk}
        assert not await Player.objects.filter(pk=guest.pk).aexists()
        purse = await coins.purse(bob.pk)
        # Both had made their first steps: what the guest got for them does not come along.
        assert purse == coins.Purse(before - coins_for(["first-run"]), frozenset({bring_item().slug}))
        assert await Follow.objects.filter(follower=bob, followed=other).aexists()
        merge = await Merge.objects.aget()
        assert (merge.guest_id, merge.guest_name, merge.player_id, merge.runs, merge.applied) == (
            guest.pk,
            guest.name,
            bob.pk,
            1,
            True,
        )
        assert await differences(await Board.objects.aget(pk="fuse")) == []

    async def test_a_run_that_is_still_on_its_way_counts_at_once_and_arrives(self, pair):
        guest, bob = pair
        await submit(guest, "g1", 900)
        await guest_merge.bring(guest, bob)
        assert await top() == [(bob.pk, 900)]
        assert await guest_merge.finish(0) == 0  # Nothing has reached SQL.
        await drain()
        assert (await Run.objects.aget()).player_id == bob.pk
        assert await guest_merge.finish(0) == 1
        assert await top() == [(bob.pk, 900)]
        assert not await Player.objects.filter(pk=guest.pk).aexists()
        # What the stream still holds of the guest is the member's in every repair.
        assert await differences(await Board.objects.aget(pk="fuse")) == []
        assert await Award.objects.filter(player=bob, slug="first-run").aexists()

    async def test_asking_many_times_at_once_brings_once(self, pair):
        guest, bob = pair
        for n in range(3):
            await submit(guest, f"g{n}", 100 * n)
        await drain()
        before = (await coins.purse(guest.pk)).balance
        await asyncio.gather(*(guest_merge.bring(guest, bob) for _ in range(5)), return_exceptions=True)
        await guest_merge.finish(0)
        assert await Run.objects.filter(player=bob).acount() == 3
        assert (await coins.purse(bob.pk)).balance == before
        assert (await Merge.objects.aget()).runs == 3

    async def test_a_guests_runs_go_to_one_account_only(self, pair):
        guest, bob = pair
        carol = await Player.objects.acreate(name="Carol")
        await submit(guest, "g1", 900)
        await guest_merge.bring(guest, bob)
        with pytest.raises(BroughtAlready):
            await guest_merge.bring(guest, carol)
        assert await top() == [(bob.pk, 900)]

    async def test_nothing_of_the_guest_is_left_in_redis(self, pair):
        guest, bob = pair
        await Player.objects.filter(pk=guest.pk).adelete()
        guest = await Player.objects.acreate(pk=7_654_321, name=guest.name, is_guest=True)
        await submit(guest, "g1", 900)
        await drain()
        await guest_merge.bring(guest, bob)
        await guest_merge.finish(0)
        names = await redis().keys("*")
        assert not [name for name in names if "7654321" in name]


def bring_item():
    from wallet import shop

    return shop.find("frame-ring")


class TestPage:
    @pytest.fixture
    def guest(self, client):
        client.post("/play/fuse/")
        guest = Player.objects.get()
        run_sync(submit(guest, "g1", 900))
        run_sync(drain())
        return guest

    @pytest.fixture
    def bob(self):
        return Player.objects.create_user("Bob", GOOD)

    def sign_in(self, client):
        return client.post("/accounts/sign-in/", {"name": "Bob", "password": GOOD, "next": "/boards/"})

    def test_signing_in_asks_and_yes_brings(self, client, guest, bob):
        asked = self.sign_in(client)
        assert asked.headers["Location"] == "/accounts/bring/?next=%2Fboards%2F"
        page = client.get(asked.headers["Location"]).content.decode()
        assert guest.name in page
        assert "1 run" in page
        answer = client.post("/accounts/bring/", {"bring": "1", "next": "/boards/"})
        assert answer.headers["Location"] == "/boards/"
        assert run_sync(top()) == [(bob.pk, 900)]

    def test_no_leaves_them_and_asks_no_more(self, client, guest, bob):
        self.sign_in(client)
        client.post("/accounts/bring/", {"leave": "1"})
        assert run_sync(top()) == [(guest.pk, 900)]
        assert client.get("/accounts/bring/").headers["Location"] == "/"
        client.post("/accounts/bring/", {"bring": "1"})
        assert run_sync(top()) == [(guest.pk, 900)]

    def test_a_guest_who_never_finished_a_run_is_not_asked_about(self, client, bob):
        client.post("/play/fuse/")
        asked = self.sign_in(client)
        assert client.get(asked.headers["Location"]).headers["Location"] == "/boards/"

    def test_nobody_can_name_a_guest_of_their_choice(self, client, guest, bob):
        mallory = Client()
        Player.objects.create_user("Mallory", GOOD)
        mallory.post("/accounts/sign-in/", {"name": "Mallory", "password": GOOD})
        mallory.post("/accounts/bring/", {"bring": "1", "guest": guest.pk})
        mallory.post(f"/accounts/bring/?guest={guest.pk}", {"bring": "1"})
        assert run_sync(top()) == [(guest.pk, 900)]

    def test_a_guest_who_became_a_member_meanwhile_is_not_given_away(self, client, guest, bob):
        self.sign_in(client)
        Player.objects.filter(pk=guest.pk).update(is_guest=False, name="Member")
        client.post("/accounts/bring/", {"bring": "1"})
        assert run_sync(top()) == [(guest.pk, 900)]
