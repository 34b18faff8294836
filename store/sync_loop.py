"""Domain calls from sync code: admin, commands, sync views.

One event loop in a thread of its own serves the whole process, so its Redis connections are made once.
"""

import asyncio
import contextvars
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def run_sync(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end and return its result. Ctrl-C cancels it.

    It runs in a separate thread. The caller's thread may be the one that asgiref keeps for sync code, which would
    otherwise wait for itself.

    Raises:
        RuntimeError: called on the loop itself, which would wait for itself.
    """
    loop = _running()
    if _is_on(loop):
        coroutine.close()
        raise RuntimeError("run_sync was called by a coroutine that run_sync runs; await it instead")
    # Use an empty context: in the caller's, asgiref would pick the thread for sync code, which is blocked here.
    future = contextvars.Context().run(asyncio.run_coroutine_threadsafe, coroutine, loop)
    try:
        return future.result()
    finally:
        future.cancel()


def _running() -> asyncio.AbstractEventLoop:
    global _loop  # noqa: PLW0603
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="run_sync", daemon=True).start()
        return _loop


def _is_on(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


def _forget() -> None:
    """Reset after a fork: the child has no copy of the thread, and must not use its parent's connections."""
    global _loop, _lock
    _loop, _lock = None, threading.Lock()


os.register_at_fork(after_in_child=_forget)
