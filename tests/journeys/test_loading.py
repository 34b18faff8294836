"""How pages load: few requests, nothing that jumps, and a page of ours when the site cannot be reached."""

import pytest
from playwright.sync_api import expect

from tests.browser import DESKTOP, PHONE, start_playing

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

REQUESTS_MAX = 12
SHIFT_MAX = 0.02
WATCH_SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => list.getEntries().forEach((each) => {
  if (!each.hadRecentInput) window.shifted += each.value;
})).observe({ type: "layout-shift", buffered: true });
"""


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nothing_jumps_while_a_page_loads(opened, size):
    page = opened("/play/fuse/", viewport=size)
    start_playing(page)
    page.add_init_script(WATCH_SHIFTS)
    for path in ("/", "/boards/", "/boards/fuse/", "/play/fuse/", "/play/lights/", "/daily/", "/watch/", "/shop/"):
        page.goto(path)
        page.wait_for_selector('.live-status[data-state="live"]')
        page.wait_for_timeout(300)
        shifted = page.evaluate("window.shifted")
        assert shifted <= SHIFT_MAX, (path, shifted)


def test_the_lobby_asks_for_at_most_a_dozen_files_and_opens_one_socket(opened):
    page = opened("/nothing/")
    opened.expected = ("404",)
    asked, sockets = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda each: sockets.append(each.url))
    page.goto("/")
    page.wait_for_selector('.live-status[data-state="live"]')
    assert len(asked) <= REQUESTS_MAX, asked
    assert len(sockets) == 1
    start_playing(page)  # A game's modules share the bundle's socket.
    page.wait_for_selector('.live-status[data-state="live"]')
    assert len(sockets) == 2


def test_without_the_site_a_page_says_so_and_comes_back_by_itself(opened, site):
    opened.expected = ("Failed to load", "ERR_", "WebSocket", "fetch")
    page = opened("/")
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    page.context.set_offline(True)
    page.goto("/boards/fuse/")
    expect(page.get_by_role("heading", name="The site cannot be reached")).to_be_visible()
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.button')).borderRadius") != "0px"
    )  # It has its looks.
    page.context.set_offline(False)
    expect(page.get_by_role("heading", name="Fuse board")).to_be_visible()
