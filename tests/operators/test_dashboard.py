"""The operators' figures: what they say is what happened."""

import os
import socket
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import Group

from accounts.models import Player
from audit.models import Entry
from flags import flags
from flags.models import Experiment
from leaderboard import boards
from leaderboard import keys as board_keys
from live.observe import counters, processes
from live.observe import keys as process_keys
from operators import experiments, figures, minutes
from operators import keys as dashboard_keys
from presence import online
from store import heartbeat
from store.client import client as redis
from store.keys import dead_letters, prefix
from store.lock import hold
from store.sync_loop import run_sync
from tests.worker import drain
from visitors import active_days, unique
from wallet import keys as wallet_keys

pytestmark = pytest.mark.django_db(transaction=True)


TODAY = date(2026, 11, 24)


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(figures, "_slow", (0.0, {}))
    monkeypatch.setattr(figures, "_before", (0.0, figures.Counter()))


class TestFigures:
    async def test_an_empty_site_has_figures_too(self):
        found = await figures.read()
        assert found["online"] == found["visitors_day"] == found["dead_letters"] == 0
        assert len(found["c_visitors"]) == len(found["c_active"]) == 30
        assert found["t_locks"] == found["t_groups"] == []
        assert found["redis_bytes"] > 0
        assert found["redis_loss"] == "the last 1 to 2 s"

    async def test_processes_add_up_and_silent_ones_are_dropped(self):
        for name, age_ms in (("one", 0), ("two", 0), ("gone", 60_000)):
            numbers = processes.Numbers(
                time.time_ns() // 1_000_000 - age_ms,
                {"sockets_opened": 5, "sockets_closed": 2, "runs_started": 7},
                4,
                1,
                9,
            )
            await redis().hset(process_keys.processes(), name, processes.msgspec.json.encode(numbers).decode())
        found = await figures.read()
        assert (found["sockets"], found["watchers"], found["runs_started"], found["delay_p99"]) == (6, 8, 14, 9)
        assert [row[:3] for row in found["t_processes"]] == [["one", 3, 4], ["two", 3, 4]]
        assert not await redis().hexists(process_keys.processes(), "gone")

    async def test_a_process_reports_what_it_counted(self):
        counters.count("refused_move", 3)
        await processes.report("me")
        found = await figures.read()
        assert ["move", counters.counts["refused_move"]] in found["t_refusals"]

    async def test_rates_are_of_the_time_since_the_last_look(self, monkeypatch):
        await processes.report("me")
        await figures.read()
        counters.count("runs_finished", 100)
        await processes.report("me")
        monkeypatch.setattr(figures, "_before", (figures._before[0] - 10, figures._before[1]))
        assert 5 <= (await figures.read())["score_rate"] <= 10

    async def test_streams_letters_locks_and_workers_are_shown(self, finished):
        bob = await Player.objects.acreate(name="Bob")
        await boards.submit(finished(bob, 500))
        await drain()
        await boards.submit(finished(bob, 600))
        await redis().xadd(f"{prefix()}:x", {"a": "1"})
        await heartbeat.beat("w1")
        async with hold("repair:fuse"), hold("window:fuse:7"), hold("flag:replays"):
            found = await figures.read()
        rows = {row[2]: row[3:] for row in found["t_groups"] if "fuse" in row[0]}
        assert set(rows) == {"history", "feed"}
        assert rows["history"][1] == 1
        assert [row[0] for row in found["t_locks"]] == ["repair:fuse", "window:fuse:7", "flag:replays"]
        assert {row[1] for row in found["t_locks"]} == {f"{socket.gethostname()}:{os.getpid()}"}
        assert found["t_workers"] == [["w1", 0]]
        assert {row[1] for row in found["t_open"]} != set()

    async def test_who_plays_is_counted_by_game(self, alice, bob):
        await online.renew(1, "tab", alice.card, visible=True, state="playing Fuse")
        await online.renew(2, "tab", bob.card, visible=True, state="playing Fuse")
        assert (await figures.read())["t_playing"] == [("playing Fuse", 2)]

    async def test_dead_letters_are_named_with_their_reason(self):
        for stream, reason in (("leaderboard:{fuse}:runs", "no such player"), ("wallet:{coins}:ledger", "odd")):
            whole = next(name for name in (board_keys.runs("fuse"), wallet_keys.ledger()) if name.endswith(stream))
            await redis().xadd(whole, {"a": "1"})
            await redis().xadd(dead_letters(whole), {"_group": "history", "_reason": reason, "_id": "1-1"})
        found = await figures.read()
        assert found["dead_letters"] == 2
        assert sorted(row[1:] for row in found["t_letters"]) == [
            ["leaderboard:{fuse}:runs", "history", "no such player"],
            ["wallet:{coins}:ledger", "history", "odd"],
        ]

    async def test_refused_runs_are_told_by_reason(self):
        counters.count("run_refused_board_closed", 2)
        await processes.report("me")
        found = await figures.read()
        assert ["board_closed", counters.counts["run_refused_board_closed"]] in found["t_runs_refused"]
        assert found["runs_refused"] >= 2

    async def test_visitors_are_told_by_game(self):
        await unique.saw("v1", of="fuse")
        await unique.saw("v2")
        found = await figures.read()
        assert ["Fuse", 1, 1, 1] in found["t_visitors"]
        assert found["visitors_day"] == 2


class TestHistory:
    async def test_a_minute_is_sampled_once_however_many_workers_there_are(self, alice):
        await online.renew(1, "tab", alice.card, visible=True)
        for _ in range(3):
            await minutes.sample_minute()
        [(at_ms, count)] = await minutes.online_by_minute()
        assert count == 1
        assert abs(at_ms - time.time() * 1000) < 10_000

    async def test_it_keeps_a_day_and_no_more(self):
        for minute in range(minutes.MINUTES_MAX + 50):
            fields = {"at_ms": minute * 60_000, "online": 0, "runs": 0}
            await redis().xadd(dashboard_keys.minutes(), fields, maxlen=minutes.MINUTES_MAX, approximate=False)
        await minutes.sample_minute()
        assert await redis().xlen(dashboard_keys.minutes()) == minutes.MINUTES_MAX

    async def test_memory_is_told_by_app(self, alice):
        await online.renew(1, "tab", alice.card, visible=True)
        await minutes.sample_memory()
        apps = (await minutes.memory()).apps
        keys, size = apps["presence"]
        assert keys >= 3
        assert size > 100
        assert (await minutes.memory()).endless == 0

    async def test_keys_that_must_end_and_do_not_are_found(self):
        from visitors import keys

        await unique.saw("v1")
        name = keys.visitors(str(datetime.now(UTC).date()))
        await redis().persist(name)
        await active_days.mark(1)
        await minutes.sample_memory()
        await redis().delete(name)
        found = await minutes.memory()
        assert (found.endless, found.endless_names) == (1, [name])


class TestCounting:
    async def test_a_hundred_thousand_visitors_are_counted_within_two_and_a_half_percent(self):
        from visitors import keys

        pipe = redis().pipeline()
        for first in range(0, 100_000, 1_000):
            pipe.pfadd(keys.visitors("2026-11-24"), *(f"{n:032x}" for n in range(first, first + 1_000)))
        await pipe.execute()
        [found] = await unique.unique([1], today=datetime(2026, 11, 24, tzinfo=UTC))
        assert abs(found - 100_000) <= 2_500
        assert await redis().memory_usage(keys.visitors("2026-11-24"), samples=0) <= 16 * 1024
        assert await redis().strlen(keys.visitors("2026-11-24")) <= 12 * 1024 + 304
        await redis().delete(keys.visitors("2026-11-24"))  # This test wrote it itself, without its end.

    @pytest.mark.one_server
    async def test_a_merged_week_equals_the_union(self):
        from visitors import keys

        week = [TODAY - timedelta(days=back) for back in range(7)]
        for number, day in enumerate(week):
            # Half of each day's visitors come on the next day, too.
            await redis().pfadd(keys.visitors(str(day)), *(f"v{n}" for n in range(500 * number, 500 * number + 1_000)))
        await redis().pfmerge(f"{prefix()}:union", *(keys.visitors(str(day)) for day in week))
        [found] = await unique.unique([7], today=datetime(2026, 11, 24, tzinfo=UTC))
        assert found == await redis().pfcount(f"{prefix()}:union")
        await redis().delete(*(keys.visitors(str(day)) for day in week))
        assert abs(found - 4_000) <= 100

    async def test_days_are_told_apart(self):
        for back, count in ((0, 3), (1, 2), (30, 1)):
            for n in range(count):
                await unique.saw(f"v{n}", today=datetime(2026, 11, 24, tzinfo=UTC) - timedelta(days=back))
        found = await unique.by_day(60, today=datetime(2026, 11, 24, tzinfo=UTC))
        assert (found[-1], found[-2], found[-31], sum(found)) == (3, 2, 1, 6)

    async def test_retention_is_who_came_again(self):
        for player in (1, 2, 3, 4):
            await active_days.mark(player, TODAY - timedelta(days=7))
        for player in (2, 4, 9):
            await active_days.mark(player, TODAY)
        assert await active_days.retention(TODAY, [1, 7]) == [(0, 0), (4, 2)]
        assert await active_days.actives(TODAY, 8) == [4, 0, 0, 0, 0, 0, 0, 3]


class TestExperiments:
    async def test_the_table_says_how_each_arm_played(self, finished):
        players = [await Player.objects.acreate(name=f"player{n}") for n in range(20)]
        experiment = await Experiment.objects.acreate(
            slug="ab", description="x", is_running=True, started_at=datetime.now(UTC) - timedelta(hours=1)
        )
        await flags.write_experiment(experiment)
        arms = {player.pk: await flags.arm("ab", player) for player in players}
        for player in players:
            await boards.submit(finished(player, 100 if arms[player.pk] == "a" else 300))
        await drain()
        rows = {row["arm"]: row for row in await experiments.results()}
        for arm, mean in (("a", 100.0), ("b", 300.0)):
            count = list(arms.values()).count(arm)
            assert (rows[arm]["shown"], rows[arm]["players"], rows[arm]["runs"], rows[arm]["mean"]) == (
                count,
                count,
                count,
                mean,
            )


class TestPage:
    def staff(self, client, role: str = "Operator") -> None:
        staff = Player.objects.create_user("Staff", "x", is_staff=True)
        staff.groups.add(Group.objects.get(name=role))
        client.force_login(staff)

    def test_an_operator_sets_the_slowlog_and_it_is_audited(self, client):
        self.staff(client)
        assert "Log commands" in client.get("/dashboard/").content.decode()
        client.post("/dashboard/slowlog/", {"threshold": "1234"})
        assert run_sync(redis_threshold()) == "1234"
        entry = Entry.objects.get()
        assert (entry.action, entry.after) == ("set_slowlog", {"us": 1234})
        for odd in ("", "-1", "x", "٣", "99999999999"):
            client.post("/dashboard/slowlog/", {"threshold": odd})
        assert run_sync(redis_threshold()) == "1234"
        client.post("/dashboard/slowlog/", {"threshold": "10000"})

    def test_an_operator_replays_dead_letters_with_a_reason(self, client):
        self.staff(client)
        letter = {"_group": "ledger", "_reason": "odd", "_id": "1-1", "player": "1"}
        for stream in (wallet_keys.ledger(), board_keys.runs("fuse")):
            run_sync(add(dead_letters(stream), letter))
        client.post("/dashboard/replay/", {"reason": " "})
        assert run_sync(length(dead_letters(wallet_keys.ledger()))) == 1
        answer = client.post("/dashboard/replay/", {"reason": "mended"}, follow=True)
        assert "2 dead letters are tried again." in answer.content.decode()
        for stream in (wallet_keys.ledger(), board_keys.runs("fuse")):
            assert run_sync(length(dead_letters(stream))) == 0
            assert run_sync(length(stream)) == 1
        found = {(entry.action, entry.target_id, entry.reason) for entry in Entry.objects.all()}
        assert found == {
            ("replay_letters", name, "mended") for name in ("ledger", "fuse", "fuse-daily", "lights", "lights-daily")
        }

    def test_a_moderator_sees_it_and_sets_nothing(self, client):
        self.staff(client, "Moderator")
        assert "Log commands" not in client.get("/dashboard/").content.decode()
        assert client.post("/dashboard/slowlog/", {"threshold": "1"}).status_code == 403


async def add(name: str, fields: dict[str, str]) -> None:
    await redis().xadd(name, fields)


async def length(name: str) -> int:
    return await redis().xlen(name)


async def redis_threshold() -> str:
    return (await redis().config_get("slowlog-log-slower-than"))["slowlog-log-slower-than"]
