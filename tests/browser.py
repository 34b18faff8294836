"""A real browser for tests: the fixtures, and what a player does with their hands."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from tests.programs import found

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: The first that is found. The headless shell is the same engine without windows, and takes less processor time.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
KEYS = ("ArrowLeft", "ArrowDown", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp")
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def chromium():
    """The system's Chromium. One for the module, closed before async tests need the loop again."""
    program = found(*PROGRAMS, package="chromium-headless-shell, or chromium")
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium, site):
    """Open a page in a browser context of its own. At the end, none has said anything on its console."""
    contexts, complaints = [], []

    def open_page(path: str, *, base: str = site.url, **options):
        options.setdefault("viewport", DESKTOP)
        context = chromium.new_context(base_url=base, locale="en-US", **options)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    open_page.expected = ()  # Words of complaints that the test itself provokes.
    yield open_page
    for context in contexts:
        context.close()
    said = [text for text in complaints if not any(word in text for word in open_page.expected)]
    assert not said, said


def complaints(page) -> list[tuple[str, ...]]:
    """What axe finds on a page on both screens and in both schemes, and whether it is wider than one of them."""
    found = []
    for viewport in (DESKTOP, PHONE):
        page.set_viewport_size(viewport)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            if not found:
                # Returns nothing: handing `axe` itself over to Python takes longer than running it.
                page.evaluate(f"() => {{ if (!window.axe) {{ {Axe().axe_script} }} }}")
            # The scheme changes colours and nothing else.
            rules = "{}" if scheme == "light" else "{runOnly: ['color-contrast']}"
            violations = page.evaluate(f"axe.run(document, {rules}).then((result) => result.violations)")
            where = (page.url, scheme, f"{viewport['width']} px")
            found += [(*where, each["id"], each["nodes"][0]["html"][:160]) for each in violations]
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found += [(*where, f"{overflow} px too wide")] if overflow > 0 else []
    return found


def start_playing(page) -> None:
    page.get_by_role("button", name="Play Fuse").first.click()
    page.wait_for_selector(".fuse-tile")


def cells(page) -> list[int]:
    """The board as it is drawn, in reading order."""
    script = """() => {
      const cells = Array(16).fill(0);
      for (const tile of document.querySelectorAll('.fuse-tile')) {
        const [x, y] = tile.style.transform.match(/[\\d.]+(?=%)/g).map((at) => at / 100);
        cells[4 * y + x] = Number(tile.dataset.value);
      }
      return cells;
    }"""
    return page.evaluate(script)


def play_to_the_end(page) -> None:
    result = page.locator("[data-result]")
    for _ in range(400):
        for key in KEYS:
            page.keyboard.press(key)
        if result.is_visible():
            return
    raise AssertionError("the run did not end")


def points(page) -> str:
    return page.locator(".points-value").inner_text()
