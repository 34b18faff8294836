"""The stage fits windows of every shape; keys of the frame; what there is to reach, beside the points."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import start_playing
from tests.journeys.test_arena import solve

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

WINDOWS = [(1366, 650), (1920, 1080), (1280, 900), (390, 844), (844, 390), (320, 640)]


@pytest.mark.parametrize("game", ["Fuse", "Lights"])
def test_the_stage_fits_the_window_and_nothing_scrolls_sideways(opened, game):
    page = opened("/")
    page.get_by_role("button", name=f"Play {game}").first.click()
    stage = page.locator("[data-stage]")
    stage.wait_for()
    for width, height in WINDOWS:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("document.querySelector('.play-stage').scrollIntoView()")
        # Once the page has been laid out anew.
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        box = stage.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= height, (width, height, box)
        assert min(box["width"], box["height"]) >= 220, (width, height, box)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, (width, height, wide)


def test_the_header_is_one_row_on_a_phone_and_the_account_a_menu(opened):
    page = opened("/", viewport={"width": 390, "height": 844})
    start_playing(page)
    assert page.locator(".site-header").bounding_box()["height"] < 70
    expect(page.get_by_role("link", name="Keep my scores")).to_be_hidden()
    page.get_by_role("button", name="Account of").click()
    expect(page.get_by_role("link", name="Keep my scores")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Keep my scores")).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(page.get_by_role("link", name="Keep my scores")).to_be_visible()


def test_keys_of_the_frame_and_the_best_beside_the_points(opened):
    page = opened("/play/fuse/")
    start_playing(page)
    points, goal = page.locator(".points-value"), page.locator("[data-goal]")
    for key in ("ArrowLeft", "ArrowDown", "ArrowRight", "ArrowUp") * 4:
        page.keyboard.press(key)
    expect(points).not_to_have_text("0")
    page.keyboard.press("r")
    expect(page.get_by_role("button", name="Really end?")).to_be_visible()
    reached = points.inner_text()
    page.keyboard.press("r")
    expect(points).to_have_text("0")
    expect(page.locator("[data-result]")).to_be_hidden()
    expect(goal).to_have_text(re.compile(r"^Best today \d"))
    # Moves that were on their way when it was read may have brought more.
    assert int(re.search(r"[\d,]+", goal.inner_text())[0].replace(",", "")) >= int(reached.replace(",", ""))
    for _ in range(40):
        for key in ("ArrowLeft", "ArrowDown", "ArrowRight", "ArrowDown"):
            page.keyboard.press(key)
        if "New best" in goal.inner_text():
            break
        page.keyboard.press("ArrowUp")
    expect(goal).to_contain_text("New best today")

    sound = page.locator("[data-sound-button]")
    expect(sound).to_have_text("Turn sound on")
    page.keyboard.press("m")
    expect(sound).to_have_text("Turn sound off")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_results_of_moves_fit_a_profile_and_a_board_on_a_phone(opened):
    page = opened("/play/lights/")
    page.get_by_role("button", name="Play Lights").first.click()
    expect(page.get_by_role("button", name="End run")).to_be_enabled()
    solve(page)
    page.locator("[data-result]").wait_for()
    name = page.locator(".account-name").inner_text()
    page.set_viewport_size({"width": 390, "height": 844})
    for path in (f"/players/{name}/", "/boards/lights/"):
        page.goto(path)
        expect(page.locator("main")).to_contain_text("moves · 0:")
        # The rank as a large board says it.
        page.locator(".board-points .fine").evaluate_all(
            "all => all.forEach((e) => (e.textContent = ' of 12,345 · 97 % stand no higher'))"
        )
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, path


# What can be seen and does not fit: cut off, lying over something else, or wider than the page.
MISFITS = """() => {
  const found = [];
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) found.push(`the page is ${page.scrollWidth - page.clientWidth} px too wide`);
  const shown = (each) => each.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  for (const each of document.querySelectorAll("h1, h2, button, .button, label, .card p, td, th")) {
    if (!shown(each) || each.closest(".visually-hidden, [popover], svg, .board-name")) continue;
    const cut = getComputedStyle(each).overflowX === "hidden" && each.scrollWidth > each.clientWidth + 1;
    if (cut) found.push(`cut: ${each.textContent.trim().slice(0, 40)}`);
  }
  const all = [...document.querySelectorAll("main button, main a.button")];
  const pressed = all.filter((each) => shown(each) && !each.dataset.input);
  for (const [index, one] of pressed.entries()) for (const other of pressed.slice(index + 1)) {
    const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
    const x = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    const words = `${one.textContent.trim()} and ${other.textContent.trim()}`;
    if (x > 2 && y > 2 && !one.contains(other)) found.push(`over each other: ${words}`);
  }
  return found;
}"""
PAGES = [
    "/",
    "/boards/",
    "/boards/fuse/",
    "/boards/fuse/last/7/",
    "/daily/",
    "/watch/",
    "/shop/",
    "/accounts/settings/",
]
PAGES += [
    "/accounts/data/",
    "/nearby/",
    "/accounts/sign-up/",
    "/play/fuse/",
    "/rooms/play/claim/",
    "/boards/fuse/past/",
]


@pytest.mark.parametrize("size", [(1280, 900), (390, 844), (844, 390)], ids=["desktop", "phone", "sideways"])
def test_text_of_twice_the_size_is_neither_cut_nor_covered(opened, site, size):
    for _ in range(3):
        site.guest().play_run(12)
    page = opened("/play/fuse/", viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce")
    start_playing(page)
    sizes = {"standard": 32, "fixed": 26}  # As somebody sets it in their browser: twice the usual.
    page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": sizes})
    misfits = {}
    for path in PAGES:
        page.goto(path)
        page.wait_for_selector('.live-status[data-state="live"]')
        if found := page.evaluate(MISFITS):
            misfits[path] = found
    assert misfits == {}


def test_forced_colours_leave_tiles_lights_and_the_own_row_to_be_seen(opened):
    page = opened("/play/fuse/", forced_colors="active")
    start_playing(page)
    seen = page.evaluate("""() => {
      const of = (selector, part) => getComputedStyle(document.querySelector(selector), part);
      return [of(".fuse-cell").borderTopStyle, of(".fuse-tile", "::before").borderTopStyle, of(".fuse").borderTopStyle];
    }""")
    assert seen == ["solid"] * 3
    page.goto("/play/lights/")
    start = page.get_by_role("button", name="Play Lights")
    if start.count():
        start.first.click()
    on = page.locator('.light[aria-pressed="true"]').first
    off = page.locator('.light[aria-pressed="false"]').first
    colour = "each => getComputedStyle(each).backgroundColor"
    assert on.evaluate(colour) != off.evaluate(colour)


def test_a_printed_board_is_the_board_alone(opened):
    page = opened("/boards/fuse/")
    page.emulate_media(media="print", color_scheme="dark")
    for gone in (".site-header", ".site-footer", ".board-pause", ".tabs"):
        expect(page.locator(gone).first).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
