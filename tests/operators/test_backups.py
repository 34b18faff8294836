"""Backups of real sites: taken while people play, refused when damaged, put back whole."""

import concurrent.futures
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from operators.backup import archive
from store.client import private_socket
from store.server import private
from tests.backed_up import board_of, files_of, manage, the_archive
from tests.stack import ROOT, Site, clean_environment, free_port, wait_for

pytestmark = pytest.mark.timeout(170)


@pytest.mark.stack
def test_what_was_backed_up_while_people_played_comes_back_whole(tmp_path):
    with Site(tmp_path) as site:
        guests = [site.guest() for _ in range(4)]
        with concurrent.futures.ThreadPoolExecutor(4) as threads:
            playing = [threads.submit(lambda guest=guest: [guest.play_run() for _ in range(6)]) for guest in guests]
            said = manage(site.data, "backup").stdout
            best = {guest.id: max(each.result()) for guest, each in zip(guests, playing, strict=True)}
        assert "Verified: " in said
        one = archive.listed(tmp_path / "backups")[0]
        assert one.stat().st_mode & 0o777 == 0o600
        assert manage(site.data, "backup").returncode == 0
        last = archive.listed(tmp_path / "backups")[0]
        before = board_of(site)
        assert {int(player): points for player, points in before} == best
        late = site.guest()
        late.play_run()
        refused = manage(tmp_path, "restore", "--yes", str(last))
        assert refused.returncode and "is running" in refused.stderr
        assert late.get("/")[0] == 200  # It still runs.
        site.stop()
        assert "It is in place" in manage(tmp_path, "restore", "--yes", str(last)).stdout
        site.start()
        assert board_of(site) == before
        assert f'data-player="{guests[0].id}"' in guests[0].get("/play/fuse/")[1]  # Still signed in.
        assert f'data-player="{late.id}"' not in late.get("/play/fuse/")[1]  # Not there yet.
        assert manage(site.data, "rebuild_boards", "--check").returncode == 0
        assert manage(site.data, "wallets", **site.given).returncode == 0
        guests[0].play_run()
        [aside] = tmp_path.glob("before-restore-*")
        assert {"db.sqlite3", "redis", "secret_key"} <= {path.name for path in aside.iterdir()}
        site.stop()


@pytest.mark.stack
def test_what_sql_knows_more_than_redis_is_made_whole(copied):
    data, player, points = copied
    old = the_archive(data)
    with Site(data) as site:
        newcomer = site.guest()
        gained = newcomer.play_run()
        wait_for(lambda: site.count("leaderboard_run") == 2, 60)
        assert manage(site.data, "backup").returncode == 0
    new = archive.listed(data / "backups")[0]
    mixed = data / "mixed"
    mixed.mkdir()
    first, second = archive.unpack(old, made(mixed / "old")), archive.unpack(new, made(mixed / "new"))
    shutil.copy(mixed / "old" / archive.REDIS, mixed / "new" / archive.REDIS)
    parts = second.parts | {archive.REDIS: first.parts[archive.REDIS]}
    archive.pack(mixed / "new", msgspec.structs.replace(second, keys=first.keys, parts=parts), mixed / "m.tar.gz")
    done = manage(data, "restore", "--yes", str(mixed / "m.tar.gz"))
    assert done.returncode == 0, done.stderr
    with Site(data) as site:
        assert sorted(board_of(site)) == sorted([(str(player), points), (str(newcomer.id), gained)])
        assert manage(site.data, "wallets", **site.given).returncode == 0


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.mark.stack
def test_check_list_keep_and_the_question(stopped, tmp_path):
    data = stopped[0]
    path = the_archive(data)
    before = files_of(data)
    assert "is whole" in manage(data, "restore", "--check", str(path)).stdout
    assert str(path) in manage(data, "restore").stdout
    assert "manage.py backup makes one" in manage(tmp_path, "restore").stdout
    assert "Nothing was done" in manage(data, "restore", str(path)).stderr  # Nobody there to say yes.
    assert "cannot be read" in manage(data, "restore", str(ROOT / "README.md")).stderr  # Before it asks.
    assert "There is no" in manage(data, "restore", "--yes", str(tmp_path / "none")).stderr
    assert files_of(data) == before
    old = tmp_path / archive.name_at(datetime(2020, 1, 1, tzinfo=UTC))
    other_file = tmp_path / "gameapp-notes.tar.gz"
    for each in (old, other_file):
        each.write_bytes(b"")
    done = manage(data, "backup", "--to", str(tmp_path), "--keep", "1")  # With the site stopped.
    assert done.returncode == 0, done.stderr
    assert not old.exists()
    assert other_file.exists()
    assert len(archive.listed(tmp_path)) == 1


@pytest.mark.stack
def test_a_backup_that_fails_leaves_nothing(stopped, tmp_path):
    done = manage(stopped[0], "backup", "--to", str(tmp_path), REDIS_URL="redis://127.0.0.1:1")
    assert done.returncode == 1
    assert "No backup was made" in done.stderr
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").write_text("")
    done = manage(stopped[0], "backup", "--to", str(tmp_path / "file" / "below"))
    assert "No backup was made" in done.stderr


@pytest.mark.stack
def test_an_outside_redis_gets_the_keys_of_this_site_and_keeps_those_of_others(copied, tmp_path):
    import redis

    data, player, points = copied
    outside = private.start(tmp_path / "outside", private.die_with_parent)
    url = f"unix://{private_socket(tmp_path / 'outside')}"
    connection = redis.Redis.from_url(url)
    try:
        connection.set("somebody:else", "keeps this")
        connection.set("gameapp:left:{over}", "from before")
        done = manage(data, "restore", "--yes", str(the_archive(data)), REDIS_URL=url)
        assert done.returncode == 0, done.stderr
        assert connection.get("somebody:else") == b"keeps this"
        assert not connection.exists("gameapp:left:{over}")
        with Site(data, REDIS_URL=url) as site:
            assert board_of(site) == [(str(player), points)]
            refused = manage(data, "restore", "--yes", str(the_archive(data)), REDIS_URL=url)
            assert "is running" in refused.stderr
        # Alive until a moment ago, on another machine as it were.
        refused = manage(data, "restore", "--yes", str(the_archive(data)), REDIS_URL=url)
        assert "stop the site first" in refused.stderr
    finally:
        outside.terminate()
        outside.wait()


@pytest.mark.stack
def test_repairs_work_on_a_stopped_site_too(stopped):
    data = stopped[0]
    assert "Every wallet is the sum" in manage(data, "wallets").stdout
    assert "No difference: fuse" in manage(data, "rebuild_boards", "--check").stdout
    assert not private_socket(data).exists() or not private.answers(f"unix://{private_socket(data)}")


@pytest.mark.stack
def test_a_restore_that_is_killed_is_not_started_on_and_can_be_done_again(copied):
    data, player, points = copied
    path = the_archive(data)
    for after_s in (0.0, 0.05, 0.4, 1.0):
        a_restore_is_killed(data, path, after_s)
    done = manage(data, "restore", "--yes", str(path))
    assert done.returncode == 0, done.stderr
    assert not list(data.glob(".restoring-*"))
    with Site(data) as site:
        assert board_of(site) == [(str(player), points)]
        assert manage(site.data, "wallets", **site.given).returncode == 0


def a_restore_is_killed(data: Path, path: Path, after_s: float) -> None:
    """So long after its first change; a start then says so, unless the restore was quicker."""
    note = private.restoring(data)
    former = note.read_text() if note.exists() else ""
    command = [sys.executable, "manage.py", "restore", "--yes", str(path)]
    restoring = subprocess.Popen(
        command, cwd=ROOT, env=clean_environment(DATA_DIR=str(data)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    deadline = time.monotonic() + 60
    while not note.exists() or note.read_text() in ("", former):
        assert restoring.poll() is None, restoring.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.002)
    time.sleep(after_s)
    restoring.kill()
    restoring.communicate()
    if note.exists():  # Else it was done before it was killed.
        started = subprocess.run(
            [sys.executable, "-m", "gameapp.launch.start", "--data", str(data), "--port", str(free_port())],
            cwd=ROOT,
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert started.returncode == 1
        assert "broke off: run it again" in started.stderr
        wait_for(lambda: not private.answers(f"unix://{private_socket(data)}"))  # The killed one's Redis ends, too.
