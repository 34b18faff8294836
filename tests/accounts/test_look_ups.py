"""Look-ups that share queries: each gets what they asked for, nobody waits for what hangs."""

import asyncio
import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts.sessions import look_ups
from accounts.sessions.look_ups import LookUps


class Table:
    """What is looked up, and each query for it. `hold` has the next query wait once it has read."""

    def __init__(self) -> None:
        self.rows = {id: f"row {id}" for id in range(1, 500)}
        self.queries: list[list[int]] = []
        self.error: Exception | None = None
        self.has_read, self.going_on = threading.Event(), threading.Event()
        self.going_on.set()

    def read(self, ids: list[int]) -> dict[int, str]:
        self.queries.append(ids)
        found = {id: self.rows[id] for id in ids if id in self.rows}
        self.has_read.set()
        self.going_on.wait()
        if self.error:
            raise self.error
        return found

    async def held(self) -> None:
        """Once the query that waits has read."""
        while not self.has_read.is_set():
            await asyncio.sleep(0.01)


@pytest.fixture
def table():
    made = Table()
    yield made
    made.going_on.set()


@pytest.fixture
def thread():
    with ThreadPoolExecutor(1) as made:
        yield made


async def test_many_at_once_are_few_queries(table):
    looks = LookUps(table.read)
    asked = [*range(1, 41), *range(1, 41), 0]
    assert await asyncio.gather(*(looks.find(id) for id in asked)) == [table.rows.get(id) for id in asked]
    assert len(table.queries) <= 2
    assert await looks.find(3) == "row 3"


async def test_a_crowd_is_looked_up_in_parts(table, monkeypatch):
    monkeypatch.setattr(look_ups, "AT_ONCE", 50)
    looks = LookUps(table.read)
    assert await asyncio.gather(*(looks.find(id) for id in range(1, 500))) == list(table.rows.values())
    assert max(map(len, table.queries)) == 50


async def test_what_is_found_is_never_older_than_the_question(table, thread):
    looks = LookUps(table.read, thread)
    table.going_on.clear()
    first = asyncio.create_task(looks.find(7))
    await table.held()
    table.rows[7] = "changed"
    second = asyncio.create_task(looks.find(7))
    await asyncio.sleep(0)
    table.going_on.set()
    assert [await first, await second] == ["row 7", "changed"]


async def test_an_error_reaches_all_who_asked_and_nobody_after(table):
    looks, table.error = LookUps(table.read), OSError("away")
    found = await asyncio.gather(*(looks.find(id) for id in (1, 1, 2, 3)), return_exceptions=True)
    assert found == [table.error] * 4
    table.error = None
    assert await looks.find(1) == "row 1"


async def test_somebody_who_leaves_takes_nobody_along(table):
    looks = LookUps(table.read)
    leaving, staying = (asyncio.create_task(looks.find(1)) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == "row 1"


async def test_a_query_that_hangs_keeps_nobody_waiting_twice(table, thread):
    looks = LookUps(table.read, thread)
    table.going_on.clear()
    for _ in range(3):
        with pytest.raises(TimeoutError):
            await looks.find(1, 0.05)
    patient = asyncio.create_task(looks.find(2))
    assert len(table.queries) == 1
    table.going_on.set()
    while looks._task:
        await asyncio.sleep(0.01)
    assert [await patient, await looks.find(1, 20)] == ["row 2", "row 1"]


async def test_an_error_that_comes_after_all_have_left_is_no_news(table, thread):
    heard = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: heard.append(context))
    looks, table.error = LookUps(table.read, thread), OSError("away")
    table.going_on.clear()
    with pytest.raises(TimeoutError):
        await looks.find(1, 0.05)
    table.going_on.set()
    while looks._task:
        await asyncio.sleep(0.01)
    table.error = None  # Its traceback holds what was asked for.
    gc.collect()
    assert heard == []
