"""A site that was backed up and stopped."""

import shutil

import pytest

from tests.backed_up import close_forks, manage
from tests.stack import Site, wait_for


@pytest.fixture(scope="package", autouse=True)
def forks():
    yield
    close_forks()


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A site that was played on, backed up and stopped; tests look, and copy it before they change it."""
    data = tmp_path_factory.mktemp("stopped")
    with Site(data) as site:
        guest = site.guest()
        points = guest.play_run()
        wait_for(lambda: site.count("leaderboard_run") == 1, 60)
        assert manage(site.data, "backup").returncode == 0
    return data, guest.id, points


@pytest.fixture
def copied(stopped, tmp_path):
    data, player, points = stopped
    shutil.copytree(data, tmp_path / "site", ignore=shutil.ignore_patterns("*.sock"))
    return tmp_path / "site", player, points
