"""A site for journeys of players with accounts."""

import pytest

from tests.stack import Site


@pytest.fixture(scope="module")
def account_site(tmp_path_factory):
    with Site(tmp_path_factory.mktemp("accounts")) as running:
        yield running


@pytest.fixture
def arcade(opened, account_site):
    """Open a page of a site that only this module uses. Its refusals are 422 and 404, which the browser logs."""
    opened.expected = ("status of 422", "status of 404")

    def open_page(path="/", **options):
        return opened(path, base=account_site.url, **options)

    return open_page


@pytest.fixture(scope="module")
def arena(tmp_path_factory):
    """A site with a runner of rooms."""
    with Site(tmp_path_factory.mktemp("arena"), "--runners", "1") as running:
        yield running


@pytest.fixture
def in_arena(opened, arena):
    """Open a page of that site."""
    # Whoever leaves a page at once closes a line that was not open yet, which the browser logs.
    opened.expected = ("WebSocket is closed before the connection is established",)

    def open_page(path="/", **options):
        return opened(path, base=arena.url, **options)

    return open_page
