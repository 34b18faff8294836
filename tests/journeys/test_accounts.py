"""Journeys of players with accounts, in a real browser."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser import cells, complaints, play_to_the_end, start_playing
from tests.hands import PASSWORD, play_a_run, sign_in, sign_up
from tests.stack import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

AXE_PAGES = [
    "/shop/",
    "/nearby/",
    "/boards/fuse/?show=following",
    "/accounts/settings/",
    "/accounts/name/",
    "/accounts/password/",
    "/accounts/devices/",
    "/accounts/data/",
    "/accounts/forgot/",
]


def test_a_guest_becomes_a_member_and_keeps_every_score(arcade):
    page = arcade()
    points = play_a_run(page)
    player = page.locator("body").get_attribute("data-player")
    sign_up(page, "Keeper")
    assert page.locator("body").get_attribute("data-player") == player
    page.goto("/boards/fuse/")
    row = page.locator(f'tr[data-id="{player}"]')
    expect(row.locator("[data-name]")).to_have_text("Keeper")
    expect(row.locator("[data-points]")).to_have_text(points)
    row.locator("[data-name]").click()
    expect(page.get_by_role("heading", name="Keeper")).to_be_visible()
    expect(page.get_by_text("First steps")).to_be_visible()


def test_an_achievement_stands_in_the_panel_of_the_run(arcade):
    page = arcade()
    play_a_run(page)
    earned = page.locator("[data-result-earned]")
    expect(earned).to_contain_text("+1 coin")
    expect(earned).to_contain_text("Achievement: First steps. +20 coins.", timeout=15_000)
    expect(page.locator("live-notices .notice-award")).to_have_count(0)


def test_a_guest_who_signs_in_can_bring_their_runs_along(arcade):
    owner = arcade()
    sign_up(owner, "Bringer")
    player = owner.locator("body").get_attribute("data-player")
    page = arcade()
    points = play_a_run(page)
    page.wait_for_timeout(1500)
    sign_in(page, "Bringer")
    expect(page.get_by_role("heading", name="Bring your runs along?")).to_be_visible()
    page.get_by_role("button", name="Add them to Bringer").click()
    expect(page.get_by_text("is yours now")).to_be_visible()
    page.goto("/boards/fuse/")
    expect(page.locator(f'tr[data-id="{player}"] [data-points]')).to_have_text(points)


def test_a_device_is_signed_out_from_another_and_its_socket_closes(arcade):
    here = arcade()
    sign_up(here, "Owner-One")
    there = arcade()
    sign_in(there, "Owner-One")
    there.goto("/boards/fuse/")
    there.wait_for_selector('.live-status[data-state="live"]')
    closed = []
    there.on("websocket", lambda line: line.on("close", lambda _: closed.append(time.monotonic())))
    there.reload()
    there.wait_for_selector('.live-status[data-state="live"]')
    here.goto("/accounts/devices/")
    expect(here.locator(".device")).to_have_count(2)
    expect(here.get_by_text("this device")).to_have_count(1)
    started = time.monotonic()
    here.locator(".device").get_by_role("button", name="Sign out HeadlessChrome on Linux").click()
    expect(here.get_by_text("That device is signed out.")).to_be_visible()
    # The page reloads by itself, and shows that nobody is signed in.
    expect(there.get_by_role("link", name="Sign in")).to_be_visible(timeout=5_000)
    assert closed
    assert closed[0] - started < 5  # The promise is 2 s; this machine may be busy.
    expect(here.locator(".device")).to_have_count(1)


def test_a_record_can_be_watched_from_the_board(arcade):
    page = arcade()
    points = play_a_run(page)
    player = page.locator("body").get_attribute("data-player")
    page.wait_for_timeout(1500)
    page.goto("/boards/fuse/")
    page.locator(f'tr[data-id="{player}"] [data-watch]').click()
    page.wait_for_selector(".fuse-tile")
    total = int(page.locator("[data-bar]").get_attribute("max"))
    page.get_by_role("button", name="Pause").click()
    page.keyboard.press("Tab")
    page.locator("[data-bar]").focus()
    page.keyboard.press("Home")
    expect(page.locator("[data-at]")).to_have_text("0")
    first = cells(page)
    page.get_by_role("button", name="One move on").click()
    expect(page.locator("[data-at]")).to_have_text("1")
    page.get_by_role("button", name="One move back").click()
    page.wait_for_timeout(200)
    assert cells(page) == first
    page.get_by_label("Speed").select_option("16")
    page.get_by_role("button", name="Play").click()
    expect(page.locator("[data-at]")).to_have_text(str(total), timeout=30_000)
    expect(page.locator("[data-replay-points]")).to_have_text(points)
    expect(page.get_by_role("button", name="Again")).to_be_visible()
    page.wait_for_timeout(300)
    watched = cells(page)
    frames = page.evaluate("async () => (await fetch(document.querySelector('[data-replay]').dataset.frames)).json()")
    assert watched == frames["frames"][-1]["view"]["cells"]


def test_a_purchase_is_seen_on_the_board_by_others_and_in_the_game(arcade, account_site):
    page = arcade()
    play_a_run(page)
    player = page.locator("body").get_attribute("data-player")
    gift = f"coins.Movement({player}, 900, 'a gift', 'gift')"
    account_site.shell(f"import asyncio; from wallet import coins; asyncio.run(coins.move({gift}))")
    watcher = arcade("/boards/fuse/")
    row = watcher.locator(f'tr[data-id="{player}"]')
    expect(row).to_have_count(1)
    watcher.evaluate("window.notReloaded = true")
    page.goto("/shop/")
    page.get_by_role("button", name="Buy Gold for").click()
    expect(page.get_by_text("Gold is yours, and you wear it.")).to_be_visible()
    page.get_by_role("button", name="Buy Ring for").click()
    expect(page.get_by_text("Ring is yours")).to_be_visible()
    page.get_by_role("button", name="Buy Ember for").click()
    expect(page.get_by_text("Ember is yours")).to_be_visible()
    expect(row.locator("[data-name]")).to_have_attribute("data-color", "name-gold")
    expect(row.locator("player-avatar")).to_have_attribute("frame", "frame-ring")
    assert watcher.evaluate("window.notReloaded") is True
    page.goto("/play/fuse/")
    page.wait_for_selector(".fuse-tile")
    expect(page.locator("[data-fuse]")).to_have_attribute("data-game-theme", "tiles-ember")
    colours = page.evaluate("getComputedStyle(document.querySelector('.fuse-tile'), '::before').backgroundColor")
    assert colours in ("rgb(255, 225, 199)", "rgb(255, 199, 154)")


def test_nearby_is_joined_by_city_and_left(arcade, account_site):
    page = arcade()
    sign_up(page, "Berliner")
    join = (
        "import asyncio; from nearby import cells; from accounts.models import Player\n"
        "async def go():\n"
        "  for n in range(3):\n"
        "    p = await Player.objects.acreate(name=f'Close-{n}')\n"
        "    await Player.objects.filter(pk=p.pk).aupdate(joined_at='2026-01-01T00:00:00Z')\n"
        "    await cells.join(p.pk, cells.cities()['Berlin, DE'])\n"
        "asyncio.run(go())"
    )
    account_site.shell(join)
    page.goto("/nearby/")
    expect(page.get_by_text("off unless you switch it on")).to_be_visible()
    page.get_by_label("Your city").fill("Nowhere at all")
    page.get_by_role("button", name="Use this city").click()
    expect(page.get_by_text("Choose a city from the list")).to_be_visible()
    expect(page.get_by_label("Your city")).to_have_value("Nowhere at all")
    page.get_by_label("Your city").fill("Berlin, DE")
    page.get_by_role("button", name="Use this city").click()
    expect(page.get_by_text("around the corner")).to_have_count(3)
    page.get_by_role("button", name="Switch it off").click()
    expect(page.get_by_text("Where you are is forgotten.")).to_be_visible()
    expect(page.get_by_text("off unless you switch it on")).to_be_visible()


def test_the_browser_is_asked_for_its_position_only_after_a_click(arcade):
    page = arcade("/", geolocation={"latitude": 48.137154, "longitude": 11.576124}, permissions=["geolocation"])
    sign_up(page, "Muenchner")
    page.goto("/nearby/")
    sent = []
    page.on("request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None)
    page.get_by_role("button", name="Use my position").click()
    expect(page.get_by_text("You can be found for another")).to_be_visible()
    assert "latitude=48.14&longitude=11.58" in sent[0]


def test_an_account_is_deleted_with_the_password(arcade):
    page = arcade()
    play_a_run(page)
    player = page.locator("body").get_attribute("data-player")
    sign_up(page, "Leaver")
    watcher = arcade("/boards/fuse/")
    row = watcher.locator(f'tr[data-id="{player}"]')
    expect(row).to_have_count(1)
    page.goto("/accounts/data/")
    page.get_by_label("Current password").fill("not this one")
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_text("That is not your password.")).to_be_visible()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_text("Your account is deleted.")).to_be_visible()
    expect(row).to_have_count(0)
    opened_again = page.goto("/players/Leaver/")
    assert opened_again.status == 404


def test_settings_take_effect(arcade):
    page = arcade("/", color_scheme="light")
    sign_up(page, "Settler")
    page.goto("/accounts/settings/")
    page.get_by_label("Dark").check()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"  # Before it is saved.
    page.get_by_label("Colours that are easy to tell apart").check()
    page.get_by_label("Less motion").check()
    page.get_by_label("Sound on").check()
    page.get_by_label("Country").select_option("NZ")
    page.get_by_label("Picture 7").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    assert page.evaluate("async () => (await import('motion')).still()") is True
    expect(page.locator(".site-account player-avatar")).to_have_attribute("variant", "6")
    page.goto("/play/fuse/")
    expect(page.get_by_role("button", name="Turn sound off")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.fuse')).getPropertyValue('--t128')") == "#fff6cf"
    page.goto("/players/Settler/")
    expect(page.locator(".profile-who")).to_contain_text("NZ")


def test_whom_one_follows_stands_first_and_on_the_filtered_board_which_follows(arcade):
    friend = arcade()
    play_a_run(friend)
    sign_up(friend, "Followed")
    player = friend.locator("body").get_attribute("data-player")
    page = arcade()
    sign_up(page, "Follower")
    page.goto("/players/Followed/")
    page.get_by_role("button", name="Follow", exact=True).click()
    expect(page.get_by_role("button", name="Unfollow")).to_be_visible()
    page.goto("/")
    expect(page.locator("online-list li").first).to_contain_text("Followedfollowing")
    page.goto("/boards/fuse/?show=following")
    row = page.locator(f'tr[data-id="{player}"] [data-points]')
    before = row.inner_text()
    page.evaluate("window.notReloaded = true")
    friend.goto("/play/fuse/")
    friend.wait_for_selector(".fuse-tile")
    play_to_the_end(friend)
    after = friend.locator("[data-result-points]").inner_text()
    if int(after.replace(",", "")) > int(before.replace(",", "")):
        expect(row).to_have_text(after, timeout=10_000)
    assert page.evaluate("window.notReloaded") is True


def test_axe_finds_nothing(arcade, account_site):
    page = arcade("/", reduced_motion="reduce")
    play_a_run(page)
    sign_up(page, "Axe")
    own = "player_id = (SELECT id FROM accounts_player WHERE name = 'Axe')"
    wait_for(lambda: account_site.count("leaderboard_run", own) > 0, 60)
    page.goto("/players/Axe/")
    replay = page.locator(".run-list a").first.get_attribute("href")
    found = []
    for path in [*AXE_PAGES, "/players/Axe/", replay]:
        page.goto(path)
        page.wait_for_selector('.live-status[data-state="live"]')
        found += complaints(page)
    page.goto("/nearby/")
    page.get_by_label("Your city").fill("x")
    page.get_by_role("button", name="Use this city").click()
    found += complaints(page)
    assert found == []


def test_a_forgotten_password_link_is_offered_and_answers_alike(arcade):
    page = arcade("/accounts/sign-in/")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("Email address").fill("nobody@example.org")
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    assert re.search("nobody@example.org", page.locator("main").inner_text())


def test_start_playing_still_takes_one_click(arcade):
    page = arcade()
    start_playing(page)
    assert any(cells(page))
