"""The site on PostgreSQL, directly and behind PgBouncer in transaction mode."""

import asyncio
import subprocess
import time

import pytest

from benchmarks.postgres import Postgres, programs
from store.server.private import die_with_parent
from tests.answers import Answer, shared_count
from tests.programs import found, lacking
from tests.stack import Guest, Site, free_port, wait_for

pytestmark = [pytest.mark.stack, pytest.mark.timeout(170)]


@pytest.fixture(scope="module")
def server():
    if programs() is None:
        lacking("PostgreSQL", package="postgresql")
    running = Postgres()
    yield running
    running.stop()


class Pooler:
    """PgBouncer before a server: two connections to it for everybody, each given back after a transaction."""

    def __init__(self, server: Postgres) -> None:
        program = found("pgbouncer", "/usr/sbin/pgbouncer", package="pgbouncer")
        self.folder = server.folder
        self.port = free_port()
        users, conf = self.folder / "users.txt", self.folder / "pgbouncer.ini"
        users.write_text('"gameapp" ""\n')
        conf.write_text(
            f"[databases]\n* = host={server.folder}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\n"
            f"unix_socket_dir =\nauth_type = trust\nauth_file = {users}\npool_mode = transaction\n"
            "default_pool_size = 2\nignore_startup_parameters = options,extra_float_digits\n"
        )
        command = [*server.prefix, program, "-q", conf]
        self.process = subprocess.Popen(command, cwd="/", stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)

    @property
    def url(self) -> str:
        return f"postgres://gameapp@127.0.0.1:{self.port}/gameapp"


@pytest.fixture(scope="module")
def pooler(server):
    running = Pooler(server)
    yield running
    running.process.terminate()
    running.process.wait()


@pytest.fixture
def database(server):
    """A new database for one test."""
    name = f"site{time.monotonic_ns()}"
    server.sql(f"CREATE DATABASE {name}")
    return name


def test_people_play_and_what_they_did_is_backed_up_and_brought_back(server, database, tmp_path):
    url = server.url.removesuffix("gameapp") + database
    with Site(tmp_path, prepared=False, DATABASE_URL=url) as site:
        guest = site.guest()
        points = guest.play_run(12)
        wait_for(lambda: server.sql("SELECT points FROM leaderboard_run", database) == str(points), 60)
        assert "Verified" in site.manage("backup", "--to", str(tmp_path / "kept"))
        [archive] = (tmp_path / "kept").iterdir()
        site.stop()
        server.sql("DELETE FROM leaderboard_run", database)
        site.manage("restore", str(archive), "--yes")
        assert server.sql("SELECT points FROM leaderboard_run", database) == str(points)


def test_connections_are_kept_and_a_server_that_restarts_is_met_again(server, database, tmp_path):
    url = server.url.removesuffix("gameapp") + database
    ours = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}'"
    with Site(tmp_path, prepared=False, DATABASE_URL=url) as site:
        guest = site.guest()
        before = server.sql(f"SELECT min(backend_start) FROM pg_stat_activity WHERE datname = '{database}'")
        for _ in range(30):
            assert guest.get("/accounts/settings/")[0] == 200
        assert server.sql(f"SELECT min(backend_start) FROM pg_stat_activity WHERE datname = '{database}'") == before
        assert int(server.sql(ours)) < 20
        for _ in range(3):
            wait_for(lambda: was_shared(site, guest), 30)
            server.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")
            wait_for(lambda: guest.get("/accounts/settings/")[0] == 200, 30)
            assert f'data-player="{guest.id}"' in Answer(site, "/", Cookie=guest.cookies).text
        wait_for(lambda: was_shared(site, guest), 30)
        assert int(server.sql(ours)) < 20


def was_shared(site: Site, guest: Guest) -> bool:
    """Whether the lobby that a guest got was the one for all players."""
    before = shared_count(site)
    assert Answer(site, "/", Cookie=guest.cookies).status == 200
    return shared_count(site) > before


def test_behind_a_pooler_in_transaction_mode_forty_play_at_once(server, pooler, database, tmp_path):
    url = pooler.url.removesuffix("gameapp") + database
    with Site(tmp_path, prepared=False, DATABASE_URL=url) as site:
        guests = [site.guest() for _ in range(8)]

        async def all_play() -> list[int]:
            return await asyncio.gather(*(asyncio.to_thread(guest.play_run, 6) for guest in guests * 5))

        points = asyncio.run(all_play())
        wait_for(lambda: server.sql("SELECT count(*) FROM leaderboard_run", database) == "40", 60)
        assert int(server.sql("SELECT sum(points) FROM leaderboard_run", database)) == sum(points)
        assert int(server.sql(f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}'")) <= 2
        assert "All is well" in site.manage("doctor")
