"""Several web processes, workers and runners on one host: everything behaves as with one."""

import json
import subprocess
import sys
import urllib.request

import pytest
from websockets.exceptions import ConnectionClosed

from tests.stack import ROOT, Guest, Site, Socket, clean_environment, wait_for

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]

WEB = 3


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    folder = tmp_path_factory.mktemp("many")
    with Site(folder, "--web", str(WEB), "--workers", "2", "--runners", "2", RATE_LIMIT_FACTOR="100") as running:
        yield running


def metrics(site: Site) -> dict[str, float]:
    with urllib.request.urlopen(f"{site.url}/metrics", timeout=20) as answer:
        lines = answer.read().decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[:1] not in ("#", ""))}


def is_ready(site: Site) -> bool:
    try:
        with urllib.request.urlopen(f"{site.url}/readyz", timeout=20) as answer:
            return answer.status == 200
    except OSError:
        return False


def reports(site: Site) -> dict[str, int]:
    """The open sockets of each web process, as they report them."""
    return json.loads(
        site.shell(
            "import json; from live.observe import processes; from store.sync_loop import run_sync\n"
            "print(json.dumps({name: each.sockets for name, each in run_sync(processes.read()).items()}))"
        )
    )


def spread(site: Site) -> list[tuple[Guest, Socket]]:
    """Guests whose sockets are held by at least two processes."""
    guests = []
    for _ in range(12):
        guest = site.guest()
        guests.append((guest, guest.socket("/ws/")))
    wait_for(lambda: sum(1 for held in reports(site).values() if held) >= 2, 20)
    return guests


def test_all_processes_are_there_and_share_the_port(many):
    assert len(many.children("serve_uvicorn")) == WEB
    assert len(many.children("manage.py worker")) == len(many.children("manage.py rooms")) == 2
    for _ in range(60):
        urllib.request.urlopen(f"{many.url}/livez", timeout=20).close()
    wait_for(lambda: len(reports(many)) == WEB, 60)


def test_a_board_a_count_and_a_sign_out_reach_sockets_of_every_process(many):
    guests = spread(many)
    for _, line in guests:
        line.receive("hello")
        line.send(type="watch", topic="board:fuse:day")
        line.receive("snapshot")
    many.guest().play_run(12)
    for _, line in guests:
        assert "board:fuse:day" in json.dumps(line.receive("diff"))
    assert int(metrics(many)["gameapp_sockets_open"]) >= len(guests)
    # Signed out by a request that may reach another process than the socket.
    for guest, line in guests:
        token = guest.get("/")[1].partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        assert guest.post("/accounts/sign-out/", csrfmiddlewaretoken=token)[0] == 200
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                line.receive()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4401


def test_any_process_answers_for_all_and_a_killed_one_takes_no_count_with_it(many):
    for _ in range(3):
        many.guest().play_run(8)
    answers = {metrics(many)['gameapp_events_total{event="runs_finished"}'] for _ in range(8)}
    assert len(answers) == 1
    [before] = answers
    held = spread(many)
    assert metrics(many)["gameapp_sockets_open"] >= len(held)
    many.kill("serve_uvicorn")
    wait_for(lambda: len(many.children("serve_uvicorn")) == WEB, 30)
    wait_for(lambda: is_ready(many), 30)
    after = metrics(many)
    assert after['gameapp_events_total{event="runs_finished"}'] == before
    assert after["gameapp_sockets_open"] == 0


@pytest.mark.parametrize("given", [("--web", "0"), ("--web", "65"), ("--workers", "x"), ("--runners", "-1")])
def test_a_wrong_number_is_one_clear_line(tmp_path, given):
    command = [sys.executable, "-m", "gameapp.launch.start", "--data", str(tmp_path), *given]
    done = subprocess.run(command, cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "is needed, or auto" in done.stderr
