"""Makes daphne close its sockets with a restart code when it stops, as uvicorn does by itself."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any, cast


def before_shutdown(close_all: Callable[[], Awaitable[None]]) -> None:
    """Await `close_all` before daphne stops. Does nothing on other servers."""
    if "twisted.internet.reactor" not in sys.modules:
        return
    from twisted.internet import reactor
    from twisted.internet.defer import Deferred

    def stopping() -> Deferred[None]:
        return Deferred.fromFuture(asyncio.ensure_future(close_all()))

    cast(Any, reactor).addSystemEventTrigger("before", "shutdown", stopping)
