"""Redis connections, and the one error that tells of trouble with them.

The only module that imports redis. What is stored where is the business of each app's `keys.py`.
"""

import asyncio
import contextlib
import functools
import hashlib
import tempfile
import weakref
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import redis
import redis.asyncio
import redis.asyncio.retry
import redis.connection
import redis.retry
from django.conf import settings
from redis.asyncio.client import Pipeline as AsyncPipeline
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, ResponseError

__all__ = [
    "Client",
    "NoScriptError",
    "ResponseError",
    "StoreUnavailable",
    "answers",
    "blocking",
    "client",
    "close",
    "layer_host",
    "other",
    "parts",
    "run_sync",
    "sync",
    "translated",
    "url",
]


T = TypeVar("T")


class StoreUnavailable(Exception):
    """Redis did not answer in time, or cannot take writes; nothing is known about the last command's effect."""


# Connection trouble, plus a server that answers but refuses every write (replica, memory full).
_TROUBLE = (redis.ConnectionError, redis.TimeoutError, OSError, TimeoutError)
_REFUSALS = ("MISCONF", "OOM ", "READONLY", "NOREPLICAS", "MASTERDOWN", "LOADING")


def _refuses_writes(error: ResponseError) -> bool:
    # Also by its text: from inside a script, Redis 6.2 wraps the word that redis-py would know the error by.
    known = isinstance(error, (redis.OutOfMemoryError, redis.ReadOnlyError))
    return known or any(word in str(error) for word in _REFUSALS)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Raise StoreUnavailable for whatever the library raises when Redis is away."""
    try:
        yield
    except _TROUBLE as error:
        raise StoreUnavailable(str(error) or type(error).__name__) from error
    except ResponseError as error:
        if _refuses_writes(error):
            raise StoreUnavailable(str(error)) from error
        raise


@contextlib.asynccontextmanager
async def _answering(timeout_s: float) -> AsyncIterator[None]:
    task = asyncio.current_task()
    cancelled_before = task.cancelling() if task else 0
    with translated():
        async with asyncio.timeout(timeout_s):
            yield
    # redis-py sends through asyncio.wait_for, which until Python 3.12 can swallow a cancellation.
    if task and task.cancelling() > cancelled_before:
        raise asyncio.CancelledError


class Pipeline(AsyncPipeline):
    """Several commands in one round trip, under one time limit."""

    timeout_s: float

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        async with _answering(self.timeout_s):
            return await super().execute(raise_on_error)


class Client(redis.asyncio.Redis):
    """An async client whose every call answers within its time limit or raises `StoreUnavailable`."""

    timeout_s: float

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        async with _answering(self.timeout_s):
            return await super().execute_command(*args, **options)

    def pipeline(self, transaction: bool = False, shard_hint: str | None = None) -> Pipeline:
        made = Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)
        made.timeout_s = self.timeout_s
        return made


def url() -> str:
    """The Redis in use: `REDIS_URL`, or else the data folder's private server."""
    return settings.REDIS_URL or f"unix://{private_socket(settings.DATA_DIR)}"


def private_socket(data_dir: Path) -> Path:
    """Where the private server of a data folder listens; beside the data unless that path is too long for a socket."""
    path = data_dir / "redis" / "redis.sock"
    if len(str(path)) < 100:  # sun_path holds 104 to 108 bytes, by system
        return path
    digest = hashlib.sha256(str(data_dir).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"gameapp-{digest}" / "redis.sock"


def answers(address: str) -> bool:
    """Whether a Redis at this address answers a PING now."""
    try:
        with redis.Redis.from_url(address, retry=redis.retry.Retry(NoBackoff(), 0), **_options(1.0)) as connection:
            return bool(connection.ping())
    except _TROUBLE:
        return False


def _options(timeout_s: float) -> dict[str, Any]:
    # redis-py 8 retries ten times by default and `from_url` never: say it, once. RESP2 keeps reply shapes plain.
    return {
        "decode_responses": True,
        "protocol": 2,
        "socket_timeout": timeout_s,
        "socket_connect_timeout": timeout_s,
        "health_check_interval": 30,
    }


def _connect(timeout_s: float, connections_max: int, address: str = "", **more: Any) -> Client:
    pool = redis.asyncio.BlockingConnectionPool.from_url(
        address or url(),
        max_connections=connections_max,
        timeout=timeout_s,
        retry=redis.asyncio.retry.Retry(NoBackoff(), 1),
        **_options(timeout_s) | more,
    )
    made = Client.from_pool(pool)
    made.timeout_s = timeout_s
    return made


_clients: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Client]" = weakref.WeakKeyDictionary()


def client() -> Client:
    """The client of the running event loop; asyncio connections belong to the loop that made them."""
    loop = asyncio.get_running_loop()
    found = _clients.get(loop)
    if found is None:
        found = _clients[loop] = _connect(settings.REDIS_TIMEOUT_S, settings.REDIS_CONNECTIONS_MAX)
    return found


def layer_host() -> dict[str, Any]:
    """How the channel layer connects.

    Without the retry its subscription, once lost, would fail for ever: what fails it does not connect anew.
    """
    options = _options(settings.REDIS_TIMEOUT_S) | {"decode_responses": False}
    return {"address": url(), "retry": redis.asyncio.retry.Retry(NoBackoff(), 1), **options}


def blocking(block_s: float) -> Client:
    """A client of its own for reads that wait up to `block_s` and for subscriptions. Close it yourself."""
    return _connect(settings.REDIS_TIMEOUT_S + block_s, 4)


def other(address: str, timeout_s: float) -> Client:
    """A client of any server, whose replies are bytes: for copies of whole values. Close it yourself."""
    return _connect(timeout_s, 4, address, decode_responses=False)


def parts(address: str) -> dict[str, Any]:
    """An address taken apart: `host` and `port` or `path`, `db`, `username`, `password`, where they are given."""
    return redis.connection.parse_url(address)


async def close() -> None:
    """Close the running loop's client, if it has one."""
    found = _clients.pop(asyncio.get_running_loop(), None)
    if found is not None:
        await found.aclose()


def run_sync(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a domain call from sync code (admin, commands, sync views) on a loop of its own."""

    async def closing() -> T:
        try:
            return await coroutine
        finally:
            await close()

    # In a thread of its own: the caller's may be one that asgiref keeps for its sync code, and would wait for itself.
    with ThreadPoolExecutor(1, thread_name_prefix="run_sync") as thread:
        return thread.submit(asyncio.run, closing()).result()


@functools.lru_cache(maxsize=4)
def _sync_client(address: str) -> redis.Redis:
    pool = redis.BlockingConnectionPool.from_url(
        address,
        max_connections=settings.REDIS_CONNECTIONS_MAX,
        timeout=settings.REDIS_TIMEOUT_S,
        # Not after a timeout: the call has had its time, and may have had its effect.
        retry=redis.retry.Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        **_options(settings.REDIS_TIMEOUT_S),
    )
    return redis.Redis.from_pool(pool)


@contextlib.contextmanager
def sync() -> Iterator[redis.Redis]:
    """The thread-safe client of the one place that needs both colours, the session backend."""
    with translated():
        yield _sync_client(url())
