"""A primary with a replica, and Sentinels that name a new primary when it dies."""

import asyncio
import socket
from pathlib import Path

import pytest

from benchmarks.nodes import Node, free_port, until
from store.client import StoreUnavailable, client, close, servers
from tests.stack import Site

pytestmark = [pytest.mark.timeout(170), pytest.mark.one_server]


class Sentinel(Node):
    """One Sentinel, whose word is enough."""

    def __init__(self, folder: Path, primary: Node) -> None:
        folder.mkdir()
        conf = folder / "sentinel.conf"
        conf.write_text(
            f"sentinel monitor games 127.0.0.1 {primary.port} 1\n"
            "sentinel down-after-milliseconds games 1000\nsentinel failover-timeout games 5000\n"
        )
        self.first = (str(conf), "--sentinel")
        super().__init__(folder)


class Watched:
    """A primary, its replica and one Sentinel. The address names two Sentinels that are gone first."""

    def __init__(self, folder) -> None:
        self.folder = folder

    def __enter__(self) -> "Watched":
        self.primary = Node(self.folder / "primary")
        self.replica = Node(self.folder / "replica", "--replicaof", f"127.0.0.1 {self.primary.port}")
        until(self.replica.is_in_step, "the replica is in step")
        self.sentinel = Sentinel(self.folder / "sentinel", self.primary)
        until(lambda: "slaves=1" in self.sentinel.run("INFO", "sentinel"), "the Sentinel knows the replica")
        # Nothing is said on this line, as by a machine whose network is gone.
        self.silent = socket.create_server(("127.0.0.1", 0))
        gone = f"127.0.0.1:{self.silent.getsockname()[1]},127.0.0.1:{free_port()}"
        self.url = f"redis+sentinel://{gone},127.0.0.1:{self.sentinel.port}/games/0"
        return self

    def __exit__(self, *_: object) -> None:
        self.silent.close()
        for node in (self.sentinel, self.replica, self.primary):
            node.process.kill()
            node.process.wait()


@pytest.fixture
def watched(tmp_path):
    with Watched(tmp_path / "redis") as running:
        yield running


async def test_the_primary_is_found_and_a_service_that_nobody_knows_is_said(watched, settings, prefix):
    settings.REDIS_URL = watched.url
    await client().set(f"{prefix}:x", "1", px=60_000)
    assert await asyncio.to_thread(watched.primary.run, "GET", f"{prefix}:x") == "1"
    assert [server.hosts for server in await servers()] == [(("127.0.0.1", watched.primary.port),)]
    await close()
    settings.REDIS_URL = watched.url.replace("/games/", "/nobodys/")
    with pytest.raises(StoreUnavailable, match="service nobodys"):
        await client().get("x")
    await close()


@pytest.mark.stack
def test_people_play_on_when_the_primary_is_killed(watched, tmp_path):
    with Site(tmp_path / "site", REDIS_URL=watched.url, REDIS_WAIT_REPLICAS="1") as site:
        guest = site.guest()
        points = [guest.play_run(8)]
        assert "Verified" in site.manage("backup", "--to", str(tmp_path / "kept"))
        watched.primary.kill()
        until(lambda: watched.replica.is_primary, "the replica takes over")
        until(lambda: guest.get("/accounts/settings/")[0] == 200, "still signed in")

        def played() -> bool:
            try:
                points.append(guest.play_run(8))
            except Exception:
                return False
            return True

        until(played, "people play again")
        until(lambda: site.count("leaderboard_run") == len(points), "every acknowledged run is in SQL")
        assert "Redis can: write" in site.manage("doctor")
