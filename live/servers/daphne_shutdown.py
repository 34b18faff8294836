"""Has daphne say to its sockets that it comes back, which it does not do by itself (uvicorn does)."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any, cast


def before_shutdown(close_all: Callable[[], Awaitable[None]]) -> None:
    """Have a coroutine function awaited before daphne stops; does nothing on another server."""
    if "twisted.internet.reactor" not in sys.modules:
        return
    from twisted.internet import reactor
    from twisted.internet.defer import Deferred

    def stopping() -> Deferred[None]:
        return Deferred.fromFuture(asyncio.ensure_future(close_all()))

    cast(Any, reactor).addSystemEventTrigger("before", "shutdown", stopping)
