"""The puzzle of the day: the same for everybody, one try each, and nothing of it before its day."""

from datetime import timedelta

import pytest

from accounts.models import Player
from games import ranking, runs
from games.daily import puzzles
from games.game import find
from games.lights import rules as lights
from games.models import Puzzle
from games.modes import ARCHIVE, Mode, today
from leaderboard.models import Run
from leaderboard.reading import standings
from leaderboard.reading.spread import spread
from leaderboard.words import MOVE, result
from store.client import client
from tests.daily.hands import Browser, daily, member, solve, start
from tests.worker import drain

pytestmark = pytest.mark.django_db(transaction=True)
LIGHTS, FUSE = find("lights"), find("fuse")


class TestOneTry:
    async def test_everybody_gets_the_same_and_the_board_says_who_was_best(self):
        found = []
        for name, extra in (("Ada", 0), ("Bela", 4)):
            browser = await member(name)
            await browser.play_daily()
            async with await browser.socket() as socket:
                run = await start(socket, daily().text)
                found.append(run["view"]["lit"])
                done = await solve(socket, run, extra)
                assert done["report"]["changes"][0]["kind"] == "day"
        assert found[0] == found[1]
        rows = (await standings.top("lights-daily", "day", 5)).rows
        assert [row.card.name for row in rows] == ["Ada", "Bela"]
        assert rows[1].points // MOVE == rows[0].points // MOVE + 4
        bars = await spread("lights-daily", "day")
        assert (sum(bar.count for bar in bars), bars[0].count, bars[-1].count) == (2, 1, 1)

    async def test_two_tabs_play_one_run_and_a_second_try_is_the_first_ones_result(self):
        browser = await member("Ada")
        async with await browser.socket() as one, await browser.socket() as other:
            first, second = await start(one, daily().text), await start(other, daily().text)
            assert first["run"] == second["run"]
            await solve(one, first)
            await other.say(type="start", mode=daily().text)
            again = await other.next("run")
            assert (again["run"], again["over"]) == (first["run"], True)
            assert (await other.next("finished"))["report"]["changes"][0]["rank"] == 1

    async def test_what_redis_has_forgotten_sql_remembers(self):
        browser = await member("Ada")
        async with await browser.socket() as socket:
            await solve(socket, await start(socket, daily().text))
            await drain()
            await client().flushdb()
            assert (await start(socket, daily().text))["code"] == "played"

    async def test_a_second_guest_in_the_same_browser_is_refused_on_the_page_and_on_the_socket(self):
        browser = Browser()
        await browser.play_daily()
        first = await browser.player()
        async with await browser.socket() as socket:
            await solve(socket, await start(socket, daily().text))
        await browser.client.post("/accounts/sign-out/")
        browser.client.cookies.pop("sessionid", None)
        await browser.client.post("/play/lights/")  # A new guest.
        assert (await browser.player()).pk != first.pk
        page = await browser.client.post("/daily/lights/", follow=True)
        assert "A guest has begun today" in page.content.decode()
        async with await browser.socket() as socket:
            assert (await start(socket, daily().text))["code"] == "played_here"

    async def test_a_guest_who_never_opened_the_page_and_one_with_a_forged_cookie(self):
        browser = Browser()
        await browser.client.post("/play/lights/")
        async with await browser.socket() as socket:
            assert (await start(socket, daily().text))["code"] == "open_the_page"
        browser.client.cookies["tries"] = "eyJsaWdodHMiOltdfQ:1:forged"
        async with await browser.socket() as socket:
            assert (await start(socket, daily().text))["code"] == "open_the_page"

    async def test_a_guests_try_comes_along_to_the_account(self):
        browser = Browser()
        await browser.play_daily()
        guest = await browser.player()
        async with await browser.socket() as socket:
            await solve(socket, await start(socket, daily().text))
        await drain()
        form = {"name": "Ada", "password1": "long enough, that", "password2": "long enough, that"}
        await browser.client.post("/accounts/sign-up/", form)
        ada = await browser.player()
        assert not ada.is_guest or ada.pk == guest.pk
        assert await puzzles.has_played("lights", ada, today())
        page = (await browser.client.get("/daily/")).content.decode()
        assert "#1 of 1" in page

    async def test_a_run_of_fuse_ends_after_its_moves(self):
        ada = await Player.objects.acreate(name="Ada")
        run = await runs.begin(FUSE, ada.pk, daily(), seed="s", inputs_max=FUSE.daily.inputs_max)
        for number in range(FUSE.daily.inputs_max):
            assert not run.over
            run = await runs.move(run, ("left", "down", "right", "down")[number % 4])
        assert run.over
        with pytest.raises(runs.RunOver):
            await runs.move(run, "left")


class TestDays:
    async def test_no_seed_before_its_day_and_none_that_can_be_asked_for(self):
        browser, tomorrow = await member("Ada"), today() + timedelta(days=1)
        async with await browser.socket() as socket:
            for mode, code in (
                (f"daily/{tomorrow}", "not_yet"),
                (f"archive/{tomorrow}", "not_yet"),
                (f"archive/{today()}", "not_yet"),
                (f"archive/{today() - timedelta(days=400)}", "unknown_mode"),
                ("daily/nonsense", "unknown_mode"),
                ("ranked/please", "unknown_mode"),
                ("beat/nothing", "unknown_mode"),
            ):
                assert (await start(socket, mode))["code"] == code, mode
        assert not await Puzzle.objects.filter(day__gt=today()).aexists()
        for path in (f"/daily/lights/{tomorrow}/", f"/daily/lights/{today()}/"):
            assert (await browser.client.get(path)).status_code == 302
        for path in (
            "/daily/lights/1999-01-01/",
            "/daily/lights/nonsense/",
            "/daily/lights/20200101/",
            "/daily/chess/",
        ):
            assert (await browser.client.get(path)).status_code == 404

    async def test_a_reconnect_at_the_bell_gets_no_second_try_and_a_late_end_does_not_count(self, monkeypatch):
        browser, day = await member("Ada"), today()
        async with await browser.socket() as socket:
            run = await start(socket, daily().text)
            later = day + timedelta(days=1)
            for module in ("games.modes", "games.daily.puzzles"):
                monkeypatch.setattr(f"{module}.today", lambda: later)
            assert (await start(socket, f"daily/{day}"))["code"] == "day_gone"
            # By Redis's clock, which alone says when a day is over.
            monkeypatch.setattr("games.ranking.day_end_ms", lambda _: 1)
            assert (await solve(socket, run))["code"] == "day_over"
            assert (await standings.top("lights-daily", "day", 5)).rows == []
            fresh = await start(socket, f"daily/{later}")
            assert fresh["view"]["lit"] != run["view"]["lit"]

    async def test_a_former_day_is_played_for_fun(self):
        browser, day = await member("Ada"), today() - timedelta(days=3)
        await Puzzle.objects.acreate(game="lights", day=day, seed="old")
        async with await browser.socket() as socket:
            run = await start(socket, Mode(ARCHIVE, day.isoformat()).text)
            assert run["view"] == lights.view(lights.new("old"))
            assert (await solve(socket, run))["report"]["changes"] == []
            assert (await start(socket, f"archive/{day}"))["run"] != run["run"]  # As often as one likes.
        assert (await browser.client.get(f"/daily/lights/{day}/")).status_code == 200
        assert (await browser.client.get(f"/daily/lights/{day:%Y%m%d}/")).status_code == 404  # It has one spelling.
        await drain()
        assert await Run.objects.acount() == 0


class TestTime:
    async def test_the_servers_clock_counts_and_a_resumed_run_has_the_same_result(self):
        ada = await Player.objects.acreate(name="Ada")
        run = await runs.begin(LIGHTS, ada.pk)
        await client().hset(runs.keys.run(run.id), "started_ms", run.started_ms - 12_345)
        for cell in range(25):
            if lights.solved(run.state.lit) >> cell & 1:
                run = await runs.move(run, lights.INPUTS[cell])
        assert run.over
        assert run.points // MOVE == run.state.par
        assert 12_345 <= run.points % MOVE < 60_000
        assert (await runs.load(run.id, ada.pk)).points == run.points
        report = await ranking.rank(run, ada.card)
        assert report.points == run.points
        assert result(run.points, LIGHTS).startswith(f"{run.state.par} moves · 0:1")

    async def test_of_equal_moves_the_quicker_is_better(self):
        board = {}
        for name, ms in (("Slow", 90_000), ("Quick", 10_000)):
            player = await Player.objects.acreate(name=name)
            run = await runs.begin(LIGHTS, player.pk, seed="same")
            await client().hset(runs.keys.run(run.id), "started_ms", run.started_ms - ms)
            for cell in range(25):
                if lights.solved(run.state.lit) >> cell & 1:
                    run = await runs.move(run, lights.INPUTS[cell])
            await ranking.rank(run, player.card)
            board[name] = run.points
        assert [row.card.name for row in (await standings.top("lights", "day", 5)).rows] == ["Quick", "Slow"]
