"""What operators do: each act asks why, is audited, can be done from a terminal, and only by its role."""

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from accounts.models import Player
from audit.actions import ReasonMissing
from audit.models import AppendOnly, Entry
from audit.trail import record
from leaderboard import boards, keys
from leaderboard.boards import FinishedRun
from leaderboard.errors import BoardClosed
from leaderboard.models import Board, Placement, Run, Season
from leaderboard.reading import standings
from leaderboard.repair import counting, rebuild
from moderation import account_actions as accounts
from moderation import board_actions
from moderation.account_actions import OddAmount
from moderation.board_actions import WrongName
from store.client import Client, client
from store.sync_loop import run_sync
from tests.worker import drain
from wallet import coins

GOOD = "correct horse"


pytestmark = pytest.mark.django_db(transaction=True)


async def submit(player: Player, id: str, points: int, record: str = "{}", started_ms: int = 0) -> None:
    await boards.submit(FinishedRun(id, "fuse", player.pk, player.card, points, started_ms, record))


def top(kind: str = "day") -> list[tuple[int, int]]:
    return [(row.player, row.points) for row in run_sync(standings.top("fuse", kind, 10)).rows]


async def _stream() -> list[tuple[str, dict[str, str]]]:
    return await client().xrange(keys.runs("fuse"))


def _at(at_ms: int):
    """Redis's clock standing at a millisecond."""

    async def time(_: Client) -> tuple[int, int]:
        return at_ms // 1000, at_ms % 1000 * 1000

    return time


class TestTrail:
    def test_it_is_only_ever_added_to(self):
        entry = record("ban", "player", 7, by=None, reason="cheats", before={"x": 1}, after={"x": 2})
        entry.reason = "nothing"
        with pytest.raises(AppendOnly):
            entry.save()
        with pytest.raises(AppendOnly):
            entry.delete()
        assert Entry.objects.get().reason == "cheats"

    def test_the_admin_shows_and_searches_it_and_changes_nothing(self, client):
        olga = Player.objects.create_superuser("Olga", GOOD)
        client.force_login(olga)
        entry = record("ban", "player", 4711, by=olga, reason="cheats")
        record("ban", "player", 4712, by=olga, reason="spam")
        page = client.get("/admin/audit/entry/?q=4711").content.decode()
        assert "cheats" in page
        assert "spam" not in page
        for path in ("add/", f"{entry.pk}/delete/"):
            assert client.get(f"/admin/audit/entry/{path}").status_code == 403
        assert client.post(f"/admin/audit/entry/{entry.pk}/change/", {"reason": "x"}).status_code == 403

    def test_moderation_is_in_it_with_before_and_after(self):
        from moderation import visibility

        bob, olga = Player.objects.create(name="Bob"), Player.objects.create_superuser("Olga", GOOD)
        run_sync(visibility.ban(bob, reason="cheats", by=olga))
        entry = Entry.objects.get()
        assert (entry.action, entry.target_id, entry.by, entry.reason) == ("ban", str(bob.pk), olga, "cheats")
        assert entry.before == {"hidden": False, "may_sign_in": True}
        assert entry.after == {"hidden": True, "may_sign_in": False}


class TestActs:
    def test_coins_are_granted(self, bob):
        assert run_sync(accounts.grant_coins(bob, 50, reason="a prize", by=None)) == 50
        entry = Entry.objects.get()
        assert (entry.before, entry.after) == ({"coins": 0}, {"coins": 50})
        assert run_sync(coins.purse(bob.pk)).balance == 50

    @pytest.mark.parametrize("coins", [0, -5, 10**9])
    def test_an_odd_amount_is_refused(self, bob, coins):
        with pytest.raises(OddAmount):
            run_sync(accounts.grant_coins(bob, coins, reason="a prize", by=None))
        assert not Entry.objects.exists()

    def test_nothing_is_done_without_a_reason(self, bob, board):
        for act in (
            accounts.grant_coins(bob, 5, reason=" ", by=None),
            accounts.revoke_sessions(bob, reason="", by=None),
            board_actions.close_board(board, reason="", by=None),
            board_actions.reset_period(board, "day", board.title, reason="", by=None),
            board_actions.rebuild_board(board, reason="", by=None),
            board_actions.replay_letters(board, reason="", by=None),
        ):
            with pytest.raises(ReasonMissing):
                run_sync(act)
        assert not Entry.objects.exists()

    def test_a_closed_board_takes_no_runs_until_it_is_reopened(self, bob, board):
        run_sync(board_actions.close_board(board, reason="a bug", by=None))
        with pytest.raises(BoardClosed):
            run_sync(submit(bob, "r1", 5))
        run_sync(board_actions.reopen_board(board, reason="mended", by=None))
        run_sync(submit(bob, "r1", 5))
        assert list(Entry.objects.order_by("pk").values_list("action", flat=True)) == ["close_board", "reopen_board"]

    def test_a_run_of_the_very_millisecond_of_a_reset_stood_there_before_it(self, bob, board, monkeypatch):
        run_sync(submit(bob, "r1", 500))
        [(_, fields)] = run_sync(_stream())
        monkeypatch.setattr(Client, "time", _at(int(fields["at_ms"])))
        assert run_sync(board_actions.reset_period(board, "day", "Fuse", reason="an exploit", by=None)) == 1
        assert top("day") == []

    def test_a_reset_empties_one_period_and_archives_it_first(self, bob, board):
        run_sync(submit(bob, "r1", 500))
        run_sync(drain())
        run_sync(submit(bob, "r2", 600))  # Still in the stream.
        assert run_sync(board_actions.reset_period(board, "day", "Fuse", reason="an exploit", by=None)) == 1
        assert top("day") == []
        assert top("week") == [(bob.pk, 600)]
        season = Season.objects.get()
        assert "before reset 1" in season.in_words
        assert [(row.player, row.points) for row in Placement.objects.all()] == [(bob, 600)]
        board.refresh_from_db()
        assert run_sync(rebuild.differences(board)) == []

    def test_after_a_reset_new_runs_count_and_a_rebuild_brings_no_old_ones_back(self, bob, board):
        run_sync(submit(bob, "r1", 500))
        run_sync(board_actions.reset_period(board, "day", "Fuse", reason="an exploit", by=None))
        run_sync(submit(bob, "r2", 100))
        run_sync(drain())
        board.refresh_from_db()
        run_sync(rebuild.rebuild(board))
        assert top("day") == [(bob.pk, 100)]
        assert top("all") == [(bob.pk, 500)]
        run_sync(board_actions.reset_period(board, "day", "Fuse", reason="again", by=None))
        assert top("day") == []
        assert Season.objects.count() == 2

    def test_a_reset_takes_the_title(self, bob, board):
        run_sync(submit(bob, "r1", 500))
        with pytest.raises(WrongName):
            run_sync(board_actions.reset_period(board, "day", "fuse", reason="an exploit", by=None))
        assert top("day") == [(bob.pk, 500)]

    def test_repairs_leave_the_archive_of_a_reset_alone(self, bob, board):
        from moderation import visibility

        run_sync(submit(bob, "r1", 500))
        run_sync(drain())
        run_sync(board_actions.reset_period(board, "day", "Fuse", reason="an exploit", by=None))
        run_sync(visibility.hide_run(Run.objects.select_related("player").get(), reason="x", by=None))
        assert Placement.objects.count() == 1
        assert counting.repair_lock("fuse")


class TestCommand:
    def run(self, *args: str) -> None:
        call_command("operate", *args)

    def test_each_act_of_the_admin_has_its_twin(self, capsys):
        bob = Player.objects.create(name="Bob")
        run_sync(submit(bob, "r1", 500))
        run_sync(drain())
        for args in (
            ["hide-player", "bob"],
            ["restore-player", "Bob"],
            ["ban", "Bob"],
            ["unban", "Bob"],
            ["revoke-sessions", "Bob"],
            ["hide-run", "r1"],
            ["restore-run", "r1"],
            ["grant-coins", "Bob", "--coins", "5"],
            ["close-board", "fuse"],
            ["reopen-board", "fuse"],
            ["rebuild-board", "fuse"],
            ["replay-letters", "fuse"],
            ["reset-period", "fuse", "--kind", "day", "--title", "Fuse"],
        ):
            self.run(*args, "--reason", "a test")
        assert Entry.objects.filter(reason="a test").count() == 13
        capsys.readouterr()
        self.run("export", "fuse", "--kind", "week")
        assert "Bob" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("args", "words"),
        [
            (["ban", "Nobody1", "--reason", "x"], "No player"),
            (["hide-run", "none", "--reason", "x"], "No kept run"),
            (["close-board", "chess", "--reason", "x"], "no board"),
            (["ban", "Bob", "--reason", " "], "Say why"),
            (["reset-period", "fuse", "--kind", "day", "--title", "x", "--reason", "x"], "exactly"),
            (["ban", "Bob"], "--reason"),
        ],
    )
    def test_a_mistake_is_said_in_a_line(self, args, words):
        Player.objects.create(name="Bob")
        with pytest.raises(CommandError, match=words):
            self.run(*args)

    def test_a_role_is_given_and_taken(self, capsys):
        bob = Player.objects.create_user("Bob", GOOD)
        call_command("role", "bob", "Moderator")
        bob.refresh_from_db()
        assert bob.is_staff
        assert bob.has_perm("moderation.add_moderation")
        call_command("role", "Bob", "none")
        bob = Player.objects.get()
        assert not bob.is_staff
        assert not bob.has_perm("moderation.add_moderation")
        assert Entry.objects.filter(action="give_role").count() == 2


class TestAdminActions:
    def act(self, client, model, action, chosen, **fields):
        data = {"action": action, "_selected_action": [chosen.pk], **fields}
        return client.post(f"/admin/{model}/", data, follow=True).content.decode()

    def as_role(self, client, role: str) -> Player:
        staff = Player.objects.create_user("Staff", GOOD, is_staff=True)
        staff.groups.add(Group.objects.get(name=role))
        client.force_login(staff)
        return staff

    def test_an_operator_grants_coins_and_a_moderator_cannot(self, client, bob):
        self.as_role(client, "Moderator")
        self.act(client, "accounts/player", "grant_coins", bob, reason="x", coins=5)
        assert run_sync(coins.purse(bob.pk)).balance == 0
        Player.objects.get(name="Staff").groups.set([Group.objects.get(name="Operator")])
        page = self.act(client, "accounts/player", "grant_coins", bob, reason="x", coins="many")
        assert "Enter a whole number" in page
        self.act(client, "accounts/player", "grant_coins", bob, reason="x", coins=5)
        assert run_sync(coins.purse(bob.pk)).balance == 5
        assert Entry.objects.get().by.name == "Staff"

    def test_a_moderator_signs_a_player_out(self, client, bob):
        from django.test import Client

        other = Client()
        other.force_login(bob)
        self.as_role(client, "Moderator")
        self.act(client, "accounts/player", "revoke_sessions", bob, reason="stolen")
        assert "data-player" not in other.get("/").content.decode()

    def test_a_board_is_reset_with_its_title_typed(self, client, bob):
        run_sync(submit(bob, "r1", 500))
        self.as_role(client, "Operator")
        board = Board.objects.get(pk="fuse")
        self.act(client, "leaderboard/board", "reset_period", board, reason="x", kind="day", typed="Fuze")
        assert top() == [(bob.pk, 500)]
        self.act(client, "leaderboard/board", "reset_period", board, reason="x", kind="day", typed="Fuse")
        assert top() == []


def test_commands_without_a_word_list_what_there_is(capsys):
    call_command("operate")
    assert "hide-run" in capsys.readouterr().out
    call_command("role")
    assert "Nobody has a role yet." in capsys.readouterr().out
    Player.objects.create(name="Bob")
    call_command("role", "Bob", "Moderator")
    capsys.readouterr()
    call_command("role")
    assert capsys.readouterr().out == "Bob: Moderator\n"
    with pytest.raises(CommandError, match="Which role"):
        call_command("role", "Bob")
