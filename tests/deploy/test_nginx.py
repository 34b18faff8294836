"""deploy/nginx.conf in front of two web processes: pages, sockets, addresses, and the end of a process."""

import json
import os
import signal
import ssl
import threading
import urllib.error
import urllib.request

import pytest

from tests.deploy.nginx import Behind, listens
from tests.stack import Browser, wait_for

pytestmark = pytest.mark.timeout(180)

READERS = 4


@pytest.fixture(scope="module")
def behind(tmp_path_factory):
    with Behind(tmp_path_factory.mktemp("nginx")) as running:
        yield running


def test_plain_http_leads_to_https(behind):
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.build_opener(Stay).open(f"http://localhost:{behind.plain}/boards/?x=1", timeout=20)
    assert answer.value.code == 301 and answer.value.headers["Location"] == "https://localhost/boards/?x=1"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda each: each.name)
def test_it_speaks_both_versions_of_tls(behind, version):
    trusting = ssl.create_default_context(cafile=behind.folder / "own.pem")
    trusting.minimum_version = trusting.maximum_version = version
    with urllib.request.urlopen(f"{behind.url}/livez", timeout=20, context=trusting) as answer:
        assert answer.status == 200


def test_a_player_plays_and_others_watch_through_it(behind):
    watcher, player = behind.site.guest(), behind.site.guest()
    assert all(cookie.secure for cookie in player.jar)
    lines = [watcher.socket("/ws/") for _ in range(6)]
    for line in lines:
        line.receive("hello")
        line.send(type="watch", topic="board:fuse:day")
        line.receive("snapshot")
    points = player.play_run(12)
    for line in lines:
        assert str(points) in json.dumps(line.receive("diff"))
        line.connection.close()


def test_a_socket_of_another_site_is_refused(behind):
    with pytest.raises(Exception, match="403"):
        behind.site.guest().socket("/ws/", origin="https://elsewhere.example")


def test_health_is_open_and_metrics_are_not(behind):
    browser = Browser(behind.site)
    assert browser.get("/livez")[0] == browser.get("/readyz")[0] == 200
    assert browser.get("/metrics")[0] == 403
    with urllib.request.urlopen(f"http://127.0.0.1:{behind.second_port}/metrics", timeout=20) as answer:
        assert b"gameapp_workers 1.0" in answer.read()


def test_who_writes_another_address_into_the_header_gets_no_new_allowance(behind):
    browser = Browser(behind.site)
    statuses = []
    for number in range(11):
        browser.opener.addheaders = [("X-Forwarded-For", f"198.51.100.{number}")]
        statuses.append(browser.post("/accounts/sign-in/", username="Nobody", password="wrong-every-time")[0])
    assert statuses == [422] * 10 + [429]


class Reading:
    """Readers of a page, who ask again and again over connections of their own, and keep what went wrong."""

    def __init__(self, behind: Behind) -> None:
        self.behind = behind
        self.asked = 0
        self.wrong: list[object] = []
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._read) for _ in range(READERS)]

    def _read(self) -> None:
        browser = Browser(self.behind.site)
        while not self._ended.is_set():
            try:
                status, _ = browser.get("/boards/fuse/")
            except OSError as error:
                self.wrong.append(error)
            else:
                if status != 200:
                    self.wrong.append(status)
            self.asked += 1

    def some_more(self) -> None:
        """Return once each reader has had answers to requests that it sent from now on."""
        enough = self.asked + 5 * READERS
        wait_for(lambda: self.asked >= enough)

    def __enter__(self) -> "Reading":
        for thread in self._threads:
            thread.start()
        self.some_more()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()


def test_no_request_fails_while_one_process_is_restarted_or_killed(behind):
    with Reading(behind) as reading:
        for _ in range(3):
            behind.end_second()
            reading.some_more()
            behind.start_second()
            reading.some_more()
        [first] = behind.site.children("serve_uvicorn")
        os.kill(first, signal.SIGKILL)
        reading.some_more()
        wait_for(lambda: listens(behind.site.port))
        reading.some_more()
    assert not reading.wrong, f"{len(reading.wrong)} of {reading.asked}: {reading.wrong[:5]}"


def test_a_run_goes_on_over_the_other_process(behind):
    """The page's socket ends with its process; the next one finds the run where it was."""
    guest = behind.site.guest()
    with guest.play_socket() as line:
        line.send(type="start")
        run = line.play(line.receive("run"), 5)
    behind.end_second()
    try:
        with guest.play_socket() as line:
            line.send(type="resume", run=run["run"])
            again = line.receive("run")
            assert (again["seq"], again["points"]) == (run["seq"], run["points"])
            assert line.play(again, 3)["seq"] == run["seq"] + 3
    finally:
        behind.start_second()
