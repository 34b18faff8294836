"""What players with accounts do in a real browser."""

from playwright.sync_api import expect

from tests.browser import KEYS

PASSWORD = "correct horse 9"


def play_a_run(page, moves: int = 30) -> str:
    """Play and end a run; returns its points as shown."""
    page.goto("/play/fuse/")
    if page.get_by_role("button", name="Play Fuse").count():
        page.get_by_role("button", name="Play Fuse").first.click()
    page.wait_for_selector(".fuse-tile")
    for number in range(moves):
        page.keyboard.press(KEYS[number % len(KEYS)])
    page.wait_for_timeout(200)
    if not page.locator("[data-result]").is_visible():
        page.get_by_role("button", name="End run").click()
        page.get_by_role("button", name="Really end?").click()
    page.locator("[data-result]").wait_for()
    return page.locator("[data-result-points]").inner_text()


def sign_up(page, name: str) -> None:
    page.goto("/accounts/sign-up/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_text(f"Welcome, {name}!")).to_be_visible()


def sign_in(page, name: str, path: str = "/accounts/sign-in/") -> None:
    page.goto(path)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
