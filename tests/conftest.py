"""A private Redis for the whole run, a key prefix for each test, and the players that tests speak of."""

import contextlib
import itertools
import os

import pytest
from channels.layers import channel_layers
from django.conf import settings as django_settings

from accounts.models import Player
from benchmarks.cluster import Cluster
from flags import flags
from leaderboard import known_boards
from leaderboard.boards import FinishedRun
from leaderboard.models import Board
from store.server import private
from tests.browser import chromium, opened  # noqa: F401  (fixtures)
from tests.database import django_db_setup  # noqa: F401  (a fixture)
from tests.left_keys import unknown_or_endless
from tests.prepared import share
from tests.servers import restrict
from tests.stack import Site

share()
_prefixes = itertools.count(1)


#: TEST_REDIS=cluster runs the tests on three primaries with a replica each.
ON_CLUSTER = os.environ.get("TEST_REDIS") == "cluster"


@pytest.fixture(scope="session", autouse=True)
def redis_server(tmp_path_factory):
    """The real thing: on a unix socket in the run's own folder, or a cluster."""
    with contextlib.ExitStack() as stack:
        if ON_CLUSTER:
            cluster = stack.enter_context(Cluster(tmp_path_factory.mktemp("cluster")))
            django_settings.REDIS_URL = cluster.url
        else:
            process = private.start(django_settings.DATA_DIR, private.die_with_parent)
            stack.callback(process.wait, 10)
            stack.callback(process.terminate)
            if "TEST_REDIS_ACL" in os.environ:
                restrict(private.private_socket(django_settings.DATA_DIR))
        yield
        left = unknown_or_endless()
    words = "keys that no keys.py declares, or that should end and do not: " + ", ".join(left)
    assert not left, words


@pytest.fixture(autouse=True)
def prefix(settings, redis_server):
    """Every test sees an empty Redis: its keys have a prefix that no other test has."""
    settings.REDIS_PREFIX = f"test{next(_prefixes)}"
    channel_layers.backends.clear()
    known_boards.forget()
    flags.forget()
    return settings.REDIS_PREFIX


@pytest.fixture
def fuse():
    """The Fuse board's definition, known without SQL."""
    board = Board(slug="fuse", title="Fuse", game="fuse", points_max=3_932_100)
    known_boards.remember(board, for_s=3600)
    return board


def _player(pk: int, name: str) -> Player:
    return Player(pk=pk, name=name, country="DE")


@pytest.fixture
def alice():
    return _player(1, "Alice")


@pytest.fixture
def bob():
    return _player(2, "Bob")


_run_ids = itertools.count(1)


@pytest.fixture
def finished():
    """Make a finished run of Fuse; each has its own id unless one is given."""

    def make(player: Player, points: int, id: str = "") -> FinishedRun:
        return FinishedRun(id or f"run{next(_run_ids)}", "fuse", player.pk, player.card, points, 0, "{}")

    return make


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The whole arcade as `bin/play` starts it, shared by the tests that leave it as they found it."""
    with Site(tmp_path_factory.mktemp("site")) as running:
        yield running


def pytest_collection_modifyitems(items):
    """Files that wait for real processes first: what is left when only one of them runs is waiting."""
    items.sort(key=lambda item: not any(item.get_closest_marker(name) for name in ("stack", "browser")))
    for item in items if ON_CLUSTER else ():
        if item.get_closest_marker("one_server"):
            item.add_marker(pytest.mark.skip(reason="of one server"))
