"""Claim in real browsers: two play among bots, one reloads, a third watches; the puzzle of the day, to its sharing."""

import re

import pytest
from playwright.sync_api import expect

from games.lights import rules as lights
from tests.browser import DESKTOP, PHONE, complaints
from tests.stack import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def come(in_arena, viewport):
    page = in_arena("/", viewport=viewport)
    page.get_by_role("button", name="Play Claim").click()
    page.wait_for_url(re.compile(r"/rooms/[\w-]+/$"))
    return page


def phase(page, expected: str) -> None:
    expect(page.locator("[data-room]")).to_have_attribute("data-phase", expected)


def own_row(page):
    return page.locator("[data-players] li[data-own]")


def test_two_play_in_one_arena_one_reloads_one_watches(in_arena):
    first, second = come(in_arena, DESKTOP), come(in_arena, PHONE)
    assert first.url == second.url
    phase(first, "playing")
    phase(second, "playing")
    expect(first.locator("[data-players] li")).to_have_count(8)
    name = own_row(second).locator("[data-name]").inner_text()
    expect(first.locator("[data-players]")).to_contain_text(name)
    expect(first.locator("[data-players] [data-bot]:not([hidden])")).to_have_count(6)
    for key in ("ArrowUp", "ArrowLeft", "ArrowDown"):
        first.keyboard.press(key)
    expect(own_row(first).locator("[data-points]")).not_to_have_text("0")
    assert complaints(first) == []

    watcher = in_arena("/watch/")
    watcher.locator(".room-card").first.click()
    phase(watcher, "watching")
    expect(watcher.locator("[data-players] li")).to_have_count(8)
    expect(watcher.get_by_role("button", name="Join this round")).to_be_visible()
    assert complaints(watcher) == []

    second.reload()
    phase(second, "playing")
    expect(own_row(second).locator("[data-name]")).to_have_text(name)

    # A third takes a bot's seat, from the page that they watched.
    watcher.get_by_role("button", name="Join this round").click()
    phase(watcher, "playing")
    expect(first.locator("[data-players] [data-bot]:not([hidden])")).to_have_count(5)
    watcher.get_by_role("button", name="Leave the round").click()
    watcher.get_by_role("button", name="Really leave?").click()
    phase(watcher, "watching")
    expect(first.locator("[data-players] [data-bot]:not([hidden])")).to_have_count(6)
    assert complaints(second) == []


def solve(page) -> None:
    lit = page.locator(".light").evaluate_all("all => all.map((each) => each.getAttribute('aria-pressed') === 'true')")
    presses = lights.solved(sum(on << cell for cell, on in enumerate(lit)))
    for cell in range(lights.CELLS):
        if presses >> cell & 1:
            page.locator(f"[data-input={lights.INPUTS[cell]}]").click()


def test_the_puzzle_of_the_day_is_played_once_by_a_guest_shared_and_kept(in_arena, arena):
    page = in_arena("/daily/", viewport=PHONE)
    assert complaints(page) == []
    page.set_viewport_size(PHONE)
    page.get_by_role("button", name="Play today’s Lights").click()
    expect(page.locator("[data-par]")).to_contain_text("It can be done in")
    expect(page.get_by_role("button", name="End run")).to_be_enabled()
    assert complaints(page) == []
    solve(page)
    result = page.locator("[data-result]")
    result.wait_for()
    expect(result.locator("[data-result-points]")).to_have_text(re.compile(r"^\d+ moves · \d:\d\d\.\d{3}$"))
    page.get_by_role("link", name="See how all did").click()
    expect(page.locator("main")).to_contain_text("#1 of 1")
    assert complaints(page) == []

    # The second time there is nothing to play, only the result.
    page.goto("/daily/lights/")
    page.locator("[data-result]").wait_for()
    expect(page.locator("[data-again]")).to_have_count(0)

    wait_for(lambda: arena.count("leaderboard_run") > 0)  # It is shared from what is kept.
    page.goto("/daily/")
    share = page.locator("[data-share]")
    expect(share).to_be_visible()
    run = share.get_attribute("data-share")
    stranger = in_arena(f"/replays/{run}/")
    expect(stranger.locator("main")).to_contain_text("once you have had your own try")
    assert complaints(stranger) == []
    picture = stranger.request.get(f"/replays/{run}/card.png")
    assert (picture.status, picture.headers["content-type"]) == (200, "image/png")

    page.set_viewport_size(PHONE)
    page.get_by_role("button", name="Account of").click()
    page.get_by_role("link", name="Keep my scores").click()
    page.get_by_label("Name").fill("Ada")
    for field in page.locator("input[type=password]").all():
        field.fill("a long enough password")
    page.locator("main form button").first.click()
    page.goto("/daily/")
    expect(page.locator("main")).to_contain_text("#1 of 1")
    expect(page.locator(".account-name")).to_have_text("Ada")
