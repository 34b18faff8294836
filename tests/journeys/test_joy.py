"""What makes playing a pleasure: hints, what rises and pops, sounds, the panel at the end, trying on."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import start_playing
from tests.hands import play_a_run

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

# Notes every tone that the page would play.
LISTEN = """() => {
  window.heard = [];
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (at) {
    window.heard.push(Math.round(this.frequency.value));
    return start.call(this, at);
  };
}"""


def slide(page, times: int = 1) -> None:
    for key in ("ArrowLeft", "ArrowDown", "ArrowRight", "ArrowDown") * times:
        page.keyboard.press(key)


def test_three_hints_go_away_one_after_the_other_and_stay_away(opened):
    page = opened("/play/fuse/")
    start_playing(page)
    hints = page.locator("[data-hints]")
    expect(hints).to_contain_text("Slide all tiles")
    slide(page)
    expect(hints).to_contain_text("Two equal tiles")
    slide(page)
    expect(hints).to_contain_text("Keep the largest tile")
    slide(page, 2)
    expect(hints).to_be_hidden()
    page.reload()
    page.locator(".fuse-tile").first.wait_for()
    expect(page.locator("[data-hints]")).to_have_count(0)
    page.goto("/play/lights/")  # Each game has its own.
    expect(page.locator("[data-hints]")).to_contain_text("Press a light")
    page.get_by_role("button", name="Show no hints").click()
    page.reload()
    page.locator("[data-lights]").wait_for()
    expect(page.locator("[data-hints]")).to_have_count(0)


def test_points_rise_and_a_larger_tile_is_a_milestone(opened):
    page = opened("/play/fuse/")
    start_playing(page)
    page.evaluate("""() => {
      window.seen = { rises: 0, milestones: [] };
      new MutationObserver((records) => records.forEach(({ addedNodes }) => addedNodes.forEach((node) => {
        if (node.className === "points-rise") window.seen.rises += 1;
        if (node.className === "milestone") window.seen.milestones.push(Number(node.textContent));
      }))).observe(document.body, { childList: true, subtree: true });
    }""")
    for _ in range(240):  # A larger tile takes luck, too.
        slide(page)
        if page.evaluate("window.seen.milestones.length") >= 2:
            break
    seen = page.evaluate("window.seen")
    assert seen["rises"] > 3 and seen["milestones"][:2] == [32, 64]


def test_with_less_motion_nothing_rises_and_nothing_pops(opened):
    page = opened("/play/fuse/", reduced_motion="reduce")
    start_playing(page)
    page.evaluate("""() => {
      window.seen = 0;
      new MutationObserver((records) => records.forEach(({ addedNodes }) => addedNodes.forEach((node) => {
        if (["points-rise", "milestone"].includes(node.className)) window.seen += 1;
      }))).observe(document.body, { childList: true, subtree: true });
    }""")
    slide(page, 12)
    expect(page.locator(".points-value")).not_to_have_text("0")
    assert page.evaluate("window.seen") == 0


def test_sounds_are_heard_only_when_they_are_on(opened):
    page = opened("/play/fuse/")
    start_playing(page)
    page.evaluate(LISTEN)
    slide(page, 4)
    assert page.evaluate("window.heard") == []
    page.keyboard.press("m")
    expect(page.get_by_role("button", name="Turn sound off")).to_be_visible()
    for _ in range(40):  # What fuses takes luck.
        slide(page)
        page.keyboard.press("ArrowUp")
        if len(set(page.evaluate("window.heard"))) > 3:
            break
    assert len(set(page.evaluate("window.heard"))) > 3
    page.keyboard.press("m")
    heard = page.evaluate("window.heard.length")
    slide(page, 2)
    assert page.evaluate("window.heard.length") == heard


def test_the_end_shows_the_last_board_the_news_and_ways_on(opened):
    page = opened("/play/fuse/")
    play_a_run(page)
    panel = page.locator("[data-result]")
    expect(panel.locator("[data-result-words]")).to_have_text("Your first ranked run. Welcome to the board!")
    # Read at once: the page may be gliding to the panel.
    bottom, width, top = page.evaluate("""() => {
      const box = (each) => document.querySelector(each).getBoundingClientRect();
      const [board, panel] = [box(".fuse"), box("[data-result]")];
      return [board.bottom, board.width, panel.top];
    }""")
    assert bottom <= top and 100 < width < 200
    expect(panel.get_by_role("link", name="Keep my scores")).to_be_visible()
    for name in ("Play again", "Share"):
        expect(panel.get_by_role("button", name=name)).to_be_visible()
    expect(panel.get_by_role("link", name="Watch it")).to_have_attribute("href", re.compile("^/replays/"))
    panel.get_by_role("button", name="Play again").click()
    expect(panel).to_be_hidden()
    assert page.locator(".fuse").bounding_box()["width"] > 300


def test_things_are_tried_on_before_they_are_bought(opened):
    page = opened("/play/fuse/")
    start_playing(page)
    page.goto("/shop/")
    you = page.locator("[data-you]")
    page.locator('[data-try][data-item="name-gold"]').click()
    expect(you.locator("[data-name]")).to_have_attribute("data-color", "name-gold")
    page.locator('[data-try][data-item="frame-neon"]').click()
    expect(you.locator("player-avatar")).to_have_attribute("frame", "frame-neon")
    page.locator('[data-try][data-item="name-gold"]').click()
    expect(you.locator("[data-name]")).to_have_attribute("data-color", "")
    page.locator('a[href="/play/fuse/?try=tiles-ember"]').click()
    expect(page.get_by_text("You are trying on Ember.")).to_be_visible()
    expect(page.locator(".fuse")).to_have_attribute("data-game-theme", "tiles-ember")
    page.goto("/play/fuse/?try=nothing")
    expect(page.get_by_text("You are trying on")).to_have_count(0)
    expect(page.locator(".fuse")).not_to_have_attribute("data-game-theme", re.compile("."))
