"""The pseudo-language in a real browser: all text is marked, longer text fits, and pages read from right to left."""

import pytest
from playwright.sync_api import expect

from tests.browser import PHONE
from tests.languages import pseudo
from tests.stack import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PAGES = ["/", "/boards/", "/boards/fuse/", "/daily/", "/watch/", "/shop/", "/accounts/settings/", "/accounts/devices/"]
PAGES += [
    "/accounts/data/",
    "/nearby/",
    "/accounts/sign-in/",
    "/accounts/sign-up/",
    "/accounts/forgot/",
    "/play/lights/",
]
PAGES += ["/rooms/play/fuse-duel/", "/rooms/play/claim/", "/boards/champions/", "/boards/fuse/past/", "/nothing/"]

# Text that is seen and not marked: but names, symbols, and the parts of a marked sentence, such as a link in it.
UNMARKED = """() => {
  const quiet = 'script, style, noscript, template, svg, select, kbd, [translate=no], button[lang], .bare-code';
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const [text, parent] = [node.textContent.trim(), node.parentElement];
    if (!/[A-Za-z]{2}/.test(text) || /[⟦⟧]/.test(text) || parent.closest(quiet) || !parent.checkVisibility()) continue;
    let marked = false;
    for (let up = 0, around = parent; up < 3 && around !== document.body; up += 1, around = around.parentElement) {
      marked ||= /⟦[^⟧]*$/.test(around.textContent.slice(0, around.textContent.indexOf(text)));
    }
    if (!marked) found.push(text.slice(0, 80));
  }
  return found;
}"""
NAMES = {"Gameapp", "Fuse", "Lights", "Claim", "Fuse Duel"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    words = pseudo.write(tmp_path_factory.mktemp("words"))
    with Site(tmp_path_factory.mktemp("site"), LOCALE_DIR=str(words)) as running:
        yield running


def test_pages_read_from_right_to_left_and_longer_words_fit(opened, site):
    opened.expected = ("404",)
    page = opened("/")
    page.locator(f'.languages button[value="{pseudo.CODE}"]').click()
    page.locator("html[dir=rtl]").wait_for()
    page.locator(".card form button").first.click()
    page.locator("[data-stage]").wait_for()
    page.evaluate("document.documentElement.dataset.motion = 'less'")
    left = {}
    for path in PAGES:
        page.goto(path)
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        for size in ({"width": 1280, "height": 900}, PHONE, {"width": 320, "height": 640}):
            page.set_viewport_size(size)
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, (path, size, wide)
        page.set_viewport_size({"width": 1280, "height": 900})
        if odd := [text for text in page.evaluate(UNMARKED) if text not in NAMES]:
            left[path] = odd
    assert left == {}


def test_the_board_of_a_game_is_not_turned_round(opened):
    page = opened("/play/fuse/", reduced_motion="reduce")
    page.locator(f'.languages button[value="{pseudo.CODE}"]').click()
    page.locator("html[dir=rtl]").wait_for()
    page.locator(".play-invite button").click()
    page.locator(".fuse-tile").first.wait_for()
    for key in ("ArrowLeft", "ArrowDown") * 6:
        page.keyboard.press(key)
    # Each tile lies on one of the cells that are drawn below it.
    apart = page.evaluate("""() => {
      const cells = [...document.querySelectorAll('.fuse-cell')].map((each) => each.getBoundingClientRect());
      return Math.max(...[...document.querySelectorAll('.fuse-tile')].map((tile) => {
        const at = tile.getBoundingClientRect(), x = at.x + at.width / 2, y = at.y + at.height / 2;
        return Math.min(...cells.map((cell) => Math.hypot(cell.x + cell.width / 2 - x, cell.y + cell.height / 2 - y)));
      }));
    }""")
    assert apart < 12
