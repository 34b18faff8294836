"""What moderators and operators do, in the admin and by commands."""

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Player
from accounts.sessions.engine import SessionStore
from audit.models import Entry
from leaderboard import boards, keys
from leaderboard.boards import FinishedRun
from leaderboard.known_boards import find, period
from leaderboard.models import Run
from leaderboard.reading import standings
from leaderboard.stream import history
from leaderboard.stream.readers import streams
from moderation.models import Moderation
from store.client import blocking, client
from store.stream import GroupReader
from store.sync_loop import run_sync

pytestmark = pytest.mark.django_db(transaction=True)

DAY_MS = 24 * 3600 * 1000


async def submit(player: Player, points: int, id: str, at_ms: int | None = None) -> None:
    await boards.submit(FinishedRun(id, "fuse", player.pk, player.card, points, 0, "{}"), at_ms=at_ms)


async def write_history() -> None:
    connection = blocking(1)
    while await GroupReader(history.GROUP, "w", streams).step(connection, block_ms=None):
        pass
    await connection.aclose()


class TestModeration:
    @pytest.fixture
    def staff(self, client):
        client.force_login(Player.objects.create_superuser("Olga", "correct horse"))
        return client

    @pytest.fixture
    def bob(self):
        bob = Player.objects.create_user("Bob", "correct horse")
        for number, points in enumerate((500, 900)):
            run_sync(submit(bob, points, f"bob{number}"))
        run_sync(write_history())
        return bob

    def points(self, player):
        return run_sync(standings.standing("fuse", "day", player.pk)).points

    def act(self, staff, model, action, *chosen, **fields):
        data = {"action": action, "_selected_action": [each.pk for each in chosen], **fields}
        return staff.post(f"/admin/{model}/", data, follow=True)

    def test_a_reason_is_asked_for_and_kept(self, staff, bob):
        page = self.act(staff, "accounts/player", "hide_player", bob).content.decode()
        assert "Reason (saved in the audit log)" in page
        assert self.points(bob) == 900
        self.act(staff, "accounts/player", "hide_player", bob, reason=" ")
        assert self.points(bob) == 900
        self.act(staff, "accounts/player", "hide_player", bob, reason="a bot")
        assert self.points(bob) is None
        kept = Moderation.objects.get()
        assert (kept.action, kept.reason, kept.by.name, kept.player) == ("hide_player", "a bot", "Olga", bob)
        self.act(staff, "accounts/player", "restore_player", bob, reason="a person")
        assert self.points(bob) == 900
        assert Moderation.objects.count() == 2

    def test_hiding_a_run_lets_the_next_best_count(self, staff, bob):
        best = Run.objects.get(pk="bob1")
        self.act(staff, "leaderboard/run", "hide_run", best, reason="odd")
        assert self.points(bob) == 500
        assert Run.objects.get(pk="bob1").is_hidden
        self.act(staff, "leaderboard/run", "restore_run", best, reason="fine")
        assert self.points(bob) == 900

    def test_a_ban_hides_signs_out_and_keeps_out(self, staff, bob, client):
        from django.test import Client

        his = Client()
        his.post("/accounts/sign-in/", {"name": "Bob", "password": "correct horse"})
        key = his.cookies["sessionid"].value
        self.act(staff, "accounts/player", "ban", bob, reason="threats")
        assert self.points(bob) is None
        assert SessionStore(key).load() == {}
        assert his.post("/accounts/sign-in/", {"name": "Bob", "password": "correct horse"}).status_code == 422
        self.act(staff, "accounts/player", "unban", bob, reason="sorry")
        assert his.post("/accounts/sign-in/", {"name": "Bob", "password": "correct horse"}).status_code == 302
        assert self.points(bob) == 900

    def test_staff_without_the_right_cannot_moderate(self, client, bob):
        from django.contrib.auth.models import Permission

        helper = Player.objects.create(name="Helper", is_staff=True)
        helper.user_permissions.add(Permission.objects.get(codename="view_player"))
        client.force_login(helper)
        self.act(client, "accounts/player", "ban", bob, reason="mischief")
        bob.refresh_from_db()
        assert bob.is_active
        assert self.points(bob) == 900

    def test_a_moderator_cannot_ban_staff_or_themselves(self, client, bob):
        from django.contrib.auth.models import Permission

        boss = Player.objects.create_superuser("Boss", "correct horse")
        helper = Player.objects.create(name="Helper", is_staff=True)
        for codename in ("view_player", "add_moderation"):
            helper.user_permissions.add(Permission.objects.get(codename=codename))
        client.force_login(helper)
        for target in (boss, helper):
            page = self.act(client, "accounts/player", "ban", target, reason="mischief").content.decode()
            assert "Only an owner" in page
            target.refresh_from_db()
            assert target.is_active
        self.act(client, "accounts/player", "ban", bob, reason="fair")
        bob.refresh_from_db()
        assert not bob.is_active

    def test_more_than_two_hundred_at_once_are_refused(self, staff):
        Player.objects.bulk_create([Player(name=f"P{n}") for n in range(201)])
        page = self.act(staff, "accounts/player", "ban", *Player.objects.all()).content.decode()
        assert "more than 200" in page

    def test_what_a_crash_left_undone_is_finished_by_the_worker(self, staff, bob):
        from datetime import UTC, datetime, timedelta

        from leaderboard.models import HiddenPlayer
        from moderation import visibility

        HiddenPlayer.objects.create(player=bob)
        entry = Moderation.objects.create(action="hide_player", player=bob, reason="x", applied=False)
        Moderation.objects.update(at=datetime.now(UTC) - timedelta(minutes=5))
        assert self.points(bob) == 900
        assert run_sync(visibility.finish()) == 1
        assert self.points(bob) is None
        entry.refresh_from_db()
        assert entry.applied

    def test_what_moderators_did_cannot_be_edited(self, staff, bob):
        self.act(staff, "accounts/player", "hide_player", bob, reason="a bot")
        entry = Moderation.objects.get()
        assert staff.post(f"/admin/moderation/moderation/{entry.pk}/change/", {"reason": "x"}).status_code == 403
        assert staff.post(f"/admin/moderation/moderation/{entry.pk}/delete/").status_code == 403

    def test_a_played_boards_order_cannot_be_changed_and_the_form_says_why(self, staff, bob):
        fields = {"title": "Fuse", "order": "asc", "operator": "best", "unit": "points", "format": "points",
                  "points_max": 100, "keeps_all": "on", "champion_weight": 1}  # fmt: skip
        page = staff.post("/admin/leaderboard/board/fuse/change/", fields).content.decode()
        assert "would make them wrong" in page

    def test_it_cannot_be_changed_either_while_its_first_run_is_on_its_way_to_sql(self, staff):
        run_sync(submit(Player.objects.create(name="Bob"), 5, "r1"))
        fields = {"title": "Fuse", "order": "desc", "operator": "total", "unit": "points", "format": "points",
                  "points_max": 100, "keeps_all": "on", "champion_weight": 1}  # fmt: skip
        assert "has standings" in staff.post("/admin/leaderboard/board/fuse/change/", fields).content.decode()

    def test_a_period_that_is_kept_again_counts_what_it_missed(self, staff, bob):
        fields = {"title": "Fuse", "order": "desc", "operator": "best", "unit": "points", "format": "points",
                  "points_max": 100000, "keeps_all": "on", "champion_weight": 1, "is_open": "on"}  # fmt: skip
        staff.post("/admin/leaderboard/board/fuse/change/", fields)
        run_sync(submit(bob, 2000, "r-more"))
        staff.post("/admin/leaderboard/board/fuse/change/", fields | {"keeps_day": "on"})
        assert self.points(bob) == 2000

    def test_dead_letters_are_replayed_from_the_admin(self, staff, bob):
        async def bury():
            await client().xadd(f"{keys.runs('fuse')}:dead", {"run": "x", "_reason": "r", "_group": "g", "_id": "1-1"})

        run_sync(bury())
        page = self.act(staff, "leaderboard/board", "replay_letters", run_sync(find("fuse")), reason="mended")
        assert "1 board retried." in page.content.decode()
        assert Entry.objects.get(action="replay_letters").after == {"letters": 1}


class TestCommands:
    def test_a_rebuild_mends_what_a_check_finds(self, capsys):
        bob = Player.objects.create(name="Bob")
        run_sync(submit(bob, 500, "r1"))
        run_sync(write_history())
        call_command("rebuild_boards", "--check")

        async def spoil():
            today = period(await find("fuse"), "day").id
            await client().zadd(keys.standings("fuse", today), {str(bob.pk): 1.5})

        run_sync(spoil())
        with pytest.raises(CommandError, match="1 standings differ"):
            call_command("rebuild_boards", "--check")
        call_command("rebuild_boards", "--board", "fuse")
        call_command("rebuild_boards", "--check")

    def test_an_unknown_board_is_named_with_those_there_are(self):
        with pytest.raises(CommandError, match="There are: fuse"):
            call_command("rebuild_boards", "--board", "chess")

    def test_dead_letters_are_listed_and_replayed(self, capsys):
        async def bury():
            await client().xadd(
                f"{keys.runs('fuse')}:dead", {"run": "x", "_reason": "broken", "_group": "g", "_id": "1-1"}
            )

        run_sync(bury())
        call_command("dead_letters")
        assert "broken" in capsys.readouterr().out
        call_command("dead_letters", "--replay")
        assert "1 put back" in capsys.readouterr().out
