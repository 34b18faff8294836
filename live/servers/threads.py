"""Threads for the sync code of requests, kept from one request to the next with their SQL connections. Plain ASGI.

Django gives each request a thread of its own, which ends with it. Making one and opening SQLite in it takes about a
millisecond.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from asgiref.sync import ThreadSensitiveContext
from django.db import connections

#: More requests than this at the same time get threads that end with them.
KEPT_MAX = 16


class OneThread(ThreadPoolExecutor):
    """A thread that knows whether it has something to do. It is made with its first work."""

    def __init__(self) -> None:
        super().__init__(1, thread_name_prefix="request")
        self._given: list[Future[Any]] = []

    @property
    def is_busy(self) -> bool:
        return any(not each.done() for each in self._given)

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        given = super().submit(work, *args, **kwargs)
        self._given = [*(each for each in self._given if not each.done()), given]
        return given

    def end(self) -> None:
        """Close its SQL connections and end it, once it has done what it was given."""
        self.submit(connections.close_all)
        self.shutdown(wait=False)


class KeptThreads:
    """Wraps Django: a request takes the thread that was given back last, and no two have the same one at a time."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self._free: list[OneThread] = []

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        thread = self._free.pop() if self._free else OneThread()
        try:
            async with ThreadSensitiveContext(executor=thread):
                await self.application(scope, receive, send)
        except BaseException:
            thread.end()  # The request did not come to its end, where Django gives connections back.
            raise
        # Of somebody who left, a view may still be waiting for SQL there.
        if thread.is_busy or len(self._free) >= KEPT_MAX:
            thread.end()
        else:
            self._free.append(thread)
