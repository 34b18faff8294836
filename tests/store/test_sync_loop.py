"""Domain calls from sync code: one loop for the process, whoever calls."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from store.client import client
from store.sync_loop import run_sync


async def loop_and(value: int) -> tuple[asyncio.AbstractEventLoop, int]:
    await asyncio.sleep(0)
    return asyncio.get_running_loop(), value


async def broken() -> None:
    raise ValueError("of ours")


async def on_the_loop() -> None:
    run_sync(loop_and(1))


def test_many_threads_share_one_loop_and_each_gets_its_own_answer():
    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(lambda number: run_sync(loop_and(number)), range(200)))
    assert len({loop for loop, _ in found}) == 1
    assert [value for _, value in found] == list(range(200))


def test_an_error_is_the_callers():
    with pytest.raises(ValueError, match="of ours"):
        run_sync(broken())


def test_on_the_loop_itself_it_would_wait_for_itself_and_refuses():
    with pytest.raises(RuntimeError, match="await it instead"):
        run_sync(on_the_loop())
    assert run_sync(loop_and(5))[1] == 5


def test_a_forked_process_has_a_loop_and_connections_of_its_own(prefix):
    run_sync(client_set(f"{prefix}:x", "parent"))
    pid = os.fork()
    if not pid:
        try:
            run_sync(client_set(f"{prefix}:x", "child"))
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert run_sync(client_get(f"{prefix}:x")) == "child"


async def client_set(name: str, value: str) -> None:
    await client().set(name, value)


async def client_get(name: str) -> str:
    return await client().get(name)
