"""What a page shows while lines and stores break, on a site of its own that may be broken."""

import os
import re
import signal
import time

import pytest
from playwright.sync_api import expect

from tests.browser import KEYS, points, start_playing
from tests.stack import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def rough(tmp_path_factory):
    """A site whose parts are stopped and killed, and which every test leaves running."""
    with Site(tmp_path_factory.mktemp("rough")) as running:
        yield running


def test_who_is_passed_is_told_and_the_own_place_follows(opened, rough):
    page = opened("/", base=rough.url)
    start_playing(page)
    while points(page) == "0":  # A run ranks from 1 point.
        for key in KEYS:
            page.keyboard.press(key)
        page.wait_for_timeout(50)
    page.get_by_role("button", name="End run").click()
    page.get_by_role("button", name="Really end?").click()
    page.locator("[data-result]").wait_for()
    page.goto("/boards/fuse/?period=all")
    page.wait_for_selector('.live-status[data-state="live"]')
    expect(page.locator("[data-own-rank]")).to_have_text("1")
    gained = rough.guest().play_run(60)
    toast = page.locator(".notice-toast")
    expect(toast).to_contain_text(re.compile(r"passed you on Fuse all time, by [\d,]+\. You are #2\."))
    expect(page.locator("[data-spoken]")).to_contain_text("passed you", timeout=10_000)
    expect(page.locator("[data-own-place]")).to_contain_text("#2 of 2 (down 1)")
    assert gained > 0
    toast.get_by_role("button", name="Close").click()
    expect(toast).to_have_count(0)
    rough.manage("notice", "Back in five minutes.")
    expect(toast).to_contain_text("Back in five minutes.")


def test_the_feed_gets_what_it_missed_while_the_line_was_down(opened, rough):
    page = opened("/", base=rough.url)
    page.wait_for_selector('.live-status[data-state="live"]')
    page.evaluate("window.notReloaded = true")
    lines = page.locator("activity-feed [data-lines] li")
    before = lines.count()
    rough.guest().play_run(20)
    expect(lines).to_have_count(before + 1, timeout=15_000)
    page.context.set_offline(True)
    rough.kill("uvicorn")
    page.wait_for_selector('.live-status:not([data-state="live"])')
    opened.expected = ("WebSocket", "ERR_")
    for _ in range(2):
        play_run_soon(rough, 40)
    page.context.set_offline(False)
    expect(lines).to_have_count(before + 3, timeout=30_000)
    page.locator("activity-feed [data-pause]").click()
    play_run_soon(rough, 60)
    expect(page.locator("activity-feed [data-pause]")).to_have_text("Resume (1 new)", timeout=15_000)
    expect(lines).to_have_count(before + 3)
    page.locator("activity-feed [data-pause]").click()
    expect(lines).to_have_count(before + 4)
    assert page.evaluate("window.notReloaded") is True


def play_run_soon(site: Site, moves: int) -> None:
    """Play as soon as the site is back."""
    for attempt in range(60):
        try:
            site.guest().play_run(moves)
            return
        except Exception:
            assert attempt < 59
            time.sleep(0.25)


def test_while_the_store_is_away_the_page_says_so_and_catches_up(opened, rough):
    page = opened("/boards/fuse/?period=all", base=rough.url)
    page.wait_for_selector('.live-status[data-state="live"]')
    page.evaluate("window.notReloaded = true")
    rows = page.locator("tbody [data-row]")
    before = rows.count()
    [redis] = rough.children("redis")
    os.kill(redis, signal.SIGSTOP)
    try:
        expect(page.locator(".live-status")).to_have_attribute("data-state", "waiting", timeout=15_000)
        expect(page.locator(".live-status")).to_contain_text("Catching up")
    finally:
        os.kill(redis, signal.SIGCONT)
    expect(page.locator(".live-status")).to_have_attribute("data-state", "live", timeout=15_000)
    rough.guest().play_run(20)
    expect(rows).to_have_count(before + 1)
    assert page.evaluate("window.notReloaded") is True


def test_who_wants_to_be_seen_by_nobody_is_in_no_list(opened, rough):
    player, other = opened("/", base=rough.url), opened("/", base=rough.url)
    start_playing(player)
    name = player.locator(".account-name").inner_text()
    expect(other.locator("online-list")).to_contain_text(f"{name}guest⚔playing Fuse")
    player.locator(".account-name").click()
    player.get_by_role("link", name="Settings").click()
    player.get_by_label("Nobody").check()
    player.get_by_role("button", name="Save").click()
    expect(player.get_by_text("Saved.")).to_be_visible()
    expect(other.locator("online-list")).not_to_contain_text(name)
    expect(other.locator("online-count [data-count]")).to_have_text("0", timeout=15_000)
    player.goto("/play/fuse/")
    player.wait_for_selector(".fuse-tile")
    other.wait_for_timeout(1500)
    expect(other.locator("online-list")).not_to_contain_text(name)


def test_topics_that_were_refused_during_an_outage_are_watched_again(opened, rough):
    page = opened("/boards/fuse/?period=all", base=rough.url)
    page.wait_for_selector('.live-status[data-state="live"]')
    opened.expected = ("WebSocket", "ERR_")
    rows = page.locator("tbody [data-row]")
    before = rows.count()
    [redis] = rough.children("redis")
    os.kill(redis, signal.SIGSTOP)
    try:
        rough.kill("uvicorn")
        expect(page.locator(".live-status")).to_have_attribute("data-state", "reconnecting", timeout=15_000)
        page.wait_for_timeout(8_000)
    finally:
        os.kill(redis, signal.SIGCONT)
    expect(page.locator(".live-status")).to_have_attribute("data-state", "live", timeout=30_000)
    play_run_soon(rough, 20)
    expect(rows).to_have_count(before + 1, timeout=15_000)
