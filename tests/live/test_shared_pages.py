"""Pages for people without a session: rendered once for all, and nobody gets what is another's."""

import gzip
import socket
import time

import pytest

from live.servers.kept_page import Kept
from tests.answers import TOKEN, Answer
from tests.stack import Browser, Site, wait_for

pytestmark = pytest.mark.stack

TELLING = "signed out"


def kept(site: Site, path: str, **headers: str) -> Answer:
    """A page that somebody else has just looked at, and so, unless this machine is very slow, one that was kept."""
    first, second = Answer(site, path, **headers), Answer(site, path, **headers)
    assert first.tokens.isdisjoint(second.tokens)
    return second


@pytest.mark.parametrize("path", ["/", "/boards/fuse/", "/boards/", "/boards/fuse/past/", "/play/fuse/"])
def test_everybody_has_a_token_a_nonce_and_cookies_of_their_own(site, path):
    one, two = kept(site, path), kept(site, path)
    for page in (one, two):
        [nonce] = page.nonces
        assert f"'nonce-{nonce}'" in page.headers["Content-Security-Policy"]
        assert page.headers["Content-Security-Policy"].count("nonce-") == len(page.nonces)
        assert set(page.cookies) == {"csrftoken", "visitor"}
        assert "Cookie" in page.headers["Vary"]
    assert one.nonces != two.nonces
    assert one.tokens != two.tokens
    assert all(one.cookies[name] != two.cookies[name] for name in one.cookies)
    assert not any(value in two.text for value in (*one.cookies.values(), *one.tokens, *one.nonces))
    assert one.rest == two.rest


def test_the_token_is_good_for_its_visitor_and_for_nobody_else(site):
    one, two = kept(site, "/"), kept(site, "/")

    def press(token: str, secret: str) -> int:
        form = {"Content_Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={secret}"}
        return Answer(site, "/play/fuse/", method="POST", body=f"csrfmiddlewaretoken={token}", **form).status

    [token] = one.tokens
    assert press(token, one.cookies["csrftoken"]) == 302
    assert press(token, two.cookies["csrftoken"]) == 403
    again = kept(site, "/", Cookie=f"csrftoken={one.cookies['csrftoken']}; visitor=known")
    [token] = again.tokens
    assert again.cookies == {"csrftoken": one.cookies["csrftoken"]}
    assert press(token, one.cookies["csrftoken"]) == 302


@pytest.mark.parametrize("secret", ["short", "x" * 64, "<script>aaaaaaaaaaaaaaaaaaaaaaaa", "x" * 31 + "é"])
def test_an_odd_cookie_gets_a_page_of_its_own(site, secret):
    page = Answer(site, "/", Cookie=f"csrftoken={secret.encode().decode('latin1')}")
    assert page.status == 200
    assert secret not in page.text
    assert page.cookies["csrftoken"] != secret
    assert len(page.tokens) == 1


def test_what_one_visitor_is_told_is_told_to_nobody_else(site):
    """A message waits in a cookie of its own where there is no session, such as after signing out."""
    told = 0
    for _ in range(5):
        browser = Browser(site)
        status, _ = browser.post("/accounts/sign-up/", name=f"T{time.time_ns() % 10**12}", password="correct horse 17")
        assert status == 200
        [token] = set(TOKEN.findall(browser.get("/")[1]))
        told += TELLING in browser.post("/accounts/sign-out/", csrfmiddlewaretoken=token)[1]
        assert all(TELLING not in Answer(site, "/").text for _ in range(3))
    assert told == 5  # And whom it is for gets it, however fresh the page of the others is.


@pytest.mark.parametrize("name", ["Accept-Language", "Cookie", "Host"])
def test_headers_that_come_twice_leave_nothing_to_others(site, name):
    pairs = {"Accept-Language": ("de", "en"), "Cookie": ("language=de;", "x=1"), "Host": ("localhost", "localhost")}
    for _ in range(5):
        with socket.create_connection(("localhost", site.port), timeout=20) as line:
            host = "" if name == "Host" else "Host: localhost\r\n"
            twice = "".join(f"{name}: {value}\r\n" for value in pairs[name])
            line.sendall(f"GET / HTTP/1.1\r\n{host}{twice}Connection: close\r\n\r\n".encode())
            while line.recv(65_536):
                pass
        assert 'lang="en"' in Answer(site, "/", Host="localhost").text


def test_a_compressed_page_is_the_same_page(site):
    plain, packed = kept(site, "/"), kept(site, "/", Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.rest == plain.rest
    assert len(packed.raw) < len(plain.raw) / 2
    assert {len(kept(site, "/", Accept_Encoding="gzip").raw) for _ in range(6)} != {len(packed.raw)}  # BREACH
    first = Answer(site, "/boards/fuse/?period=week", Accept_Encoding="gzip")
    assert "Content-Encoding" not in first.headers  # What is asked for is in it.


def test_it_differs_by_language_and_address_and_not_for_players(site):
    german = kept(site, "/", Accept_Language="de")
    assert 'lang="de"' in german.text
    assert 'lang="en"' in kept(site, "/").text
    assert german.headers["Content-Language"] == "de"
    assert kept(site, "/boards/fuse/?period=week").rest != kept(site, "/boards/fuse/").rest
    guest = site.guest()
    assert f'data-player="{guest.id}"' in guest.get("/")[1]
    assert "data-player" not in kept(site, "/").text
    assert Answer(site, "/", Host="evil.example").status == 400


def test_what_changes_is_there_within_seconds_and_an_outage_is_said(tmp_path):
    with Site(tmp_path) as site:
        kept(site, "/boards/fuse/")
        guest = site.guest()
        guest.play_run()
        wait_for(lambda: f'data-id="{guest.id}"' in Answer(site, "/boards/fuse/").text, 20)
        site.kill("redis")
        wait_for(lambda: Answer(site, "/boards/fuse/").status == 503 or site.children("redis-server"), 20)
        wait_for(lambda: Answer(site, "/boards/fuse/").status == 200, 60)


def test_pieces_are_put_together_exactly():
    body = b"a".join([b"N0NCE"] * 3) + b'<input name="csrfmiddlewaretoken" value="' + b"t" * 64 + b'">' + b"z" * 70_000
    page = Kept("N0NCE", "", [(b"Content-Length", b"1"), (b"CSP", b"nonce-N0NCE")], body, True)
    for _ in range(50):
        headers, plain = page.answer("T" * 64, gzip=False)
        nonce = dict(headers)[b"csp"].removeprefix(b"nonce-")
        assert plain == body.replace(b"N0NCE", nonce).replace(b"t" * 64, b"T" * 64)
        assert dict(headers)[b"content-length"] == str(len(plain)).encode()
        headers, packed = page.answer("T" * 64, gzip=True)
        nonce = dict(headers)[b"csp"].removeprefix(b"nonce-")
        assert gzip.decompress(packed) == body.replace(b"N0NCE", nonce).replace(b"t" * 64, b"T" * 64)
