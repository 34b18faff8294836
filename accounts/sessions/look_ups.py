"""Looks up in SQL what many ask for at the same moment with one query for all."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from asgiref.sync import sync_to_async

Found = TypeVar("Found")
Read = Callable[[list[int]], dict[int, Found]]
#: At most so many are looked up by one query; the others by the next ones.
AT_ONCE = 200


class LookUps(Generic[Found]):
    """One query after the other: who comes during one is looked up by the next.

    `read` gives what is found for some ids. It is sync and runs in a thread: of `executor`, else in the one that all
    sockets share.
    """

    def __init__(self, read: Read[Found], executor: ThreadPoolExecutor | None = None) -> None:
        self._read = sync_to_async(read, thread_sensitive=executor is None, executor=executor)
        self._waiting: dict[int, asyncio.Future[Found | None]] = {}
        self._task: asyncio.Task[None] | None = None
        self._began_s: float | None = None  # When the query that runs began.

    async def find(self, id: int, timeout_s: float | None = None) -> Found | None:
        """What is found for an id, which may be the same object for several callers. Never older than the call.

        Raises:
            TimeoutError: no answer within the time limit, if there is one; at once while a query runs for longer.
        """
        if timeout_s and self._began_s is not None and time.monotonic() - self._began_s > timeout_s:
            raise TimeoutError
        found = self._waiting.setdefault(id, asyncio.get_running_loop().create_future())
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="look-ups")
        async with asyncio.timeout(timeout_s):
            return await asyncio.shield(found)

    async def _run(self) -> None:
        while self._waiting:
            asked = {id: self._waiting.pop(id) for id in list(self._waiting)[:AT_ONCE]}
            self._began_s = time.monotonic()
            try:
                answer = await self._read(list(asked))
            except Exception as error:
                for found in asked.values():
                    found.set_exception(error)
                    found.exception()  # Seen, though all who asked may have left.
                continue
            finally:
                self._began_s = None
            for id, found in asked.items():
                found.set_result(answer.get(id))
        self._task = None
