"""Pages for players: rendered once for all, and each of them sees their own in it and nothing of another's."""

import gzip
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.answers import Answer, shared_count
from tests.stack import Browser, Guest, Site, wait_for

pytestmark = pytest.mark.stack

PATHS = ["/", "/boards/", "/boards/fuse/", "/boards/fuse/?period=week", "/boards/fuse/past/", "/boards/champions/"]
PATHS += ["/boards/fuse/last/7/", "/play/fuse/", "/play/lights/", "/play/fuse/?try=fuse-dusk"]
PATHS += ["/boards/fuse/past/day:2026-01-02/"]
ENDED = """
from datetime import datetime, UTC
from leaderboard.models import Season, Placement
at = datetime(2026, 1, 3, tzinfo=UTC)
season = Season.objects.create(board_id="fuse", period="day:2026-01-02", kind="day", ends_at=at, closed_at=at)
for rank, player in enumerate({ids}, start=1):
    Placement.objects.create(season=season, rank=rank, player_id=player, points=900 - rank, reached_at=at)
"""


def member(site: Site, **fields: str) -> Browser:
    """Somebody with a password and these settings."""
    browser = Browser(site)
    name = f"M{time.time_ns() % 10**12}"
    assert browser.post("/accounts/sign-up/", name=name, password="correct horse 17")[0] == 200
    browser.get("/")  # Where the message that greets them is told.
    site.shell(f"from accounts.models import Player; Player.objects.filter(name={name!r}).update(**{fields!r})")
    return browser


def shared(site: Site, path: str, cookies: str, **headers: str) -> Answer:
    """A page that was kept, as a player with these cookies gets it. Who has just played waits for a newer one."""
    pages = []

    def was_shared() -> bool:
        before = shared_count(site)
        pages.append(Answer(site, path, Cookie=cookies, **headers))
        return shared_count(site) > before

    wait_for(was_shared, 20)
    return pages[-1]


def rendered(site: Site, path: str, cookies: str, **headers: str) -> Answer:
    """The same page, which Django rendered for them: with a cookie for messages, nothing is shared."""
    before = shared_count(site)
    page = Answer(site, path, Cookie=f"{cookies}; messages=none", **headers)
    assert shared_count(site) == before
    return page


@pytest.fixture(scope="module")
def players(site) -> dict[str, str]:
    """The cookies of players who see different pages."""
    ranked, other = site.guest(), site.guest()
    ranked.play_run()
    site.shell(f"from accounts.models import Player; Player.objects.filter(pk={other.id}).update(theme='dark')")
    with other.play_socket() as line:  # A run to go on with.
        line.send(type="start")
        line.play(line.receive("run"), 8)
    site.shell(ENDED.format(ids=[ranked.id, other.id]))
    staff = member(site, is_staff=True, reduced_motion=True, clear_colors=True, sound=True)
    german = member(site, language="de", name_color="gold", themes={"fuse": "fuse-dusk"})
    return {
        "ranked": ranked.cookies,
        "with a run": f"{other.cookies}; hints=fuse.lights",
        "staff": staff.cookies,
        "German": german.cookies,
    }


@pytest.mark.parametrize("path", PATHS)
def test_each_player_gets_the_page_that_would_be_rendered_for_them(site, players, path):
    pages = {}
    for who, cookies in players.items():
        page, own = shared(site, path, cookies), rendered(site, path, cookies)
        assert page.status == own.status == 200
        assert page.rest == own.rest, who
        names = {name.lower() for name in own.headers} - {"set-cookie"}
        assert {name.lower() for name in page.headers} - {"set-cookie"} == names
        fixed = names - {"content-security-policy", "x-request-id", "date", "content-length"}
        assert {name: page.headers[name] for name in fixed} == {name: own.headers[name] for name in fixed}
        pages[who] = page.rest
    assert len(set(pages.values())) == len(players)


def test_each_has_a_token_a_nonce_and_no_other_cookie(site, players):
    [one, two] = [shared(site, "/", players[who]) for who in ("ranked", "German")]
    for page in (one, two):
        [nonce] = page.nonces
        assert len(page.tokens) == 1
        assert f"'nonce-{nonce}'" in page.headers["Content-Security-Policy"]
        assert set(page.cookies) == {"csrftoken"}
        assert "Cookie" in page.headers["Vary"]
    assert one.nonces != two.nonces
    assert one.tokens != two.tokens
    assert one.cookies != two.cookies
    again = shared(site, "/", players["ranked"])
    assert again.tokens != one.tokens
    assert again.cookies == one.cookies


def test_the_token_signs_its_player_out_and_nobody_else(site):
    leaving, staying = member(site), member(site)
    [token] = shared(site, "/", leaving.cookies).tokens

    def press(cookies: str) -> int:
        form = {"Content_Type": "application/x-www-form-urlencoded", "Cookie": cookies, "Origin": site.url}
        return Answer(site, "/accounts/sign-out/", method="POST", body=f"csrfmiddlewaretoken={token}", **form).status

    assert press(staying.cookies) == 403
    assert 'class="account-menu"' in shared(site, "/", staying.cookies).text
    old = leaving.cookies
    assert press(old) == 302
    assert 'class="account-menu"' not in Answer(site, "/", Cookie=old).text


def test_a_compressed_page_is_the_same_page(site, players):
    for path in ("/", "/boards/fuse/"):
        for cookies in players.values():
            plain = shared(site, path, cookies)
            packed = shared(site, path, cookies, Accept_Encoding="gzip")
            assert packed.headers["Content-Encoding"] == "gzip"
            assert packed.rest == plain.rest
            assert len(packed.raw) < len(plain.raw) / 2
            gzip.decompress(packed.raw)


def test_one_s_own_run_is_on_the_board_at_once(site):
    """However fresh the kept page is, whoever just played sees what they did."""
    guest, other = site.guest(), site.guest()
    for moves in (4, 30):
        shared(site, "/boards/fuse/", other.cookies)
        points = guest.play_run(moves)
        page = Answer(site, "/boards/fuse/", Cookie=guest.cookies).text
        [row] = [line for line in page.split("<tr ") if f'data-id="{guest.id}"' in line]
        assert "data-own" in row
        assert "data-challenge" not in row
        assert f"data-points>{points:,}<" in row
        assert f"data-own-points>{points:,}<" in page


def test_what_one_is_told_and_what_one_chose_shows_at_once(site):
    browser = member(site)
    shared(site, "/", browser.cookies)
    for theme in ("dark", "light"):
        fields = {"theme": theme, "visibility": "everyone", "avatar": "1"}
        status, page = browser.post("/accounts/settings/", **fields)
        assert status == 200
        assert 'class="notice" data-kind="success"' in page
        assert f'data-theme="{theme}"' in Answer(site, "/", Cookie=browser.cookies).text
    assert 'class="notice" data-kind="success"' not in shared(site, "/", browser.cookies).text


def test_a_new_name_stands_in_one_s_own_line_at_once(site):
    browser = member(site)
    [id] = re.findall(r'data-player="(\d+)"', browser.get("/")[1])
    with browser.socket("/ws/play/fuse/") as line:
        line.send(type="start")
        run = line.play(line.receive("run"), 9)
        line.send(type="end", run=run["run"])
        line.receive("finished")
    browser.get("/")
    wait_for(lambda: f'data-id="{id}"' in shared(site, "/boards/fuse/", browser.cookies).text, 20)
    name = f"N{time.time_ns() % 10**12}"
    status, page = browser.post("/accounts/name/", name=name, password="correct horse 17")
    assert status == 200 and name in page
    page = Answer(site, "/boards/fuse/", Cookie=browser.cookies).text
    [row] = [line for line in page.split("<tr ") if f'data-id="{id}"' in line]
    assert f">{name}</a>" in row


@pytest.mark.parametrize("path", ["/", "/boards/fuse/"])
def test_what_cannot_be_read_is_refused_though_a_page_is_kept(site, players, path):
    for cookies in ("visitor=somebody", players["ranked"]):
        odd = {"Content_Type": "text/html; a*=x''y", "Cookie": cookies}
        for _ in range(3):
            assert Answer(site, path, Cookie=cookies).status == 200
            assert Answer(site, path, **odd).status == 415
            assert Answer(site, path, Host="evil.example", Cookie=cookies).status == 400
    shared(site, path, players["ranked"])


def test_who_may_not_sign_in_any_more_is_a_stranger_at_once(site):
    guest = site.guest()
    assert f'data-player="{guest.id}"' in shared(site, "/", guest.cookies).text
    site.shell(f"from accounts.models import Player; Player.objects.filter(pk={guest.id}).update(is_active=False)")
    assert "data-player" not in Answer(site, "/", Cookie=guest.cookies).text
    assert "data-player" not in Answer(site, "/boards/fuse/", Cookie=guest.cookies).text


def test_a_session_that_somebody_made_up_is_nobody_s(site):
    for key in ("", "short", "x" * 32, "x" * 5000, "é" * 32):
        page = Answer(site, "/", Cookie=f"sessionid={key}".encode().decode("latin1"))
        assert page.status == 200
        assert "data-player" not in page.text


def test_flags_decide_for_each_player(site):
    guest = site.guest()
    guest.play_run()
    watch = "data-watch"
    assert watch in shared(site, "/boards/fuse/", guest.cookies).text
    site.manage("flag", "replays", "--kill")
    try:
        wait_for(lambda: watch not in Answer(site, "/boards/fuse/", Cookie=guest.cookies).text, 20)
        assert watch not in shared(site, "/boards/fuse/", guest.cookies).text
    finally:
        site.manage("flag", "replays", "--revive")
    wait_for(lambda: watch in Answer(site, "/boards/fuse/", Cookie=guest.cookies).text, 20)


def test_a_filter_and_pages_of_one_s_own_are_rendered_for_each(site, players):
    before = shared_count(site)
    for path in ("/boards/fuse/?show=following", "/boards/fuse/mine/", "/accounts/settings/", "/play/nothing/"):
        for _ in range(3):
            assert Answer(site, path, Cookie=players["ranked"]).status in (200, 404)
    assert Answer(site, "/", method="HEAD", Cookie=players["ranked"]).text == ""
    assert shared_count(site) == before


def test_many_who_come_at_once_each_get_their_own(site):
    guests = [Guest(site) for _ in range(8)]

    def look(number: int) -> bool:
        guest = guests[number % 8]
        page = Answer(site, ("/", "/boards/fuse/")[number % 2], Cookie=guest.cookies)
        return len(page.tokens) == 1 and re.findall(r'data-player="(\d+)"', page.text) == [str(guest.id)]

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(look, range(160)))


def test_an_outage_is_said_and_ends(tmp_path):
    with Site(tmp_path) as site:
        guest = site.guest()
        shared(site, "/boards/fuse/", guest.cookies)
        site.kill("redis")
        wait_for(lambda: Answer(site, "/boards/fuse/", Cookie=guest.cookies).status == 503, 20)
        wait_for(lambda: Answer(site, "/boards/fuse/", Cookie=guest.cookies).status == 200, 60)
        assert f'data-player="{guest.id}"' in shared(site, "/boards/fuse/", guest.cookies).text
