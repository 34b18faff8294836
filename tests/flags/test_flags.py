"""Feature flags: sticky shares, bitmaps that say what the definition says, and what stands behind them."""

import asyncio

import pytest
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection
from django.template import Context, Template
from django.test import RequestFactory
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Player
from flags import assignment, flags, keys
from flags.models import Experiment, Flag
from store.client import client as redis
from store.sync_loop import run_sync

SLUGS = st.from_regex(r"[a-z][a-z0-9-]{0,30}", fullmatch=True)


@pytest.fixture
def dense_ids():
    """Ids start low, as on a site: another test may have made a player with a huge one."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_by_name_sql(
            no_style(), [{"table": Player._meta.db_table, "column": "id"}]
        ):
            cursor.execute(statement)


class TestAssignment:
    @given(SLUGS, st.integers(1, 10**7), st.integers(0, 100), st.integers(0, 100))
    def test_a_larger_share_holds_everybody_of_a_smaller_one(self, slug, player, one, other):
        small, large = sorted((one, other))
        assert assignment.is_in(slug, player, large) or not assignment.is_in(slug, player, small)

    @given(SLUGS, st.integers(1, 10**7))
    def test_nobody_is_in_nothing_and_everybody_in_all(self, slug, player):
        assert not assignment.is_in(slug, player, 0)
        assert assignment.is_in(slug, player, 100)

    @pytest.mark.parametrize("percentage", [1, 10, 30, 50])
    def test_a_share_is_about_that_share(self, percentage):
        count = sum(assignment.is_in("a-flag", player, percentage) for player in range(1, 20_001))
        assert abs(count / 200 - percentage) < 1.5

    def test_two_flags_choose_independently(self):
        both = sum(
            assignment.is_in("one", player, 50) and assignment.is_in("two", player, 50) for player in range(1, 20_001)
        )
        assert abs(both / 200 - 25) < 1.5

    @given(SLUGS, st.integers(1, 200), st.integers(0, 100))
    @settings(max_examples=50)
    def test_the_bitmap_is_the_assignment(self, slug, highest, percentage):
        bits = assignment.bitmap(slug, highest, 0, percentage)
        assert len(bits) == highest // 8 + 1
        for player in range(highest + 1):
            is_set = bool(bits[player // 8] & 128 >> player % 8)
            assert is_set == (player > 0 and assignment.is_in(slug, player, percentage))

    def test_bits_beyond_the_highest_are_clear(self):
        assert assignment.all_set(9) == bytes([255, 192])
        assert assignment.some_set([1, 8]) == bytes([64, 128])
        assert assignment.some_set([]) == bytes([0])


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("dense_ids")
class TestFlags:
    @pytest.fixture
    def players(self):
        return [Player.objects.create(name=f"player{n}") for n in range(40)]

    def flag(self, slug: str = "shiny", **fields) -> Flag:
        flag = Flag.objects.create(slug=slug, description="Something new.", **fields)
        flags.forget()
        return flag

    def is_on(self, player: Player | None) -> bool:
        return run_sync(flags.on("shiny", player))

    @pytest.mark.parametrize("written", [True, False])
    @pytest.mark.parametrize("state", ["off", "everyone", "percentage", "chosen"])
    def test_the_bitmap_and_the_definition_answer_alike(self, players, state, written):
        flag = self.flag(state=state, percentage=30)
        flag.players.set(players[:3])
        expected = {
            "off": set(),
            "everyone": set(players),
            "percentage": {each for each in players if assignment.is_in("shiny", each.pk, 30)},
            "chosen": set(players[:3]),
        }[state]
        if written:
            run_sync(flags.write(flag))
            everybody = range(1, players[-1].pk + 1)
            share = sum(assignment.is_in("shiny", pk, 30) for pk in everybody)
            counts = {"off": 0, "everyone": len(everybody), "percentage": share, "chosen": 3}
            assert run_sync(flags.count("shiny")) == counts[state]
        assert {each for each in players if self.is_on(each)} == expected
        assert self.is_on(None) == (state == "everyone")

    def test_the_kill_switch_wins(self, players):
        flag = self.flag(state="everyone", is_killed=True)
        run_sync(flags.write(flag))
        assert not any(self.is_on(each) for each in players)

    def test_a_change_counts_at_once_and_keeps_who_was_in(self, players):
        flag = self.flag(state="percentage", percentage=10)
        run_sync(flags.write(flag))
        before = {each.pk for each in players if self.is_on(each)}
        run_sync(flags.change(flag, percentage=60))
        after = {each.pk for each in players if self.is_on(each)}
        assert before < after
        run_sync(flags.change(flag, is_killed=True))
        assert not any(self.is_on(each) for each in players)

    def test_a_new_player_gets_their_bit_as_they_come(self, players):
        flag = self.flag(state="everyone")
        run_sync(flags.write(flag))
        late = Player.objects.create(name="Latecomer")
        assert run_sync(bit(late.pk))
        assert self.is_on(late)

    def test_whoever_comes_while_the_bits_are_worked_out_gets_theirs(self, players, monkeypatch):
        flag = self.flag(state="percentage", percentage=100)

        async def before_the_last_three_came() -> int:
            return players[-4].pk

        monkeypatch.setattr(flags, "highest_id", before_the_last_three_came)
        run_sync(flags.write(flag))
        assert all(run_sync(bit(player.pk)) for player in players)

    def test_an_unknown_flag_is_off(self, players):
        assert not run_sync(flags.on("no-such", players[0]))

    def test_every_flag_of_a_request_is_one_round_trip(self, players, monkeypatch):
        for n in range(20):
            Flag.objects.create(slug=f"flag-{n}", description="x", state="everyone")
        run_sync(flags.write_missing())
        run_sync(flags.of(players[0]))
        trips = []
        from store.nodes.single import Pipeline

        own = Pipeline.execute

        async def counting(self, *args, **options):
            trips.append(len(self))
            return await own(self, *args, **options)

        monkeypatch.setattr(Pipeline, "execute", counting)
        found = run_sync(flags.of(players[0]))
        assert len(trips) == 1
        assert {f"flag-{n}" for n in range(20)} <= found

    def test_while_redis_is_away_the_definitions_answer(self, players, settings, tmp_path):
        self.flag(state="everyone")
        killed = self.flag("dull", state="everyone", is_killed=True)
        chosen = self.flag("rare", state="chosen")
        chosen.players.add(players[0])
        half = self.flag("half", state="percentage", percentage=50)
        before = [run_sync(flags.of(player)) for player in players]
        settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
        assert [run_sync(flags.of(player)) for player in players] == before
        assert "shiny" in before[0]
        assert "rare" in before[0]
        assert "rare" not in before[1]
        assert killed.slug not in before[0]
        assert {half.slug in each for each in before} <= {True, False}

    def test_missing_bitmaps_are_written_once(self, players):
        self.flag(state="everyone")
        assert run_sync(flags.write_missing()) >= 1
        assert run_sync(flags.write_missing()) == 0

    async def test_two_who_write_at_once_leave_the_newest(self):
        flag = await Flag.objects.acreate(slug="shiny", description="x", state="percentage", percentage=50)
        await Player.objects.acreate(name="Somebody1")
        await asyncio.gather(*(flags.change(flag, percentage=share) for share in (10, 0, 100)))
        await flag.arefresh_from_db()
        assert await redis().hget(keys.written(), "shiny") == str(flag.revision)
        highest = await flags.highest_id()
        expected = assignment.bitmap("shiny", highest, 0, flag.percentage).count(b"\xff") >= 0
        assert expected
        assert await flags.on("shiny", await Player.objects.aget(pk=highest)) == assignment.is_in(
            "shiny", highest, flag.percentage
        )

    def test_the_command_lists_and_changes(self, players, capsys):
        self.flag(state="off")
        call_command("flag", "shiny", "--state", "percentage", "--percentage", "100", "--reason", "try it")
        assert "shiny: percentage 100 %" in capsys.readouterr().out
        assert all(self.is_on(each) for each in players)
        call_command("flag", "shiny", "--kill")
        assert "shiny: killed, 0 players" in capsys.readouterr().out


async def bit(player: int) -> int:
    return await redis().getbit(keys.bits("shiny"), player)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("dense_ids")
class TestExperiments:
    def test_arms_exclude_each_other_and_nobody_changes_sides_as_they_grow(self):
        players = [Player.objects.create(name=f"player{n}") for n in range(60)]
        experiment = Experiment.objects.create(slug="ab", description="x", percentage=40, is_running=True)
        run_sync(flags.write_experiment(experiment))
        small = {each.pk: run_sync(flags.arm("ab", each)) for each in players}
        assert set(small.values()) == {"a", "b", None}
        Experiment.objects.update(percentage=100)
        run_sync(flags.write_experiment(experiment))
        large = {each.pk: run_sync(flags.arm("ab", each)) for each in players}
        assert set(large.values()) == {"a", "b"}
        assert all(large[pk] == arm for pk, arm in small.items() if arm)

    def test_who_was_shown_an_arm_is_counted_once(self):
        players = [Player.objects.create(name=f"player{n}") for n in range(10)]
        experiment = Experiment.objects.create(slug="ab", description="x", is_running=True)
        run_sync(flags.write_experiment(experiment))
        for _ in range(3):
            for each in players:
                run_sync(flags.arm("ab", each))

        async def exposed() -> int:
            return sum([await redis().pfcount(keys.exposed("ab", arm)) for arm in flags.ARMS])

        assert run_sync(exposed()) == 10

    def test_players_see_their_arm_of_the_shipped_one(self, client):
        player = Player.objects.create(name="Somebody2")
        client.force_login(player)
        below = client.get("/play/fuse/").content.decode()
        Experiment.objects.filter(slug="hint-first").update(is_running=True)
        run_sync(flags.write_missing(anew=True))
        above = client.get("/play/fuse/").content.decode()
        is_above = above.index("play-how") < above.index("play-stage")
        assert below.index("play-how") > below.index("play-stage")
        assert is_above == (run_sync(flags.arm("hint-first", player)) == "b")
        while run_sync(flags.arm("hint-first", player)) != "b":
            player = Player.objects.create(name=f"Somebody{player.pk + 9}")
            client.force_login(player)
        above = client.get("/play/fuse/").content.decode()
        assert above.index("play-how") < above.index("play-stage")

    def test_nothing_runs_that_is_not_running(self):
        player = Player.objects.create(name="Somebody1")
        Experiment.objects.create(slug="ab", description="x")
        assert run_sync(flags.arm("ab", player)) is None
        assert run_sync(flags.arm("no-such", player)) is None
        assert run_sync(flags.arm("ab", None)) is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("dense_ids")
class TestBehindAFlag:
    def test_the_template_tag(self):
        template = Template(
            '{% load flags %}{% flag "shiny" %}new{% else %}old{% endflag %}{% flag "x" %}!{% endflag %}'
        )
        request = RequestFactory().get("/")
        request.flags = frozenset({"shiny"})
        assert template.render(Context({"request": request})) == "new"
        request.flags = frozenset()
        assert template.render(Context({"request": request})) == "old"
        assert template.render(Context()) == "old"

    def test_replays_are_there_for_exactly_those_for_whom_the_flag_is_on(self, client, finished):
        from leaderboard import boards
        from tests.worker import drain

        chosen, other = Player.objects.create_user("Chosen", "x"), Player.objects.create_user("Other", "x")
        flag = Flag.objects.get(slug="replays")
        flag.players.set([chosen])
        run_sync(flags.change(flag, state="chosen"))
        run_sync(boards.submit(finished(chosen, 500, id="r1")))
        run_sync(drain())
        for player, is_on in ((chosen, True), (other, False), (None, False)):
            client.logout()
            if player:
                client.force_login(player)
            assert ("data-watch" in client.get("/boards/fuse/").content.decode()) == is_on
            assert (client.get(f"/boards/fuse/record/{chosen.pk}/").status_code == 302) == is_on

    def test_a_change_in_the_admin_counts_at_once_and_is_audited(self, client):
        from audit.models import Entry

        client.force_login(Player.objects.create_superuser("Olga", "x"))
        form = {"description": "Watching", "state": "off", "percentage": 0, "players": []}
        assert client.post("/admin/flags/flag/replays/change/", form).status_code == 200  # Without a reason.
        assert Flag.objects.get(pk="replays").state == "everyone" and not Entry.objects.exists()
        changed = client.post("/admin/flags/flag/replays/change/", form | {"reason": "too slow today"})
        assert changed.status_code == 302
        assert "data-watch" not in client.get("/boards/fuse/").content.decode()
        entry = Entry.objects.get(action="change_flag")
        assert (entry.by.name, entry.before["state"], entry.after["state"]) == ("Olga", "everyone", "off")
        assert (entry.reason, client.get("/replays/x/").status_code) == ("too slow today", 404)
