"""What operators must not be able to do, by mistake or on purpose: to each other, unaudited, twice, or by half."""

import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from accounts import ranks
from accounts.models import Player
from accounts.ranks import LastSuperuser, NotYours
from audit.models import Entry
from leaderboard import boards
from leaderboard.boards import FinishedRun
from leaderboard.models import Board, Placement, Season
from leaderboard.reading import standings
from leaderboard.repair import rebuild
from moderation import account_actions as accounts
from moderation import board_actions, visibility
from moderation.board_actions import NothingToReset
from store.client import StoreUnavailable
from store.lock import LockHeld
from store.server import private
from store.server.binary import NoServer
from store.sync_loop import run_sync
from tests.stack import ROOT, clean_environment
from tests.staff import GOOD, act, staff
from wallet import coins

pytestmark = pytest.mark.django_db(transaction=True)


class TestRanks:
    def test_nobody_acts_on_who_stands_no_lower(self, bob):
        mona, owen, root = staff("Moderator"), staff("Owner"), Player.objects.create_superuser("Olga", GOOD)
        assert [ranks.rank(each) for each in (bob, mona, owen, root)] == [0, 1, 2, 3]
        for by, player in ((mona, owen), (mona, root), (owen, root), (mona, staff("Operator")), (mona, mona)):
            for do in (visibility.ban, visibility.hide_player, accounts.revoke_sessions):
                with pytest.raises(NotYours):
                    run_sync(do(player, reason="x", by=by))
            with pytest.raises(NotYours):
                run_sync(accounts.grant_coins(player, 5, reason="x", by=by))
        assert not Entry.objects.exists()
        run_sync(visibility.ban(mona, reason="left", by=owen))
        assert not Player.objects.get(pk=mona.pk).is_active

    def test_the_last_superuser_cannot_be_locked_out(self):
        root = Player.objects.create_superuser("Olga", GOOD)
        banned = Player.objects.create_superuser("Banned", GOOD)
        Player.objects.filter(pk=banned.pk).update(is_active=False)  # Does not count.
        with pytest.raises(LastSuperuser):
            run_sync(visibility.ban(root, reason="x", by=None))
        with pytest.raises(CommandError):
            call_command("role", "Olga", "none")
        Player.objects.create_superuser("Second", GOOD)
        call_command("role", "Olga", "none")
        root.refresh_from_db()
        assert not root.is_staff
        assert not root.is_superuser
        assert Entry.objects.get().before == {"roles": [], "superuser": True}

    def test_an_owner_makes_no_superuser_and_changes_none(self, client, bob):
        root = Player.objects.create_superuser("Olga", GOOD)
        client.force_login(staff("Owner"))
        form = {"name": "Bob", "country": "", "email": ""}
        client.post(f"/admin/accounts/player/{bob.pk}/change/", {**form, "is_superuser": "on", "is_staff": "on"})
        bob.refresh_from_db()
        assert (bob.is_staff, bob.is_superuser) == (True, False)
        assert client.post(f"/admin/accounts/player/{root.pk}/change/", {**form, "name": "Gone"}).status_code == 403
        new = {"password1": "another horse 1", "password2": "another horse 1", "usable_password": "true"}
        assert client.post(f"/admin/accounts/player/{root.pk}/password/", new).status_code == 403
        root.refresh_from_db()
        assert (root.name, root.is_superuser, root.check_password(GOOD)) == ("Olga", True, True)

    def test_moderators_see_no_mail_address_and_no_dead_link(self, client, bob):
        Player.objects.filter(pk=bob.pk).update(email="bob@secret.example")
        client.force_login(staff("Moderator"))
        page = client.get(f"/admin/accounts/player/{bob.pk}/change/").content.decode()
        assert "secret.example" not in page
        assert "password/" not in page
        found = client.get("/admin/accounts/player/?email__startswith=bob", follow=True)
        assert found.status_code == 400 or "e=1" in found.request["QUERY_STRING"]


class TestAudit:
    def test_what_is_changed_in_a_form_is_in_it(self, client, bob):
        olga = Player.objects.create_superuser("Olga", GOOD)
        client.force_login(olga)
        form = {"name": "Bob", "country": "FR", "email": "b@secret.example", "is_staff": "on"}
        client.post(f"/admin/accounts/player/{bob.pk}/change/", form)
        entry = Entry.objects.get()
        assert (entry.action, entry.by, entry.target_id) == ("change_player", olga, str(bob.pk))
        assert (entry.before["is_staff"], entry.after["is_staff"]) == (False, True)
        assert "secret.example" not in str([entry.before, entry.after])
        new = {"password1": "another horse 1", "password2": "another horse 1", "usable_password": "true"}
        client.post(f"/admin/accounts/player/{bob.pk}/password/", new)
        assert Entry.objects.first().action == "set_password"

    def test_no_form_bans_and_none_opens_a_board(self, client, bob, board):
        client.force_login(Player.objects.create_superuser("Olga", GOOD))
        Board.objects.update(is_open=False)
        client.post(f"/admin/accounts/player/{bob.pk}/change/", {"name": "Bob", "country": ""})
        assert Player.objects.get(pk=bob.pk).is_active  # A missing box is no ban.
        page = client.get(f"/admin/leaderboard/board/{board.pk}/change/").content.decode()
        assert 'name="is_open"' not in page

    def test_a_form_that_lay_open_undoes_nothing(self, client, board):
        client.force_login(staff("Operator"))
        form = {"title": "New"}
        for name in ("keeps_day", "keeps_week", "keeps_month", "keeps_all"):
            form[name] = "on"
        for name in ("order", "operator", "points_max", "unit", "format", "champion_weight"):
            form[name] = getattr(board, name)
        run_sync(board_actions.close_board(board, reason="x", by=None))
        Board.objects.update(resets={"day:2026-11-24": 5})
        client.post(f"/admin/leaderboard/board/{board.pk}/change/", form)
        board.refresh_from_db()
        assert (board.title, board.is_open, board.resets) == ("New", False, {"day:2026-11-24": 5})
        entry = Entry.objects.first()
        assert (entry.action, entry.before, entry.after) == ("change_board", {"title": "Fuse"}, {"title": "New"})

    def test_the_list_reads_as_a_sentence(self, client, bob):
        client.force_login(Player.objects.create_superuser("Olga", GOOD))
        run_sync(visibility.ban(bob, reason="cheats", by=None))
        page = client.get("/admin/audit/entry/").content.decode()
        assert "may_sign_in True → False" in page
        assert f'href="/admin/accounts/player/{bob.pk}/change/"' in page
        assert "terminal" in page


class TestTwiceOrHalf:
    def test_one_form_gives_coins_once(self, client, bob):
        client.force_login(staff("Operator"))
        for _ in range(3):
            act(client, "accounts/player", "grant_coins", bob, reason="x", coins=5, token="form1")
        assert run_sync(coins.purse(bob.pk)).balance == 5
        act(client, "accounts/player", "grant_coins", bob, reason="x", coins=5, token="form2")
        assert run_sync(coins.purse(bob.pk)).balance == 10

    def test_what_is_not_known_is_not_told_as_done(self, client, bob, monkeypatch):
        client.force_login(staff("Operator"))

        async def away(*_):
            raise StoreUnavailable("no answer")

        monkeypatch.setattr(accounts, "move", away)
        page = act(client, "accounts/player", "grant_coins", bob, reason="x", coins=5, token="form1")
        assert "not known whether it was done" in page
        assert "done.</li>" not in page.replace("it was done.", "")
        assert 'value="form1"' in page  # The form comes back as it was.

    def test_an_act_that_fails_shows_its_form_again(self, client, board, bob):
        run_sync(boards.submit(FinishedRun("r1", "fuse", bob.pk, bob.card, 5, 0, "{}")))
        client.force_login(staff("Operator"))
        page = act(client, "leaderboard/board", "reset_period", board, reason="an exploit", kind="day", typed="fuze")
        assert "Type the board’s title exactly" in page
        assert 'value="an exploit"' in page
        assert "0 done" not in page

    def test_a_second_click_resets_nothing(self, bob, board):
        run_sync(boards.submit(FinishedRun("r1", "fuse", bob.pk, bob.card, 5, 0, "{}")))
        run_sync(board_actions.reset_period(board, "day", "Fuse", reason="x", by=None))
        with pytest.raises(NothingToReset):
            run_sync(board_actions.reset_period(board, "day", "Fuse", reason="x", by=None))
        assert Season.objects.count() == 1

    def test_a_reset_that_broke_off_in_its_archive_goes_on_with_it(self, bob, board, monkeypatch):
        from leaderboard.seasons import closing

        run_sync(boards.submit(FinishedRun("r1", "fuse", bob.pk, bob.card, 5, 0, "{}")))
        own = closing._finish
        monkeypatch.setattr(closing, "_finish", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run_sync(board_actions.reset_period(board, "day", "Fuse", reason="x", by=None))
        monkeypatch.setattr(closing, "_finish", own)
        run_sync(board_actions.reset_period(board, "day", "Fuse", reason="x", by=None))
        assert [season.closed_at is not None for season in Season.objects.all()] == [True]
        assert Placement.objects.count() == 1

    def test_a_reset_archives_one_moment_while_players_climb(self, board, monkeypatch):
        from leaderboard.seasons import archive

        monkeypatch.setattr(archive, "BATCH", 5)
        players = [Player.objects.create(name=f"p{n}") for n in range(20)]
        for number, player in enumerate(players):
            run_sync(boards.submit(FinishedRun(f"r{number}", "fuse", player.pk, player.card, 100 - number, 0, "{}")))
        own, climbed = archive.rows, []

        def climbing(*arguments, **options):
            last = players[-1 - len(climbed)]
            climbed.append(last)
            run_sync(boards.submit(FinishedRun(f"c{last.pk}", "fuse", last.pk, last.card, 10_000, 0, "{}")))
            return own(*arguments, **options)

        monkeypatch.setattr(archive, "rows", climbing)
        assert run_sync(board_actions.reset_period(board, "day", "Fuse", reason="x", by=None)) == 20
        assert len(climbed) == 4
        assert sorted(Placement.objects.values_list("player", flat=True)) == sorted(each.pk for each in players)

    def test_a_reset_is_remembered_when_another_follows(self, bob, board):
        run_sync(boards.submit(FinishedRun("r1", "fuse", bob.pk, bob.card, 5, 0, "{}")))
        Board.objects.update(resets={"day:2020-01-01": 7})
        run_sync(board_actions.reset_period(board, "week", "Fuse", reason="x", by=None))
        board.refresh_from_db()
        assert board.resets["day:2020-01-01"] == 7
        assert len(board.resets) == 2

    def test_a_rebuild_that_is_held_up_is_not_promised(self, client, bob, board, monkeypatch):
        run_sync(boards.submit(FinishedRun("r1", "fuse", bob.pk, bob.card, 5, 0, "{}")))
        client.force_login(staff("Operator"))

        async def held(*_):
            raise LockHeld("repair:fuse")

        monkeypatch.setattr(rebuild, "rebuild", held)
        page = act(client, "leaderboard/board", "reset_period", board, reason="x", kind="day", typed="Fuse")
        assert "rebuild the board from SQL" in page
        monkeypatch.undo()
        board.refresh_from_db()
        run_sync(board_actions.rebuild_board(board, reason="after it", by=None))
        assert run_sync(standings.top("fuse", "day", 5)).rows == []


def test_a_prefix_is_a_plain_word(tmp_path):
    environment = clean_environment(DATA_DIR=str(tmp_path), REDIS_PREFIX="g*")
    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode
    assert "REDIS_PREFIX" in done.stderr


def test_nobody_starts_on_what_is_half_restored(tmp_path):
    private.restoring(tmp_path).write_text("the former state")
    with pytest.raises(NoServer, match=r"broke off.*the former state"):
        private.own(tmp_path)
    with private.own(tmp_path, to_restore=True):
        pass
