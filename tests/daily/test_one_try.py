"""One try at a day's puzzle, whoever one was when one had it, and however its day is spelt."""

import pytest
from django.test import AsyncClient

from accounts.models import Player
from games import ranking, runs
from games.daily import puzzles
from games.game import find
from games.lights import rules as lights
from games.models import Puzzle
from games.modes import DAILY, Mode, today
from leaderboard.models import Board, Run
from leaderboard.reading import standings
from leaderboard.repair import rebuild
from people import export, guest_merge
from store import keys as store_keys
from store.client import client
from tests.daily.hands import Browser, daily, member, solve, start
from tests.daily.test_passing_on import kept
from tests.worker import drain

pytestmark = pytest.mark.django_db(transaction=True)
LIGHTS = find("lights")


async def test_a_day_has_one_spelling():
    browser, day = await member("Ada"), today()
    year, week, weekday = day.isocalendar()
    async with await browser.socket() as socket:
        for spelt in (day.strftime("%Y%m%d"), f"{year}-W{week:02}-{weekday}", f"{year}W{week:02}{weekday}", f" {day}"):
            assert (await start(socket, f"daily/{spelt}"))["code"] == "unknown_mode"


async def test_the_first_try_counts_on_the_board_whatever_comes_after_it():
    ada, points = await Player.objects.acreate(name="Ada"), []
    for extra in (30, 2):
        run = await runs.begin(LIGHTS, ada.pk, Mode(DAILY, today().isoformat()), seed="s")
        for press in ["a1"] * extra + [each for each in lights.INPUTS if pressed(run, each)]:
            run = await runs.move(run, press)
        await ranking.rank(run, ada.card)
        points.append(run.points)
        await client().delete(runs.keys.current(ada.pk, f"lights/{daily().text}"))  # As if Redis had lost it.
    assert points[1] < points[0]
    assert (await standings.standing("lights-daily", "day", ada.pk)).points == points[0]
    await drain()
    await rebuild.rebuild(await Board.objects.aget(pk="lights-daily"))
    assert (await standings.standing("lights-daily", "day", ada.pk)).points == points[0]


def pressed(run, press: str) -> bool:
    return bool(lights.solved(run.state.lit) >> lights.INPUTS.index(press) & 1)


async def test_a_guest_who_is_brought_along_brings_no_second_try():
    browser, points = Browser(), {}
    ada = await Player.objects.acreate(name="Ada")
    own = Browser()
    await own.client.aforce_login(ada)
    for who, each, extra in (("ada", own, 20), ("guest", browser, 0)):
        await each.play_daily()
        async with await each.socket() as socket:
            done = await solve(socket, await start(socket, daily().text), extra)
            points[who] = done["points"]
    await drain()
    guest = await browser.player()
    await guest_merge.bring(guest, ada)
    await drain()
    await guest_merge.finish(0)
    assert points["guest"] < points["ada"]
    assert (await standings.standing("lights-daily", "day", ada.pk)).points == points["ada"]


async def test_who_tried_as_a_guest_does_not_try_again_as_a_member_in_that_browser():
    browser = Browser()
    await browser.play_daily()
    async with await browser.socket() as socket:
        assert "view" in await start(socket, daily().text)
    await browser.client.aforce_login(await Player.objects.acreate(name="Ada"))
    page = await browser.client.post("/daily/lights/", follow=True)
    assert "A guest has begun" in page.content.decode()
    async with await browser.socket() as socket:
        assert (await start(socket, daily().text))["code"] == "played_here"


async def test_no_try_begins_by_following_a_link():
    browser = await member("Ada")
    page = (await browser.client.get("/daily/lights/")).content.decode()
    assert "data-stage" not in page
    assert "Play Daily Lights" in page
    await browser.play_daily()
    assert "data-stage" in (await browser.client.get("/daily/lights/")).content.decode()


async def test_a_try_without_a_result_is_a_try():
    ada, bela = await member("Ada"), await member("Bela")
    async with await ada.socket() as socket:
        await solve(socket, await start(socket, daily().text))
    async with await bela.socket() as socket:
        run = await start(socket, daily().text)
        await socket.say(type="end", run=run["run"])
        done = await socket.next("finished")
        assert (done["counts"], done["report"]["changes"]) == (False, [])
    await drain()
    kept_run = await Run.objects.aget()
    assert (await bela.client.get(f"/replays/{kept_run.pk}/frames.json")).status_code == 200
    page = (await bela.client.get("/daily/")).content.decode()
    assert "No result" in page
    assert "Play today’s Lights" not in page


async def test_a_try_that_was_ranked_in_time_is_shown_after_the_bell(monkeypatch):
    browser = await member("Ada")
    async with await browser.socket() as socket:
        run = await start(socket, daily().text)
        await solve(socket, run)
        monkeypatch.setattr("games.ranking.day_end_ms", lambda _: 1)
        await socket.say(type="resume", run=run["run"])
        assert (await socket.next("finished", "error"))["report"]["changes"][0]["rank"] == 1


async def test_the_export_keeps_todays_seed_back():
    browser = await member("Ada")
    async with await browser.socket() as socket:
        await solve(socket, await start(socket, daily().text))
        free = await start(socket, "")
    await drain()
    ada = await browser.player()
    found = await export.export(ada)
    seed = (await Puzzle.objects.aget()).seed
    assert seed not in str(found)
    assert {each.get("mode", "") for each in found["open_runs"]} == {"", daily().text}
    assert free["run"]


async def test_a_daily_run_is_beaten_with_as_many_moves(monkeypatch):
    ada, bela = await Player.objects.acreate(name="Ada"), await member("Bela")
    run = await kept(ada, "lights-daily")
    monkeypatch.setattr(puzzles, "today", lambda: today().replace(year=today().year + 1))
    async with await bela.socket() as socket:
        begun = await start(socket, f"beat/{run.pk}")
    assert (await runs.read(begun["run"])).inputs_max == LIGHTS.daily.inputs_max


async def test_beating_is_limited_as_replays_are(settings):
    from store.limits import Policy

    settings.RATE_LIMITS = settings.RATE_LIMITS | {"replay": Policy(2, 60)}
    run, browser = await kept(await Player.objects.acreate(name="Ada")), AsyncClient()
    assert [(await browser.get(f"/beat/{run.pk}/")).status_code for _ in range(3)] == [200, 200, 429]


async def test_a_picture_is_there_as_long_as_it_is_fresh():
    run, browser = await kept(await Player.objects.acreate(name="Ada")), AsyncClient()
    assert (await browser.get(f"/replays/{run.pk}/card.png")).status_code == 200
    name = f"picture {run.pk} Ada"
    assert await client().ttl(store_keys.shared(name)) > await client().ttl(store_keys.shared_fresh(name)) > 60
