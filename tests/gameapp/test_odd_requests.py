"""Odd requests to the whole arcade: each is a page with every header and at most a line in the log."""

import json
import socket

import pytest

from live.servers.bodies import BODY_BYTES_MAX
from tests.raw_socket import RawSocket
from tests.stack import Site

HOST = "Host: localhost\r\n"


stack = pytest.mark.stack


@pytest.fixture
def ask(site):
    """Send raw bytes to the arcade; the status, the head and the body of its answer."""

    def asked(*parts: bytes, host: str = "") -> tuple[int, str, str]:
        with socket.create_connection(("127.0.0.1", site.port), timeout=10) as line:
            line.sendall(b"".join(parts))
            answer = b""
            while more := line.recv(65536):
                answer += more
        head, _, body = answer.decode(errors="replace").partition("\r\n\r\n")
        return int(head.split()[1]), head.lower(), body

    asked.host = f"localhost:{site.port}"
    return asked


def request(ask, path: str, *lines: str, method: str = "GET", host: str = "", body: bytes = b"") -> bytes:
    head = [f"{method} {path} HTTP/1.1", f"Host: {host or ask.host}", "Connection: close", *lines]
    if body or method == "POST":
        head.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(head) + "\r\n\r\n").encode() + body


FORM = "Content-Type: application/x-www-form-urlencoded"


@stack
@pytest.mark.parametrize(
    ("status", "path", "lines", "body"),
    [
        (415, "/accounts/sign-in/", [f"{FORM}; charset=utf-16"], b"\xff\xfea\0=\0b\0"),
        (415, "/play/fuse/", [f"{FORM}; charset=x-no-such"], b"a=b"),
        (415, "/play/fuse/", [f"{FORM}; charset*=klingon''utf-8"], b"a=b"),
        (415, "/", ["Content-Type: text/html; a*=x''y"], b""),
        (400, "/accounts/sign-in/", [FORM], b"name=a%00b&password=x"),
        (413, "/play/fuse/", [FORM], b"a" * (BODY_BYTES_MAX + 1)),
        (403, "/play/fuse/", ["Content-Type: multipart/form-data; boundary=x"], b"--x\r\nbroken"),
        (403, "/play/fuse/", ["Content-Type: multipart/form-data"], b"no boundary"),
        (403, "/play/fuse/", [FORM], b"&".join(b"a=b" for _ in range(5_000))),
    ],
    ids=[
        "utf-16",
        "unknown charset",
        "unknown encoding",
        "unknown encoding without a form",
        "NUL",
        "large",
        "broken parts",
        "no boundary",
        "many fields",
    ],
)
def test_an_odd_form_is_a_page_with_every_header(ask, status, path, lines, body):
    found, head, page = ask(request(ask, path, *lines, method="POST", body=body))
    assert found in (status, 400)
    assert "<h1>" in page
    for name in ("content-security-policy:", "x-frame-options:", "x-content-type-options:", "referrer-policy:"):
        assert name in head


@stack
@pytest.mark.parametrize(
    ("status", "path", "host"),
    [
        (400, "/", "evil.example"),
        (400, "/accounts/sign-in/", "x_y"),
        (404, "/boards/%00/", ""),
        (400, "/boards/fuse/?period=%00", ""),
        (404, "/boards/fuse/?period=nonsense", ""),
        (200, "/accounts/sign-in/?next=x", ""),
        (404, "/boards/fuse/last/99999999999999999999/", ""),
        (404, "/boards/fuse/record/99999999999999999999/", ""),
        (404, "/replays/%ff/", ""),
    ],
)
def test_an_odd_address_is_a_page_with_every_header(ask, status, path, host):
    found, head, page = ask(request(ask, path, host=host))
    assert found == status
    assert "<h1" in page
    assert "content-security-policy:" in head
    assert "x-frame-options:" in head


@stack
def test_a_socket_where_there_is_none_is_refused(site):
    from websockets.exceptions import InvalidStatus
    from websockets.sync.client import connect

    for path in ("/nope", "/ws/play/", "/ws/%00"):
        with pytest.raises(InvalidStatus) as refused:
            connect(f"ws://localhost:{site.port}{path}", origin=site.url)
        assert refused.value.response.status_code == 403


@stack
def test_all_of_that_left_a_few_lines_in_the_log_and_everybody_plays(site):
    with site.guest().play_socket() as line:
        line.send(type="start")
        assert line.receive("run")["seq"] == 0
    odd = RawSocket(site)
    odd.frame(1, json.dumps({"type": "beat"}).encode())
    odd.next("beat")
    assert "Traceback" not in site.output()


@stack
def test_an_arcade_on_every_address_answers_on_each(tmp_path):
    import urllib.request

    with Site(tmp_path, "--host", "::") as site:
        lines = [line.split() for line in site.output().splitlines()]
        shown = [words[-1] for words in lines if words[:1] == ["Play"] or words[:2] == ["Also", "at"]]
        assert len(shown) >= 2
        for url in (site.url, f"http://127.0.0.1:{site.port}", f"http://[::1]:{site.port}", *shown):
            request = urllib.request.Request(f"{url.rstrip('/')}/livez")
            assert urllib.request.urlopen(request, timeout=10).status == 200
