"""Playing in a real browser: keys, strokes, tabs, slow lines."""

import itertools
import random
import re
import socket

import pytest
from playwright.sync_api import expect

from games.fuse import rules
from tests.browser import KEYS, PHONE, cells, points, start_playing
from tests.slow_line import SlowLine
from tests.stack import Site, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_keys_buttons_and_swipes_all_slide(opened):
    page = opened("/play/fuse/", has_touch=True, viewport=PHONE)
    start_playing(page)
    box = page.locator("[data-fuse]").bounding_box()

    def swipe(x, y):
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(*middle)
        page.mouse.down()
        page.mouse.move(middle[0] + x, middle[1] + y)
        page.mouse.up()

    def slid(*actions) -> bool:
        before = cells(page)
        for action in actions:
            action()
            page.wait_for_timeout(150)
        return cells(page) != before

    assert slid(*(lambda key=key: page.keyboard.press(key) for key in ("KeyA", "KeyS", "KeyD", "KeyW")))
    assert slid(*(page.get_by_role("button", name=f"Slide {way}").click for way in ("left", "down", "right", "up")))
    assert slid(*(lambda to=to: swipe(*to) for to in ((-90, 0), (0, 90), (90, 0), (0, -90))))


def test_the_browser_slides_exactly_as_the_server_does(opened):
    page = opened("/play/fuse/")
    rng = random.Random(7)
    boards = [[rng.choice([0, 0, 2, 2, 4, 8, 16]) for _ in range(16)] for _ in range(300)]
    script = """async (boards) => {
      const { slide } = await import("games/fuse/fuse-state");
      return boards.map((cells) => ["left", "right", "up", "down"].map((input) => slide(cells, input).cells));
    }"""
    for before, slid in zip(boards, page.evaluate(script, boards), strict=True):
        assert slid == [list(rules.slide(tuple(before), input)[0]) for input in rules.INPUTS]


def test_the_browsers_topic_state_follows_the_servers_diffs(opened):
    page = opened("/")
    script = """async () => {
      const { applied } = await import("live/topic-state");
      return applied({ a: 1, b: 2, c: 3 }, { a: 9, d: 4 }, ["b"]);
    }"""
    assert page.evaluate(script) == {"a": 9, "c": 3, "d": 4}


def test_a_second_tab_goes_on_with_the_same_run(opened):
    first = opened("/play/fuse/")
    start_playing(first)
    for key in KEYS:
        first.keyboard.press(key)
    first.wait_for_timeout(300)
    second = first.context.new_page()
    second.goto("/play/fuse/")
    second.wait_for_selector(".fuse-tile")
    expect(second.locator(".points-value")).to_have_text(points(first))
    assert cells(second) == cells(first)


def test_a_run_can_be_ended_with_two_clicks(opened):
    page = opened("/play/fuse/")
    start_playing(page)
    page.get_by_role("button", name="End run").click()
    expect(page.locator("[data-result]")).to_be_hidden()
    page.get_by_role("button", name="Really end?").click()
    expect(page.get_by_role("button", name="Play again")).to_be_focused()


@pytest.fixture
def slow_site(tmp_path):
    """A site that is reached over a line with 100 ms there and back."""
    port_holder = socket.create_server(("127.0.0.1", 0))
    port_holder.close()
    site = Site(tmp_path)
    line = SlowLine(site.port, 0.05)
    site.environment["SITE_URLS"] = f"{site.url},http://127.0.0.1:{line.port}"
    with site:
        yield line
    line.listener.close()


def test_a_tile_slides_at_once_on_a_slow_line_and_the_run_survives_a_cut(opened, slow_site):
    opened.expected = ("WebSocket", "ERR_")
    page = opened("/play/fuse/", base=f"http://127.0.0.1:{slow_site.port}")
    start_playing(page)
    script = """async (key) => {
      const places = () => [...document.querySelectorAll('.fuse-tile')].map((tile) => tile.style.transform).join();
      const before = places();
      const start = performance.now();
      document.dispatchEvent(new KeyboardEvent('keydown', { code: key, bubbles: true }));
      return { moved: places() !== before, ms: performance.now() - start };
    }"""
    answers = [page.evaluate(script, key) for key in ("ArrowLeft", "ArrowDown", "ArrowRight", "ArrowUp")]
    assert sum(answer["moved"] for answer in answers) >= 2  # In the very same task, long before any answer.
    page.wait_for_timeout(600)
    before = (cells(page), points(page))

    slow_site.hang_up()
    expect(page.locator("[data-banner]")).to_contain_text("Reconnecting")
    expect(page.get_by_role("button", name="Slide left")).to_be_disabled()
    page.keyboard.press("ArrowLeft")
    assert cells(page) == before[0]
    slow_site.cut = False
    expect(page.locator("[data-banner]")).to_be_hidden(timeout=20_000)
    assert (cells(page), points(page)) == before
    for key in KEYS:
        page.keyboard.press(key)
    page.wait_for_timeout(800)
    assert cells(page) != before[0]


def test_signing_up_with_the_page_open_keeps_the_player_signed_in(opened):
    for number in range(4):
        page = opened("/")
        start_playing(page)
        player = page.locator("body").get_attribute("data-player")
        page.get_by_role("link", name="Keep my scores").click()
        page.wait_for_selector('.live-status[data-state="live"]')
        page.get_by_label("Name").fill(f"Kept-{player}-{number}")
        page.get_by_label("Password").fill("correct horse")
        page.get_by_role("button", name="Sign up").click()
        expect(page.get_by_text("Welcome, Kept-")).to_be_visible()
        assert page.locator("body").get_attribute("data-player") == player


def test_a_result_that_got_lost_on_the_way_is_asked_for_again(opened):
    page = opened("/")
    lost = []

    def route(line):
        server = line.connect_to_server()

        def passed_on(message):
            if '"type":"finished"' in message and not lost:
                lost.append(message)
                line.close(code=1012)
            else:
                line.send(message)

        server.on_message(passed_on)

    page.route_web_socket(re.compile("/ws/play/"), route)
    start_playing(page)
    page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="End run").click()
    page.get_by_role("button", name="Really end?").click()
    page.locator("[data-result]").wait_for(timeout=15_000)
    assert lost


INPUTS = """() => {
  window.taken = [];
  const own = WebSocket.prototype.send;
  WebSocket.prototype.send = function (text) {
    const message = JSON.parse(text);
    if (message.type === 'move') window.taken.push(message.input);
    return own.call(this, text);
  };
}"""


@pytest.fixture
def watched(opened):
    """A page that plays, and a way to have it do something and say which inputs it sent for it."""
    page = opened("/")
    start_playing(page)
    page.evaluate(INPUTS)

    def taken(script: str) -> list[str]:
        page.evaluate("window.taken = []")
        page.evaluate(script)
        return page.evaluate("window.taken")

    return page, taken


KEY = "document.dispatchEvent(new KeyboardEvent('keydown', {bubbles: true, %s}))"


@pytest.mark.parametrize(
    ("key", "inputs"),
    [
        ("key: 'ArrowLeft', code: 'Numpad4'", ["left"]),  # The number pad without NumLock …
        ("key: '4', code: 'Numpad4'", ["left"]),  # … and with it.
        ("key: 'ArrowUp', code: ''", ["up"]),  # A screen keyboard.
        ("key: 'a', code: ''", ["left"]),
        ("key: 'q', code: 'KeyA'", ["left"]),  # Where A lies on a French one.
        ("key: 'ArrowLeft', code: 'ArrowLeft', ctrlKey: true", []),
        ("key: '4', code: 'Digit4'", []),
        ("key: 'a', code: 'KeyQ'", []),
    ],
)
def test_a_key_counts_by_what_it_means(watched, key, inputs):
    assert watched[1](KEY % key) == inputs


STROKE = """
const board = document.querySelector('[data-fuse]');
board.setPointerCapture = () => {};
const say = (type, x, more = {}) => (more.on ?? board).dispatchEvent(new PointerEvent(type, {
  bubbles: true, pointerId: 1, isPrimary: true, button: 0, clientX: x, clientY: 0, ...more,
}));
"""


@pytest.mark.parametrize(
    ("stroke", "inputs"),
    [
        ("say('pointerdown', 0); say('pointerup', 90);", ["right"]),
        ("say('pointerdown', 0, {button: 2}); say('pointerup', 90, {button: 2});", []),
        ("say('pointerdown', 0, {isPrimary: false, pointerId: 2}); say('pointerup', 90, {pointerId: 2});", []),
        ("say('pointerdown', 0); say('pointerup', 90, {pointerId: 2});", []),
        ("say('pointerdown', 0); say('pointerdown', 5, {isPrimary: false, pointerId: 2}); say('pointerup', 90);", []),
        ("say('pointerdown', 0, {on: document.body}); say('pointerup', 90);", []),
        ("say('pointerdown', 0); say('pointercancel', 50); say('pointerup', 90);", []),
    ],
    ids=[
        "one finger",
        "right button",
        "second finger alone",
        "another's end",
        "two fingers",
        "begun elsewhere",
        "cancelled",
    ],
)
def test_a_stroke_counts_of_one_primary_pointer(watched, stroke, inputs):
    assert watched[1](f"() => {{ {STROKE} {stroke} }}") == inputs


def test_what_changes_nothing_is_said_and_said_again(watched):
    page, _ = watched
    page.evaluate("""() => {
      window.said = [];
      const region = document.querySelector('[data-words]');
      const watcher = new MutationObserver(() => window.said.push(region.textContent));
      watcher.observe(region, { childList: true, characterData: true, subtree: true });
    }""")

    def is_said_twice() -> bool:
        page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(20)
        said = page.evaluate("window.said")
        return len([text for text in said if text.startswith("Nothing moves that way.")]) >= 2

    wait_for(is_said_twice, 40)  # To the left until nothing moves any more, and then twice more.
    said = page.evaluate("window.said")
    # A reader of screens says a changed text only; a tile that came moves again, and is told in between.
    assert all(one != other for one, other in itertools.pairwise(said))


def test_countdowns_follow_the_sites_clock(opened):
    page = opened("/boards/fuse/")
    page.wait_for_selector('.live-status[data-state="live"]')
    right = page.locator("count-down").first.inner_text()
    wrong = opened("/boards/fuse/")
    wrong.clock.install(time=1_700_000_000_000)  # Three years back.
    wrong.reload()
    wrong.wait_for_selector('.live-status[data-state="live"]')
    shown = wrong.locator("count-down").first
    for _ in range(20):  # Until the site has told its clock.
        wrong.clock.run_for(1_000)
        if shown.inner_text().split(":")[0].split()[0] == right.split(":")[0].split()[0]:
            break
    expect(shown).not_to_contain_text(re.compile(r"\d{3,} d"))
    assert shown.inner_text().split(":")[0].split()[0] == right.split(":")[0].split()[0]
