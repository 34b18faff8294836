"""What reviewers did to accounts, and races that a clock decides: each once got through."""

import pytest

from accounts.models import Player
from accounts.sign_in.forms import NewPlayerForm, RenameForm, SettingsForm
from achievements.models import Award
from games import ranking, runs
from games.game import find
from leaderboard import boards
from leaderboard.boards import FinishedRun
from leaderboard.errors import PlayerHidden
from leaderboard.models import Board, Placement, Season
from leaderboard.reading import standings
from leaderboard.repair import guest_runs, rebuild
from leaderboard.repair.guest_runs import NotToBring
from moderation import visibility
from people import deletion, guest_merge
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


async def agree() -> bool:
    return await rebuild.differences(await Board.objects.aget(pk="fuse")) == []


@pytest.fixture
async def guest():
    return await Player.objects.acreate(name="swift-otter-4821", is_guest=True)


@pytest.fixture
async def bob():
    return await Player.objects.acreate(name="Bob")


class TestCoins:
    def test_a_used_request_buys_and_wears_no_other_item(self, client):
        player = Player.objects.create_user("Rich", GOOD)
        run_sync(coins.move(Movement(player.pk, 100, "a gift", "gift")))
        client.force_login(player)
        for item in ("frame-ring", "frame-crown"):
            client.post("/shop/buy/", {"item": item, "request": "0123456789abcdef"})
        player.refresh_from_db()
        assert player.avatar_frame == "frame-ring"
        assert run_sync(coins.purse(player.pk)) == coins.Purse(20, frozenset({"frame-ring"}))

    async def test_guests_farm_no_achievement_for_an_account(self, bob):
        await submit(bob, "b0", 1)
        await drain()
        gained = []
        for number in range(3):
            guest = await Player.objects.acreate(name=f"farm-otter-{number}", is_guest=True)
            await submit(guest, f"g{number}", 100 * (number + 1))
            await drain()
            before = (await coins.purse(bob.pk)).balance
            await guest_merge.bring(guest, bob)
            await guest_merge.finish(0)
            gained.append((await coins.purse(bob.pk)).balance - before)
        assert gained == [1, 2, 2]  # What the runs themselves paid.

    async def test_a_run_without_points_pays_nothing(self, bob):
        for number in range(12):
            await submit(bob, f"z{number}", 0)
        await drain()
        assert (await coins.purse(bob.pk)).balance == 0
        assert not await Award.objects.aexists()


class TestBringing:
    @pytest.mark.parametrize("way", ["hide_player", "ban"])
    async def test_nobody_brings_what_moderators_took_off(self, guest, bob, way):
        await submit(guest, "g1", 99_999)
        await drain()
        await getattr(visibility, way)(guest, reason="cheats", by=None)
        guest = await Player.objects.aget(pk=guest.pk)
        with pytest.raises(NotToBring):
            await guest_merge.bring(guest, bob)
        assert await top() == []
        assert not await guest_merge.has_something(guest)

    async def test_a_member_is_not_brought_along(self, bob):
        member = await Player.objects.acreate(name="Member")
        with pytest.raises(NotToBring):
            await guest_merge.bring(member, bob)

    async def test_a_run_that_ends_after_it_is_refused_not_ranked(self, guest, bob):
        await guest_runs.begin(guest, bob)
        with pytest.raises(PlayerHidden):
            await submit(guest, "late", 777)
        assert await agree()

    async def test_the_last_run_is_offered_before_the_worker_has_seen_it(self, guest):
        await submit(guest, "g1", 5)
        assert await guest_merge.has_something(guest)

    async def test_an_account_that_leaves_takes_what_was_on_its_way_along(self, guest, bob):
        await submit(guest, "g1", 900)
        await guest_merge.bring(guest, bob)
        await deletion.delete(bob)
        await drain()
        assert not await Player.objects.filter(is_gone=False).aexists()
        assert await top() == []
        assert await agree()

    async def test_only_seasons_of_the_guest_are_written_anew(self, guest, bob):
        board = await Board.objects.aget(pk="fuse")
        from datetime import UTC, datetime, timedelta

        ended = datetime.now(UTC) - timedelta(days=3)
        season = await Season.objects.acreate(
            board=board, period="day:2020-01-01", kind="day", ends_at=ended, closed_at=ended
        )
        await Placement.objects.acreate(season=season, rank=1, player=bob, points=5, reached_at=ended)
        await submit(guest, "g1", 900)
        await drain()
        await guest_merge.bring(guest, bob)
        await guest_merge.finish(0)
        # A rewrite would have emptied it: no run of that day is kept.
        assert await Placement.objects.filter(season=season, player=bob).aexists()

    async def test_coins_that_come_to_the_guest_meanwhile_follow(self, guest, bob):
        await submit(guest, "g1", 900)
        await drain()
        await guest_merge.bring(guest, bob)
        await coins.move(Movement(guest.pk, 50, "paid in flight", "late"))
        before = (await coins.purse(bob.pk)).balance
        assert await guest_merge.finish(0) == 1
        assert (await coins.purse(bob.pk)).balance == before + 50


class TestStaleForms:
    def test_a_ban_during_a_sign_up_stays(self, client):
        guest = Player.objects.create_guest()
        form = NewPlayerForm({"name": "Newname", "password": GOOD}, instance=Player.objects.get(pk=guest.pk))
        assert form.is_valid()
        run_sync(visibility.ban(guest, reason="cheats", by=None))
        form.save_or_refuse()
        assert not Player.objects.get(pk=guest.pk).is_active

    def test_a_ban_during_a_change_of_settings_stays(self):
        player = Player.objects.create_user("Bob", GOOD)
        form = SettingsForm({"visibility": "nobody"}, instance=Player.objects.get(pk=player.pk))
        assert form.is_valid()
        run_sync(visibility.ban(player, reason="cheats", by=None))
        form.save_or_refuse()
        kept = Player.objects.get(pk=player.pk)
        assert (kept.is_active, kept.visibility) == (False, "nobody")

    @pytest.mark.parametrize("kind", ["sign up", "rename", "settings"])
    def test_a_deleted_account_does_not_come_back(self, kind):
        guest = Player.objects.create_guest()
        if kind == "sign up":
            form = NewPlayerForm({"name": "Newname", "password": GOOD}, instance=Player.objects.get(pk=guest.pk))
        elif kind == "settings":
            form = SettingsForm({"visibility": "nobody"}, instance=Player.objects.get(pk=guest.pk))
        else:
            form = RenameForm({"name": "Newname"}, instance=Player.objects.get(pk=guest.pk))
        assert form.is_valid()
        run_sync(deletion.delete(guest))
        assert form.save_or_refuse() is None
        assert form.errors
        assert not Player.objects.exists()

    def test_of_renames_at_once_one_succeeds(self):
        player = Player.objects.create_user("Bob", GOOD)
        forms = [RenameForm({"name": f"Bobby{n}"}, instance=Player.objects.get(pk=player.pk)) for n in range(3)]
        assert all(form.is_valid() for form in forms)
        assert [form.save_or_refuse() is not None for form in forms] == [True, False, False]
        assert "again on" in str(forms[1].errors)
        assert Player.objects.get().name == "Bobby0"

    async def test_a_stale_guest_who_has_just_become_a_member_stays(self, guest, monkeypatch):
        from datetime import UTC, datetime, timedelta

        await Player.objects.filter(pk=guest.pk).aupdate(joined_at=datetime.now(UTC) - timedelta(days=60))
        own = deletion._begin

        async def first_a_sign_up(chosen):
            await Player.objects.filter(pk=guest.pk).aupdate(is_guest=False)
            return await own(chosen)

        monkeypatch.setattr(deletion, "_begin", first_a_sign_up)
        assert await deletion.remove_stale_guests() == 0
        assert await Player.objects.filter(pk=guest.pk, is_active=True).aexists()


class TestDeletion:
    async def test_boards_and_history_agree_afterwards_and_a_rebuild_brings_nobody_back(self, bob):
        carol = await Player.objects.acreate(name="Carol")
        await submit(bob, "b1", 900)
        await submit(carol, "c1", 500)
        await drain()
        await deletion.delete(bob)
        assert await agree()
        await rebuild.rebuild(await Board.objects.aget(pk="fuse"))
        assert await top() == [(carol.pk, 500)]

    async def test_a_run_in_hand_is_not_ranked(self, bob):
        run = await runs.begin(find("fuse"), bob.pk)
        for input in ("left", "down", "right", "up"):
            run = await runs.move(run, input) or run
        ended = await runs.end(run)
        await deletion.delete(bob)
        with pytest.raises(runs.UnknownRun):
            await ranking.rank(ended, bob.card)
        assert await top() == []

    async def test_a_run_that_ends_meanwhile_is_refused(self, bob):
        await Player.objects.filter(pk=bob.pk).aupdate(is_active=False)
        await deletion._begin(Player.objects.filter(pk=bob.pk))
        with pytest.raises(PlayerHidden):
            await submit(bob, "late", 777)

    async def test_coins_of_nobody_are_found(self):
        from wallet import ledger

        await coins.move(Movement(987_654, 50, "paid in flight", "late"))
        assert await ledger.differences() == ["player 987654: 50 coins, and no such player"]

    def test_what_former_staff_did_in_the_admin_stays(self):
        from django.contrib.admin.models import CHANGE, LogEntry
        from django.contrib.contenttypes.models import ContentType

        olga = Player.objects.create_user("Olga", GOOD)
        kind = ContentType.objects.get_for_model(Board)
        LogEntry.objects.create(user=olga, content_type=kind, object_id="fuse", object_repr="Fuse", action_flag=CHANGE)
        run_sync(deletion.delete(olga))
        entry = LogEntry.objects.get()
        assert entry.user.is_gone
        assert entry.object_repr == "Fuse"
