"""A cluster for the tests of one module."""

import pytest

from benchmarks.cluster import Cluster
from store.client import close


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture
async def on_it(cluster, settings):
    """The site's Redis is the cluster."""
    settings.REDIS_URL = cluster.url
    yield cluster
    await close()
