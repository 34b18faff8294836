"""Journeys of operators, in a real browser."""

import time

import pytest
from playwright.sync_api import expect

from tests.browser import complaints, start_playing
from tests.stack import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PASSWORD = "correct horse 9"


@pytest.fixture(scope="module")
def operated(tmp_path_factory):
    """A site with an administrator called Olga."""
    with Site(tmp_path_factory.mktemp("operated")) as running:
        running.shell(f"from accounts.models import Player; Player.objects.create_superuser('Olga', {PASSWORD!r})")
        yield running


@pytest.fixture
def arcade(opened, operated):
    opened.expected = ("status of 422", "status of 404", "status of 403")

    def open_page(path="/", **options):
        return opened(path, base=operated.url, **options)

    return open_page


def as_olga(page):
    page.goto("/accounts/sign-in/")
    page.get_by_label("Name").fill("Olga")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Welcome back, Olga!")).to_be_visible()
    return page


def test_the_dashboard_moves_by_itself_and_can_be_paused(arcade, operated):
    page = as_olga(arcade())
    page.goto("/dashboard/")
    page.evaluate("window.notReloaded = true")
    runs = page.locator('[data-figure="runs_day"]')
    before = int(runs.inner_text())
    operated.guest().play_run(12)
    expect(runs).to_have_text(str(before + 1), timeout=10_000)
    expect(page.locator('[data-table="t_groups"]')).to_contain_text("history")
    expect(page.locator('[data-table="t_workers"] tr')).to_have_count(1)
    expect(page.locator('[data-chart="c_visitors"] polyline')).to_have_count(2)
    page.get_by_role("button", name="Pause").click()
    operated.guest().play_run(12)
    page.wait_for_timeout(2_500)
    expect(runs).to_have_text(str(before + 1))
    page.get_by_role("button", name="Resume").click()
    expect(runs).to_have_text(str(before + 2), timeout=5_000)
    assert page.evaluate("window.notReloaded") is True


def test_a_flag_switched_in_the_admin_changes_the_page_for_exactly_the_chosen(arcade, operated):
    chosen, other = arcade(), arcade()
    for page in (chosen, other):
        start_playing(page)
    name = chosen.locator(".account-name").inner_text()
    operated.guest().play_run(12)
    olga = as_olga(arcade())
    olga.goto("/admin/flags/flag/replays/change/")
    olga.locator("#id_state").select_option("chosen")
    olga.get_by_label("Reason (saved in the audit log)").fill("to try it")
    olga.locator(".select2-selection").click()
    olga.locator(".select2-search__field").last.fill(name)
    olga.get_by_role("option", name=name).click()
    olga.get_by_role("button", name="Save", exact=True).click()
    expect(olga.get_by_text("was changed successfully")).to_be_visible()
    try:
        for page in (chosen, other):
            page.wait_for_timeout(5_500 if page is chosen else 0)  # Definitions are at most 5 s old.
            page.goto("/boards/fuse/")
        expect(chosen.locator("tbody [data-watch]").first).to_be_visible()
        expect(other.locator("tbody [data-watch]")).to_have_count(0)
        assert other.goto("/replays/whatever/").status == 404
    finally:
        operated.manage("flag", "replays", "--state", "everyone")


def test_a_ban_ends_session_and_socket_elsewhere_and_is_in_the_audit(arcade):
    victim = arcade()
    start_playing(victim)
    player = victim.locator("body").get_attribute("data-player")
    victim.goto("/boards/fuse/")
    victim.wait_for_selector('.live-status[data-state="live"]')
    olga = as_olga(arcade())
    olga.goto(f"/admin/accounts/player/?id__exact={player}")
    olga.locator(f'input[name="_selected_action"][value="{player}"]').check()
    olga.locator('select[name="action"]').select_option("ban")
    olga.get_by_role("button", name="Go").click()
    olga.get_by_label("Reason (saved in the audit log)").fill("a test of the ban")
    started = time.monotonic()
    olga.get_by_role("button", name="Ban these players").click()
    expect(victim.get_by_role("link", name="Sign in")).to_be_visible(timeout=6_000)
    assert time.monotonic() - started < 8  # The promise is 2 s for session and socket; a reload follows.
    assert victim.locator("body").get_attribute("data-player") is None
    expect(victim.get_by_text("This account is banned.")).to_be_visible()
    olga.goto("/admin/audit/entry/?q=a+test+of+the+ban")
    expect(olga.locator("#result_list tbody tr")).to_have_count(1)
    expect(olga.locator("#result_list")).to_contain_text("Olga")


def test_the_dashboard_says_first_whether_all_is_well_and_its_parts_are_tabs(arcade, operated):
    page = as_olga(arcade())
    page.goto("/dashboard/")
    expect(page.get_by_role("heading", name="All is well")).to_be_visible()
    expect(page.get_by_role("heading", name="Unique visitors", exact=True)).to_be_hidden()
    page.get_by_role("link", name="Visitors", exact=True).click()
    expect(page.get_by_role("heading", name="Unique visitors", exact=True)).to_be_visible()
    page.reload()
    chart = page.locator('[data-chart="c_visitors"]')
    expect(chart).to_be_visible()  # The address keeps the tab.
    expect(chart.locator("tbody tr")).to_have_count(30)
    chart.get_by_role("button", name="7 days").click()
    expect(chart.locator("tbody tr")).to_have_count(7)
    up, along = chart.locator("[data-up] span"), chart.locator("[data-along] span")
    assert up.last.inner_text() == "0" and len(up.all()) >= 2 and len(along.all()) == 5
    page.goto("/dashboard/#worker")
    expect(page.locator('[data-table="t_workers"]')).to_be_visible()


def test_a_players_page_in_the_admin_leads_to_all_that_is_theirs(arcade):
    victim = arcade()
    start_playing(victim)
    player = victim.locator("body").get_attribute("data-player")
    name = victim.locator(".account-name").inner_text()
    olga = as_olga(arcade())
    olga.goto(f"/admin/accounts/player/{player}/change/")
    expect(olga.get_by_text("HeadlessChrome on Linux")).to_be_visible()
    for words in ("Runs", "Coins", "Moderations", "Audit", "Profile"):
        expect(olga.locator(".object-tools").get_by_role("link", name=words, exact=True)).to_be_visible()
    olga.get_by_role("button", name="Give these players coins…").click()
    olga.get_by_label("Coins").fill("7")
    olga.get_by_label("Reason (saved in the audit log)").fill("found a fault")
    olga.get_by_role("button", name="Give these players coins").click()
    expect(olga.get_by_text("1 player given coins.")).to_be_visible()
    olga.goto(f"/admin/accounts/player/{player}/change/")
    expect(olga.get_by_text("Coins: 7")).to_be_visible()
    olga.locator(".object-tools").get_by_role("link", name="Audit", exact=True).click()
    row = olga.locator("#result_list tbody tr").first
    expect(row).to_contain_text("given coins")
    expect(row).to_contain_text("found a fault")
    assert name


def test_axe_finds_nothing_on_the_dashboard(arcade):
    page = as_olga(arcade("/", reduced_motion="reduce"))
    for tab in ("now", "visitors", "redis", "worker", "kept"):
        page.goto(f"/dashboard/#{tab}")
        page.wait_for_selector('[data-chart="c_visitors"] polyline', state="attached")
        for details in page.locator("details").all():
            details.evaluate("each => each.open = true")
        assert complaints(page) == []
