"""Parts of the whole arcade are killed and stopped, and what people had is still there."""

import signal
import time

import pytest
from websockets.exceptions import ConnectionClosed

from tests.stack import Browser, Site, wait_for

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def rough(tmp_path_factory):
    """A site whose parts are killed, and which every test leaves running."""
    with Site(tmp_path_factory.mktemp("rough"), REDIS_APPENDFSYNC="always") as running:
        yield running


@pytest.fixture(scope="module")
def on_daphne(tmp_path_factory):
    with Site(tmp_path_factory.mktemp("daphne"), server="daphne") as running:
        yield running


@pytest.fixture(params=["rough", "on_daphne"])
def either(request):
    return request.getfixturevalue(request.param)


def test_nonsense_closes_the_socket_with_its_own_code_on_every_server(either):
    code = {"uvicorn": 1008, "daphne": 4008}[either.server]
    with either.guest().play_socket() as socket:
        for _ in range(10):
            socket.connection.send("nonsense")
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                socket.receive()
        assert closed.value.rcvd.code == code


def test_a_killed_web_server_loses_no_answered_move(either):
    site = either
    guest = site.guest()
    with guest.play_socket() as socket:
        socket.send(type="start")
        run = socket.play(socket.receive("run"), 25)
        site.kill(site.server)
        with pytest.raises(ConnectionClosed):
            socket.receive()
    wait_for(lambda: "web was started again" in site.output())
    wait_for(lambda: answers(site), 60)
    with guest.play_socket() as socket:
        socket.send(type="resume", run=run["run"])
        again = socket.receive("run")
        assert (again["seq"], again["view"], again["points"]) == (run["seq"], run["view"], run["points"])
        assert socket.play(again, 3)["seq"] == run["seq"] + 3
    assert "killed by SIGKILL" in site.output()


def answers(site: Site) -> bool:
    try:
        return Browser(site).get("/readyz")[0] == 200
    except OSError:
        return False


def test_stopping_and_starting_again_loses_nothing(rough):
    site = rough
    guest = site.guest()
    with guest.play_socket() as socket:
        socket.send(type="start")
        first = socket.play(socket.receive("run"), 10)
        socket.send(type="end", run=first["run"])
        socket.receive("finished")
        socket.send(type="start")
        second = socket.play(socket.receive("run"), 10)
    assert site.stop(signal.SIGTERM) == 0
    site.start()
    assert f'data-player="{guest.id}"' in guest.get("/")[1]
    assert f'data-id="{guest.id}"' in guest.get("/boards/fuse/")[1]
    with guest.play_socket() as socket:
        socket.send(type="start")
        again = socket.receive("run")
        assert (again["run"], again["seq"]) == (second["run"], second["seq"])


def test_a_killed_redis_is_started_again_with_its_data(rough):
    site = rough
    guest = site.guest()
    with guest.play_socket() as socket:
        socket.send(type="start")
        run = socket.play(socket.receive("run"), 10)
        site.kill("redis")
        wait_for(lambda: "redis was started again" in site.output())
        # The same socket lives through it.
        deadline = time.monotonic() + 15
        while True:
            socket.send(type="resume", run=run["run"])
            answer = socket.receive("run", "error")
            if answer["type"] == "run":
                break
            assert answer["retry"]
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert answer["seq"] == run["seq"]


def test_a_killed_worker_is_started_again_and_writes_what_was_left(rough):
    site = rough
    guest = site.guest()
    with guest.play_socket() as socket:
        for _ in range(6):
            site.kill("manage.py worker")
            socket.send(type="start")
            run = socket.play(socket.receive("run"), 4)
            socket.send(type="end", run=run["run"])
            socket.receive("finished")
            wait_for(lambda: site.children("manage.py worker"))
            if site.output().count("worker was started again") >= 3:
                break
    accepted = "print(run_sync(boards.accepted_today(['fuse'])))"
    accepted = int(site.shell("from leaderboard import boards; from store.sync_loop import run_sync; " + accepted))
    assert accepted >= 3
    wait_for(lambda: site.count("leaderboard_run") == accepted, 60)


def test_nothing_outlives_a_start_that_is_killed(rough):
    site = rough
    parts = site.children("")
    assert len(parts) == 3
    site.process.kill()
    site.process.wait()
    wait_for(lambda: not any(alive(pid) for pid in parts), 60)
    site.start()


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().split()[2] != "Z"
    except FileNotFoundError:
        return False
