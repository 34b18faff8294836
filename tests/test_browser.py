"""Journeys in a real browser. Without Chromium they are skipped, but for CI, where that is a failure."""

import os
import random
import re
import signal
import socket
import time
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from games.fuse import rules
from tests.browser import DESKTOP, KEYS, PHONE, cells, play_to_the_end, points, start_playing
from tests.slow_line import SlowLine
from tests.stack import ROOT, Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PAGES = [
    "/",
    "/boards/",
    "/boards/fuse/",
    "/boards/fuse/last/7/",
    "/boards/fuse/past/",
    "/boards/fuse/mine/",
    "/boards/champions/",
    "/play/fuse/",
    "/accounts/sign-in/",
    "/accounts/sign-up/",
    "/accounts/settings/",
]


def test_a_score_arrives_by_itself_in_a_second_browser(opened):
    player = opened("/")
    start_playing(player)
    watcher = opened("/")
    start_playing(watcher)
    watcher.goto("/boards/fuse/")
    watcher.evaluate("window.notReloaded = true")
    player_id = player.locator("body").get_attribute("data-player")
    row = watcher.locator(f'tr[data-id="{player_id}"]')
    expect(row).to_have_count(0)

    for key in KEYS * 3:
        player.keyboard.press(key)
    player.wait_for_timeout(300)
    before = (cells(player), points(player))
    player.reload()
    player.wait_for_selector(".fuse-tile")
    expect(player.locator(".points-value")).to_have_text(before[1])
    assert cells(player) == before[0]

    for page in (player, watcher):
        expect(page.locator("online-count [data-count]")).to_have_text("2", timeout=15_000)

    play_to_the_end(player)
    total = points(player)
    expect(player.locator("[data-result-points]")).to_have_text(total)
    expect(player.locator("[data-again]")).to_be_focused()
    expect(player.locator("[data-result-periods] tr")).to_have_count(4)
    expect(row.locator("[data-points]")).to_have_text(total)
    assert watcher.evaluate("window.notReloaded") is True

    player.keyboard.press("Enter")
    expect(player.locator("[data-result]")).to_be_hidden()
    expect(player.locator(".points-value")).to_have_text("0")


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


def test_a_board_can_be_paused_and_counts_what_it_holds(opened, site):
    page = opened("/boards/fuse/?period=all")
    page.wait_for_selector('.live-status[data-state="live"]')
    page.get_by_role("button", name="Pause").click()
    rows = page.locator("tbody [data-row]").count()
    site.manage("simulate", "--players", "1", "--runs", "1", "--speed", "900", "--url", site.url)
    expect(page.get_by_role("button", name=re.compile(r"Resume \(1 new\)"))).to_be_visible(timeout=10_000)
    assert page.locator("tbody [data-row]").count() == rows
    page.get_by_role("button", name=re.compile("Resume")).click()
    expect(page.locator("tbody [data-row]")).to_have_count(min(50, rows + 1))


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing(opened, scheme, viewport):
    axe = Axe()
    page = opened("/", color_scheme=scheme, viewport=viewport, reduced_motion="reduce")
    start_playing(page)
    for path in PAGES:
        page.goto(path)
        if path == "/play/fuse/":
            page.wait_for_selector(".fuse-tile")
        page.wait_for_selector('.live-status[data-state="live"]')
        found = axe.run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{path} is wider than the screen by {overflow} px"


def test_the_policy_is_never_broken_admin_included(opened, tmp_path):
    with Site(tmp_path, "--demo") as site:
        [line] = [line for line in site.output().splitlines() if "First administrator" in line]
        page = opened(line.split(site.url)[1].split()[0], base=site.url)
        page.evaluate(
            "document.addEventListener('securitypolicyviolation', (e) => console.error('CSP', e.violatedDirective))"
        )
        page.get_by_label("Name").fill("Olga")
        page.get_by_label("Password").fill("correct horse")
        page.get_by_role("button", name="Create the administrator").click()
        page.wait_for_url("**/admin/")
        paths = [
            "accounts/player/",
            "accounts/player/add/",
            "leaderboard/board/",
            "leaderboard/board/fuse/change/",
            "leaderboard/run/",
        ]
        for path in paths:
            page.goto(f"/admin/{path}")
        page.goto("/admin/accounts/player/?q=olga")
        page.get_by_role("link", name="Olga").last.click()
        page.wait_for_selector("#player_form")
        page.goto("/dashboard/")
        seen = page.locator("[data-as-of]").inner_text()
        expect(page.locator("[data-as-of]")).not_to_have_text(seen, timeout=5_000)
        assert int(page.locator('[data-figure="visitors_day"]').inner_text()) >= 1
        expect(page.locator('[data-figure="online"]')).to_have_text("1")
        page.goto("about:blank")  # Before the site goes, which its pages would complain of.


@pytest.mark.skipif("SCREENSHOTS" not in os.environ, reason="set SCREENSHOTS to a folder to take the README's pictures")
def test_take_the_pictures_of_the_readme(opened, tmp_path):
    folder = ROOT / os.environ["SCREENSHOTS"]
    with Site(tmp_path, "--demo") as site:
        page = opened("/", base=site.url, color_scheme="dark", viewport={"width": 1280, "height": 800})
        start_playing(page)
        for key in KEYS * 14:
            page.keyboard.press(key)
            page.wait_for_timeout(15)
        page.wait_for_timeout(900)
        page.screenshot(path=Path(folder) / "play.png")
        page.goto("about:blank")


def test_who_is_passed_is_told_and_the_own_place_follows(opened, tmp_path):
    with Site(tmp_path) as site:
        page = opened("/", base=site.url)
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
        gained = site.guest().play_run(60)
        toast = page.locator(".notice-toast")
        expect(toast).to_contain_text(re.compile(r"passed you on Fuse all time, by [\d,]+\. You are #2\."))
        expect(page.locator("[data-spoken]")).to_contain_text("passed you", timeout=10_000)
        expect(page.locator("[data-own-place]")).to_contain_text("#2 of 2 (down 1)")
        assert gained > 0
        toast.get_by_role("button", name="Close").click()
        expect(toast).to_have_count(0)
        site.manage("notice", "Back in five minutes.")
        expect(toast).to_contain_text("Back in five minutes.")
        opened.expected = ("WebSocket", "ERR_")  # The tab outlives the site.


def test_the_feed_gets_what_it_missed_while_the_line_was_down(opened, tmp_path):
    with Site(tmp_path) as site:
        page = opened("/", base=site.url)
        page.wait_for_selector('.live-status[data-state="live"]')
        page.evaluate("window.notReloaded = true")
        lines = page.locator("activity-feed [data-lines] li")
        site.guest().play_run(20)
        expect(lines).to_have_count(1, timeout=15_000)
        page.context.set_offline(True)
        site.kill("uvicorn")
        page.wait_for_selector('.live-status:not([data-state="live"])')
        opened.expected = ("WebSocket", "ERR_")
        for _ in range(2):
            play_run_soon(site, 40)
        page.context.set_offline(False)
        expect(lines).to_have_count(3, timeout=30_000)
        page.locator("activity-feed [data-pause]").click()
        play_run_soon(site, 60)
        expect(page.locator("activity-feed [data-pause]")).to_have_text("Resume (1 new)", timeout=15_000)
        expect(lines).to_have_count(3)
        page.locator("activity-feed [data-pause]").click()
        expect(lines).to_have_count(4)
        assert page.evaluate("window.notReloaded") is True


def play_run_soon(site, moves: int) -> None:
    """Play as soon as the site is back."""
    for attempt in range(60):
        try:
            site.guest().play_run(moves)
            return
        except Exception:
            assert attempt < 59
            time.sleep(0.25)


def test_while_the_store_is_away_the_page_says_so_and_catches_up(opened, tmp_path):
    with Site(tmp_path) as site:
        page = opened("/boards/fuse/?period=all", base=site.url)
        page.wait_for_selector('.live-status[data-state="live"]')
        page.evaluate("window.notReloaded = true")
        [redis] = site.children("redis")
        os.kill(redis, signal.SIGSTOP)
        try:
            expect(page.locator(".live-status")).to_have_attribute("data-state", "waiting", timeout=15_000)
            expect(page.locator(".live-status")).to_contain_text("Catching up")
        finally:
            os.kill(redis, signal.SIGCONT)
        expect(page.locator(".live-status")).to_have_attribute("data-state", "live", timeout=15_000)
        site.guest().play_run(20)
        expect(page.locator("tbody [data-row]")).to_have_count(1)
        assert page.evaluate("window.notReloaded") is True
        opened.expected = ("WebSocket", "ERR_")  # The tab outlives the site.


def test_who_wants_to_be_seen_by_nobody_is_in_no_list(opened, tmp_path):
    with Site(tmp_path) as site:
        player, other = opened("/", base=site.url), opened("/", base=site.url)
        start_playing(player)
        name = player.locator(".account-name").inner_text()
        expect(other.locator("online-list")).to_contain_text(f"{name}guestplaying Fuse")
        player.locator(".account-name").click()
        player.get_by_role("link", name="Settings").click()
        player.get_by_label("Nobody").check()
        player.get_by_role("button", name="Save").click()
        expect(player.get_by_text("Saved.")).to_be_visible()
        expect(other.locator("online-list")).not_to_contain_text(name)
        expect(other.locator("online-count [data-count]")).to_have_text("0")
        player.goto("/play/fuse/")
        player.wait_for_selector(".fuse-tile")
        other.wait_for_timeout(1500)
        expect(other.locator("online-list")).not_to_contain_text(name)
        opened.expected = ("WebSocket", "ERR_")  # The tabs outlive the site.


def test_a_paused_feed_lets_go_of_what_was_taken_back(opened):
    page = opened("/")
    script = """async () => {
      const { joined } = await import("feed-state");
      const line = (id) => ({ id });
      const first = { lines: [line("1"), line("2")], drop: [], order: ["0", "1", "2"] };
      const second = joined(first, { lines: [line("3")], drop: ["1"], order: null });
      const third = joined(second, { lines: [line("4")], drop: [], order: ["3", "4"] });
      return [second, third].map(({ lines, order }) => [lines.map(({ id }) => id), order]);
    }"""
    assert page.evaluate(script) == [[["2", "3"], ["0", "2", "3"]], [["3", "4"], ["3", "4"]]]


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


def test_topics_that_were_refused_during_an_outage_are_watched_again(opened, tmp_path):
    with Site(tmp_path) as site:
        page = opened("/boards/fuse/?period=all", base=site.url)
        page.wait_for_selector('.live-status[data-state="live"]')
        opened.expected = ("WebSocket", "ERR_")
        [redis] = site.children("redis")
        os.kill(redis, signal.SIGSTOP)
        try:
            site.kill("uvicorn")
            expect(page.locator(".live-status")).to_have_attribute("data-state", "reconnecting", timeout=15_000)
            page.wait_for_timeout(8_000)
        finally:
            os.kill(redis, signal.SIGCONT)
        expect(page.locator(".live-status")).to_have_attribute("data-state", "live", timeout=30_000)
        play_run_soon(site, 20)
        expect(page.locator("tbody [data-row]")).to_have_count(1, timeout=15_000)
