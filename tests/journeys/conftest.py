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
