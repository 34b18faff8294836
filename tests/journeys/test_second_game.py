"""A game of another kind, from a folder of its own: a time, and less is better. From the lobby to its replay."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import complaints
from tests.journeys.test_operators import PASSWORD, as_olga
from tests.stack import ROOT, Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

CLEAN, ONE_MISTAKE = "0:07.500", "0:09.500"


@pytest.fixture(scope="module")
def two_games(tmp_path_factory):
    """A site with Fuse, Sprint, and an administrator called Olga."""
    folder, games = tmp_path_factory.mktemp("two"), str(ROOT / "tests" / "games_elsewhere")
    with Site(folder, prepared=False, GAMES_DIR=games) as running:
        running.shell(f"from accounts.models import Player; Player.objects.create_superuser('Olga', {PASSWORD!r})")
        yield running


@pytest.fixture
def arcade(opened, two_games):
    def open_page(path="/", **options):
        return opened(path, base=two_games.url, **options)

    return open_page


def press(page, numbers: str) -> None:
    expect(page.get_by_role("button", name="End run")).to_be_enabled()
    expect(page.locator("[data-result]")).to_be_hidden()
    for number in numbers:
        page.keyboard.press(number)
    page.locator("[data-result]").wait_for()


def test_it_is_played_with_its_own_words_and_formats_everywhere(arcade, two_games):
    page = arcade()
    hero = page.locator("li.card", has=page.get_by_role("heading", name="Sprint"))
    expect(hero).to_contain_text("Six numbers. In order. Quick.")
    expect(hero.locator(".game-picture .letter")).to_have_text("6")
    expect(page.locator("li.card").first.locator(".game-picture")).to_be_visible()
    hero.get_by_role("button", name="Play Sprint").click()
    expect(page.locator(".points-label")).to_have_text("Time")
    expect(page.locator(".points-value")).to_have_text("0:00.000")
    expect(page.locator("[data-place]").first).not_to_be_empty()
    assert complaints(page) == []

    press(page, "2123456")
    result = page.locator("[data-result]")
    expect(result.locator(".result-points")).to_have_text(re.compile(rf"^\s*{ONE_MISTAKE}\s*$"))
    expect(result).to_contain_text("Your first ranked run.")
    expect(result.locator("[data-result-neighbours]")).to_contain_text(ONE_MISTAKE)
    page.get_by_role("button", name="Play again").click()
    press(page, "123456")
    expect(result).to_contain_text(f"Your new best! It was {ONE_MISTAKE} before.")
    page.get_by_role("button", name="Play again").click()
    press(page, "6123456")
    expect(result).to_contain_text(f"Your best stays {CLEAN}.")
    expect(page.locator(".notice-award", has_text="Sure hands")).to_be_visible()
    player = page.locator("body").get_attribute("data-player")

    # Broken off, it would be the shortest of all: it does not count.
    page.get_by_role("button", name="Play again").click()
    expect(result).to_be_hidden()
    page.keyboard.press("1")
    expect(page.locator(".points-value")).to_have_text("0:01.250")
    page.get_by_role("button", name="End run").click()
    page.get_by_role("button", name="Really end?").click()
    expect(result).to_contain_text("Only a run that is played to its end counts.")

    page.goto("/boards/sprint/?period=all")
    row = page.locator(f'tr[data-id="{player}"]')
    expect(row.locator("[data-points]")).to_have_text(CLEAN)
    expect(page.locator("[data-own-place]")).to_contain_text(f"with {CLEAN}")
    expect(page.locator(".board-points").first).to_have_text("Time")

    rival = arcade("/")
    rival.locator("li.card", has=rival.get_by_role("heading", name="Sprint")).get_by_role("button").click()
    press(rival, "31" + "23456")
    expect(rival.locator("[data-result-periods]")).to_contain_text("0:02.001")  # What passes the first.

    page.goto("/")
    feed = page.locator("activity-feed")
    expect(feed).to_contain_text(f"took place 1 on Sprint with {ONE_MISTAKE}")

    page.goto("/shop/")
    expect(page.locator("main")).to_contain_text("Sprint: a finished run pays 5 coins.")
    expect(page.get_by_text(f"a run of {CLEAN}")).to_be_visible()
    page.get_by_role("button", name="Buy Night for").click()
    expect(page.get_by_text("Night is yours, and you wear it.")).to_be_visible()
    assert complaints(page) == []
    page.goto("/play/sprint/")
    expect(page.locator("[data-sprint]")).to_have_attribute("data-game-theme", "sprint-night")
    colour = "getComputedStyle(document.querySelector('.sprint-number')).backgroundColor"
    assert page.evaluate(colour) == "rgb(185, 164, 255)"
    page.goto("/play/fuse/")
    assert page.locator("[data-fuse]").get_attribute("data-game-theme") is None

    page.goto("/boards/sprint/?period=all")
    page.locator(f'tr[data-id="{player}"] [data-watch]').click()
    expect(page.get_by_role("heading", name="Sprint replay")).to_be_visible()
    expect(page.locator(".replay-head")).to_contain_text(CLEAN)
    expect(page.locator("[data-sprint]")).to_have_attribute("data-game-theme", "sprint-night")
    expect(page.locator("[data-bar]")).to_be_enabled()
    page.keyboard.press("End")
    expect(page.locator("[data-replay-points]")).to_have_text(CLEAN)
    expect(page.locator("[data-done]")).to_have_count(6)
    assert complaints(page) == []


def test_who_is_passed_is_told_the_time_and_the_operators_read_it(arcade, two_games):
    slow, quick = arcade(), arcade()
    for page, presses in ((slow, "6543212" + "3456"), (quick, "65" + "123456")):
        page.locator("li.card", has=page.get_by_role("heading", name="Sprint")).get_by_role("button").click()
        press(page, presses)
    expect(slow.locator(".notice-toast")).to_contain_text(re.compile(r"passed you on Sprint .*, by 0:0\d\.\d{3}\."))
    olga = as_olga(arcade())
    olga.goto("/admin/leaderboard/run/?board__slug__exact=sprint")
    expect(olga.locator("#result_list")).to_contain_text("0:11.500")
    with olga.expect_download() as download:
        olga.evaluate("location.href = '/boards/sprint/export.csv?period=all'")
    lines = download.value.path().read_text().splitlines()
    assert lines[0].lstrip("\ufeff").endswith("guest,time_ms,time,reached_at")
    assert any(",11500,0:11.500," in line for line in lines)
