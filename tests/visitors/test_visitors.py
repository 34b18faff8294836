"""Unique visitors."""

from datetime import UTC, datetime, timedelta

import pytest

from store.client import client as redis
from visitors import unique

TODAY = datetime(2026, 11, 24, tzinfo=UTC)


async def test_a_visitor_counts_once_however_often_they_come():
    for _ in range(5):
        await unique.saw("v1", today=TODAY)
    await unique.saw("v2", today=TODAY)
    assert await unique.unique(today=TODAY) == [2, 2, 2]


async def test_the_same_visitor_on_two_days_is_one_in_the_week():
    for back in (0, 1, 8, 29, 31):
        await unique.saw("regular", today=TODAY - timedelta(days=back))
        await unique.saw(f"once-{back}", today=TODAY - timedelta(days=back))
    assert await unique.unique(today=TODAY) == [2, 3, 5]


@pytest.mark.django_db(transaction=True)
async def test_page_views_are_counted_by_cookie(async_client):
    await async_client.get("/")
    await async_client.get("/boards/")
    await async_client.get("/nothing/")
    assert (await unique.unique([1])) == [1]
    async_client.cookies.clear()
    await async_client.get("/")
    await async_client.get("/")  # Another browser of the same address, known by its own cookie now.
    assert (await unique.unique([1])) == [2]


@pytest.mark.django_db(transaction=True)
async def test_who_keeps_no_cookies_counts_once_an_address_and_day(async_client, prefix):
    for _ in range(4):
        async_client.cookies.clear()
        await async_client.get("/")
    names = await redis().keys(f"{prefix}:*visitors*")
    assert all("127" not in name for name in names)
    assert await unique.unique([1]) == [1]  # The async client has one address, whatever is asked for.


async def test_a_game_has_visitors_of_its_own():
    await unique.saw("v1", of="fuse", today=TODAY)
    await unique.saw("v2", today=TODAY)
    assert await unique.unique([1], today=TODAY) == [2]
    assert await unique.unique([1], of="fuse", today=TODAY) == [1]
    assert await unique.unique([1], of="other", today=TODAY) == [0]


@pytest.mark.django_db(transaction=True)
async def test_the_pages_of_a_game_count_for_it(async_client):
    await async_client.get("/")
    assert await unique.unique([1], of="fuse") == [0]
    await async_client.get("/boards/fuse/")
    await async_client.get("/play/fuse/")
    assert await unique.unique([1], of="fuse") == [1]
    await async_client.get("/play/no-such-game/")
    assert await unique.unique([1], of="no-such-game") == [0]
