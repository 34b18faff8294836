"""A duel in real browsers: two play, one reloads in the middle, a third watches."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import DESKTOP, PHONE, complaints
from tests.stack import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

KEYS = ("ArrowLeft", "ArrowDown", "ArrowRight", "ArrowUp")


def paired(in_arena):
    """Two who clicked, in one room."""
    pages = [in_arena("/", viewport=viewport) for viewport in (DESKTOP, PHONE)]
    for page in pages:
        page.get_by_role("button", name="Play Fuse Duel").click()
    for page in pages:
        page.wait_for_url(re.compile(r"/rooms/[\w-]+/$"))
    assert pages[0].url == pages[1].url
    for page in pages:
        expect(page.locator("[data-room]")).to_have_attribute("data-phase", "playing")
    return pages


def own(page):
    return page.locator("[data-own]")


def cells(part) -> list[str]:
    return part.locator(".fuse-tile").evaluate_all(
        "tiles => tiles.map(t => t.style.transform + t.dataset.value).sort()"
    )


def press(page, count: int) -> None:
    for number in range(count):
        page.keyboard.press(KEYS[number % 4])


def come_to_agree(page, read_one, read_other) -> None:
    """Wait until both show the same."""
    for _ in range(400):
        if read_one() == read_other():
            return
        page.wait_for_timeout(50)
    assert read_one() == read_other()


def test_two_strangers_play_one_reloads_one_watches(in_arena, arena):
    watcher = in_arena("/watch/")
    expect(watcher.locator("main")).to_contain_text("Nobody plays right now.")
    first, second = paired(in_arena)
    press(first, 12)
    press(second, 8)
    # Each sees the other's board as the other sees it.
    other = second.locator(".room-seat:not([data-own])")
    come_to_agree(first, lambda: cells(other), lambda: cells(own(first)))
    expect(other.locator("[data-points]")).to_have_text(own(first).locator("[data-points]").inner_text())

    card = watcher.locator(".room-card").first
    expect(card).to_be_visible()
    card.click()
    expect(watcher.locator("[data-room]")).to_have_attribute("data-phase", "watching")
    expect(watcher.locator('[data-seat="0"] [data-points]')).to_have_text(re.compile(r"\d+"))
    assert complaints(watcher) == []

    # A reload in the middle: the same seat, the same board, and play goes on.
    come_to_agree(second, lambda: cells(first.locator(".room-seat:not([data-own])")), lambda: cells(own(second)))
    before = cells(own(second))
    second.reload()
    expect(second.locator("[data-room]")).to_have_attribute("data-phase", "playing")
    come_to_agree(second, lambda: cells(own(second)), lambda: before)
    press(second, 4)
    opposite = first.locator(".room-seat:not([data-own])")
    come_to_agree(first, lambda: cells(opposite), lambda: cells(own(second)))

    # A second tab takes the seat; the old one says so and can take it back.
    tab = second.context.new_page()
    tab.goto(second.url)
    expect(tab.locator("[data-room]")).to_have_attribute("data-phase", "playing")
    expect(second.locator("[data-room]")).to_have_attribute("data-phase", "elsewhere")
    expect(second.locator("[data-banner]")).to_have_text("You play in another tab.")
    second.get_by_role("button", name="Play here").click()
    expect(second.locator("[data-room]")).to_have_attribute("data-phase", "playing")
    tab.close()

    first.get_by_role("button", name="Good luck!", exact=False).first.click()
    expect(second.locator(".room-seat:not([data-own]) [data-emoted]")).to_have_text("Good luck!")
    assert complaints(first) == []

    first.get_by_role("button", name="Resign").click()
    first.get_by_role("button", name="Really resign?").click()
    expect(first.locator("[data-result-title]")).to_have_text("You lose")
    expect(second.locator("[data-result-title]")).to_have_text("You win!")
    expect(watcher.locator("[data-result-title]")).to_contain_text("wins")

    # The replay: both boards, scrubbed together.
    wait_for(lambda: arena.count("games_match") == 1)
    replay = in_arena("/watch/")
    expect(replay.locator(".run-list a")).to_have_count(1)
    replay.locator(".run-list a").click()
    expect(replay.locator("[data-bar]")).to_be_enabled()
    replay.keyboard.press("End")
    expect(replay.locator('[data-seat="0"] [data-points]')).to_have_text(
        watcher.locator('[data-seat="0"] [data-points]').inner_text()
    )
    assert cells(replay.locator('[data-seat="1"]')) == cells(watcher.locator('[data-seat="1"]'))
    assert complaints(replay) == []

    # A rematch takes everybody along, who watches too.
    old = first.url
    first.get_by_role("button", name="Rematch").click()
    expect(second.locator("[data-result-words]")).to_contain_text("wants a rematch")
    second.get_by_role("button", name="Rematch").click()
    for page in (first, second, watcher):
        page.wait_for_url(lambda url: url != old and "/rooms/" in url)
    expect(first.locator("[data-room]")).to_have_attribute("data-phase", "playing")
    first.get_by_role("button", name="Resign").click()
    first.get_by_role("button", name="Really resign?").click()
    expect(second.locator("[data-result-title]")).to_have_text("You win!")


def test_who_sleeps_is_shown_away_and_comes_back_to_the_same_seat(in_arena):
    first, second = paired(in_arena)
    press(first, 6)
    second.context.set_offline(True)
    second.evaluate("window.dispatchEvent(new Event('offline'))")
    expect(first.locator(".room-seat:not([data-own]) [data-line]")).to_contain_text("reconnecting")
    second.context.set_offline(False)
    second.evaluate("window.dispatchEvent(new Event('online'))")
    expect(second.locator("[data-room]")).to_have_attribute("data-phase", "playing")
    expect(first.locator(".room-seat:not([data-own]) [data-line]")).to_be_empty()
    press(second, 3)
    opposite = first.locator(".room-seat:not([data-own])")
    come_to_agree(first, lambda: cells(opposite), lambda: cells(own(second)))


def test_a_friend_comes_by_a_link_and_a_bot_when_nobody_does(in_arena, arena):
    host = in_arena("/")
    host.get_by_role("button", name="Play Fuse Duel").click()
    host.get_by_role("button", name="Play a friend by a link").click()
    link = host.locator("[data-link]").input_value()
    expect(host.locator("[data-banner]")).to_have_text("Waiting for somebody to take the other seat.")
    friend = in_arena(link.removeprefix(arena.url))
    friend.get_by_role("button", name="Take the seat").click()
    for page in (host, friend):
        expect(page.locator("[data-room]")).to_have_attribute("data-phase", "playing")
    friend.get_by_role("button", name="Resign").click()
    friend.get_by_role("button", name="Really resign?").click()
    expect(host.locator("[data-result-title]")).to_have_text("You win!")

    alone = in_arena("/")
    alone.get_by_role("button", name="Play Fuse Duel").click()
    alone.clock.install()
    alone.reload()
    alone.clock.fast_forward(11_000)
    alone.get_by_role("button", name="Play a bot meanwhile").click()
    expect(alone.locator(".room-seat:not([data-own]) [data-rating]")).to_have_text("bot")
    expect(alone.locator("[data-rated]")).to_have_text("not rated")
