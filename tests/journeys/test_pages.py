"""Journeys in a real browser. Without Chromium they are skipped, but for CI, where that is a failure."""

import json
import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import KEYS, cells, complaints, play_to_the_end, points, start_playing
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


def test_axe_finds_nothing(opened):
    page = opened("/", reduced_motion="reduce")
    start_playing(page)
    found = []
    for path in PAGES:
        page.goto(path)
        if path == "/play/fuse/":
            page.wait_for_selector(".fuse-tile")
        page.wait_for_selector('.live-status[data-state="live"]')
        found += complaints(page)
    assert found == []


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
        expect(page.locator(".milestone")).to_have_count(0)
        page.screenshot(path=Path(folder) / "play.png")
        page.goto("about:blank")


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


def test_a_quiet_minute_of_a_socket_is_at_most_ten_frames(opened):
    """By the page's own clock: a beat every 14 seconds and its answer, which the next beat acknowledges."""
    page = opened("/livez")
    page.clock.install()
    frames = []
    page.on(
        "websocket",
        lambda line: (
            line.on("framesent", lambda frame: frames.append(("out", json.loads(frame)))),
            line.on("framereceived", lambda frame: frames.append(("in", json.loads(frame)))),
        ),
    )
    page.goto("/accounts/sign-in/")
    page.wait_for_selector('.live-status[data-state="live"]')
    while len([frame for _, frame in frames if frame["type"] == "beat"]) < 2:  # The first beat and its answer.
        page.wait_for_timeout(20)
    frames.clear()
    for _ in range(60):
        page.clock.run_for(1000)
        # Each beat has its answer before the clock goes on.
        while [way for way, frame in frames if frame["type"] == "beat"].count("out") > [
            way for way, frame in frames if frame["type"] == "beat"
        ].count("in"):
            page.wait_for_timeout(20)
    beats = [frame for way, frame in frames if way == "out" and frame["type"] == "beat"]
    assert 8 <= len([frame for _, frame in frames if frame["type"] == "beat"]) <= 10
    assert all(frame["ask"] and isinstance(frame["seen"], int) for frame in beats)
