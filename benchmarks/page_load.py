"""How long a phone waits for a page: requests, bytes, largest contentful paint, and how much jumps while it loads.

A real browser of 390 × 844 at 2 pixels a point, with a line of 150 ms and 1.6 Mbit/s as Chromium makes it. Beside it,
in the same run, the same page with its modules and style sheets one by one, as in development.
"""

import argparse
import importlib
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from benchmarks.report import Target, show

real_browser: Any = importlib.import_module("tests.browser")
stack: Any = importlib.import_module("tests.stack")

LATENCY_MS, DOWN_BYTES_S, UP_BYTES_S = 150, 1_600_000 // 8, 750_000 // 8
LCP_LIMIT_MS, SHIFT_LIMIT, REQUESTS_LIMIT = 1_000.0, 0.02, 12
SETTLED_MS = 2_500
PAGES = ("/", "/play/fuse/", "/boards/fuse/")
WATCH = """
window.lcp = 0; window.shifted = 0;
new PerformanceObserver((list) => list.getEntries().forEach((each) => (window.lcp = each.startTime)))
  .observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => list.getEntries().filter((each) => !each.hadRecentInput)
  .forEach((each) => (window.shifted += each.value)))
  .observe({ type: "layout-shift", buffered: true });
"""


def load(browser: Browser, url: str, path: str) -> dict[str, Any]:
    """One visit with an empty cache."""
    context = browser.new_context(
        base_url=url, viewport={"width": 390, "height": 844}, device_scale_factor=2, service_workers="block"
    )
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    line = context.new_cdp_session(page)
    received = 0

    def count(event: dict[str, Any]) -> None:
        nonlocal received
        received += event["encodedDataLength"]

    line.on("Network.loadingFinished", count)
    line.send("Network.enable")
    line.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": LATENCY_MS,
            "downloadThroughput": DOWN_BYTES_S,
            "uploadThroughput": UP_BYTES_S,
        },
    )
    page.add_init_script(WATCH)
    page.goto(path)
    page.wait_for_timeout(SETTLED_MS)
    lcp, shifted = page.evaluate("[window.lcp, window.shifted]")
    context.close()
    return {"requests": len(asked), "kilobytes": received / 1000, "LCP ms": lcp, "shift": shifted}


@contextmanager
def sites() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        bundled = stack.Site(Path(one), "--demo", prepared=False)
        single = stack.Site(Path(other), "--demo", prepared=False, DEBUG="1")
        with bundled, single:
            yield {"bundled": bundled.url, "one by one": single.url}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=5, help="visits to each page (default: 5)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    program = next(filter(None, map(shutil.which, real_browser.PROGRAMS)), None)
    rows: list[dict[str, Any]] = []
    with sites() as urls, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=real_browser.FLAGS)
        for kind, url in urls.items():
            for path in PAGES:
                visits = [load(browser, url, path) for _ in range(options.visits)]
                middle = {name: statistics.median(each[name] for each in visits) for name in visits[0]}
                rows.append({"case": f"{path} {kind}", **middle})
        browser.close()
    lobby, ours = rows[0], rows[: len(PAGES)]
    lcp, shift = max(row["LCP ms"] for row in ours), max(row["shift"] for row in ours)
    targets = [
        Target("lobby, requests", lobby["requests"], REQUESTS_LIMIT, lobby["requests"] <= REQUESTS_LIMIT),
        Target("largest contentful paint, slowest page, ms", lcp, LCP_LIMIT_MS, lcp <= LCP_LIMIT_MS),
        Target("layout shift, worst page", shift, SHIFT_LIMIT, shift <= SHIFT_LIMIT),
    ]
    show("page load", options.visits, rows, targets, ("django", "uvicorn", "playwright"), options.json)


if __name__ == "__main__":
    main()
