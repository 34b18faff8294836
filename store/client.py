"""Redis connections; whatever goes wrong with them is one of the errors in `store.trouble`.

The only module that imports redis. What is stored where is the business of each app's `keys.py`.
"""

import asyncio
import contextlib
import functools
import hashlib
import tempfile
import weakref
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import redis
import redis.asyncio
import redis.asyncio.retry
import redis.connection
import redis.retry
from django.conf import settings
from redis.asyncio.client import Pipeline as AsyncPipeline
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, ResponseError

from store.address import Address, parse
from store.together import Command, gathering
from store.trouble import ConnectionStale, StoreMisconfigured, StoreUnavailable, name_once, refusal

__all__ = [
    "LOADED",
    "Client",
    "NoScriptError",
    "ResponseError",
    "StoreMisconfigured",
    "StoreUnavailable",
    "address",
    "answers",
    "blocking",
    "client",
    "close",
    "layer_host",
    "loading_percent",
    "other",
    "sync",
    "translated",
    "url",
]


# Connection trouble: the answer, if any, is not known.
_TROUBLE = (redis.ConnectionError, redis.TimeoutError, OSError, TimeoutError)


def _translated(error: Exception) -> Exception:
    """The error of ours that an error of the library stands for, or the very same one."""
    # What a new connection was told, such as a wrong password, is the cause of a ConnectionError.
    found = refusal(error) or ((isinstance(error.__cause__, redis.RedisError) and refusal(error.__cause__)) or None)
    if found is None and isinstance(error, _TROUBLE):
        found = StoreUnavailable(str(error) or type(error).__name__)
    if isinstance(found, StoreMisconfigured):
        name_once(found)
    return found or error


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Raise StoreUnavailable for whatever the library raises when Redis is away or refuses."""
    try:
        yield
    except (redis.RedisError, *_TROUBLE) as error:
        found = _translated(error)
        if found is error:
            raise
        raise found from error


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


@contextlib.asynccontextmanager
async def _fresh(pool: redis.asyncio.ConnectionPool) -> AsyncIterator[None]:
    """Let go of the pool's connections when the server at their other end has become a replica."""
    try:
        yield
    except ConnectionStale:
        with contextlib.suppress(redis.RedisError, OSError):
            await pool.disconnect(inuse_connections=False)
        raise


class Pipeline(AsyncPipeline):
    """Several commands in one round trip, under one time limit."""

    timeout_s: float

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        """The replies in order. Without `raise_on_error` errors are among them, ours where they are refusals.

        Inside `together` its commands travel with the others', unless it is a transaction.
        """
        if not self.is_transaction and (shared := gathering()) and self.command_stack:
            commands: list[Command] = list(self.command_stack)
            await self.reset()
            replies = await shared.ask(commands, client().send_all)
            for reply in replies if raise_on_error else ():
                if isinstance(reply, Exception):
                    raise reply
            return replies
        return await self.execute_alone(raise_on_error)

    async def execute_alone(self, raise_on_error: bool = True) -> list[Any]:
        """As `execute`, in a round trip of its own."""
        async with _fresh(self.connection_pool), _answering(self.timeout_s):
            replies = await super().execute(raise_on_error)
            replies = [_translated(each) if isinstance(each, Exception) else each for each in replies]
        if stale := next((each for each in replies if isinstance(each, ConnectionStale)), None):
            with contextlib.suppress(ConnectionStale):
                async with _fresh(self.connection_pool):
                    raise stale
        return replies


class Client(redis.asyncio.Redis):
    """An async client whose every call answers within its time limit or raises `StoreUnavailable`."""

    timeout_s: float
    made_for: tuple[str, float]
    #: Whether its commands may travel with others; not those of a client that waits for streams or for whole values.
    joins = False

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        if self.joins and (shared := gathering()):
            [reply] = await shared.ask([(args, options)], self.send_all)
            if isinstance(reply, Exception):
                raise reply
            return reply
        async with _fresh(self.connection_pool), _answering(self.timeout_s):
            return await super().execute_command(*args, **options)

    async def send_all(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to some commands in one round trip, errors among them."""
        pipe = self.pipeline()
        for args, options in commands:
            pipe.execute_command(*args, **options)
        return await pipe.execute_alone(raise_on_error=False)

    def pipeline(self, transaction: bool = False, shard_hint: str | None = None) -> Pipeline:
        made = Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)
        made.timeout_s = self.timeout_s
        return made


def url() -> str:
    """The Redis in use, as the library reads it: `REDIS_URL`, or else the data folder's private server."""
    return address().url


def address() -> Address:
    """The Redis in use."""
    return parse(settings.REDIS_URL or f"unix://{private_socket(settings.DATA_DIR)}")


def private_socket(data_dir: Path) -> Path:
    """Where the private server of a data folder listens; beside the data unless that path is too long for a socket."""
    path = data_dir / "redis" / "redis.sock"
    if len(str(path)) < 100:  # sun_path holds 104 to 108 bytes, by system
        return path
    digest = hashlib.sha256(str(data_dir).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"gameapp-{digest}" / "redis.sock"


def answers(where: str) -> bool:
    """Whether a Redis at this address answers a PING now."""
    return loading_percent(where) == LOADED


#: What `loading_percent` gives for a server that can be used.
LOADED = 100.0


def loading_percent(where: str) -> float | None:
    """How much of its data a Redis at this address has loaded, 0 to 100; None when it does not answer."""
    try:
        # No check of its own when it connects: that is a PING, which is refused while it loads.
        options = _options(1.0) | {"health_check_interval": 0}
        with redis.Redis.from_url(where, retry=redis.retry.Retry(NoBackoff(), 0), **options) as connection:
            try:
                connection.ping()
            except redis.BusyLoadingError:
                info = connection.info("persistence")
                return min(99.9, float(info.get("loading_loaded_perc", 0)))
            return LOADED
    except (*_TROUBLE, redis.RedisError):
        return None


def _options(timeout_s: float) -> dict[str, Any]:
    # redis-py 8 retries ten times by default and `from_url` never: say it, once. RESP2 keeps reply shapes plain.
    return {
        "decode_responses": True,
        "protocol": 2,
        "socket_timeout": timeout_s,
        "socket_connect_timeout": timeout_s,
        "health_check_interval": 30,
    }


def _connect(timeout_s: float, connections_max: int, where: str = "", **more: Any) -> Client:
    pool = redis.asyncio.BlockingConnectionPool.from_url(
        where or url(),
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
    """The client of the running event loop; asyncio connections belong to the loop that made them.

    The loop of `run_sync` lives as long as the process, and tests change the settings: then another is made.
    """
    loop = asyncio.get_running_loop()
    wanted = (settings.REDIS_URL, settings.REDIS_TIMEOUT_S)
    found = _clients.get(loop)
    if found is None or found.made_for != wanted:
        found = _clients[loop] = _connect(settings.REDIS_TIMEOUT_S, settings.REDIS_CONNECTIONS_MAX)
        found.made_for, found.joins = wanted, True
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


def other(where: str, timeout_s: float) -> Client:
    """A client of any server, whose replies are bytes: for copies of whole values. Close it yourself."""
    return _connect(timeout_s, 4, where, decode_responses=False)


async def close() -> None:
    """Close the running loop's client, if it has one."""
    found = _clients.pop(asyncio.get_running_loop(), None)
    if found is not None:
        await found.aclose()


@functools.lru_cache(maxsize=4)
def _sync_client(where: str) -> redis.Redis:
    pool = redis.BlockingConnectionPool.from_url(
        where,
        max_connections=settings.REDIS_CONNECTIONS_MAX,
        timeout=settings.REDIS_TIMEOUT_S,
        # Not after a timeout: the call has had its time, and may have had its effect.
        retry=redis.retry.Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        **_options(settings.REDIS_TIMEOUT_S),
    )
    return redis.Redis.from_pool(pool)


@contextlib.contextmanager
def sync(where: str = "") -> Iterator[redis.Redis]:
    """A thread-safe client: of the Redis in use for the session backend, which needs both colours, or of another."""
    connection = _sync_client(where or url())
    try:
        with translated():
            yield connection
    except ConnectionStale:
        connection.connection_pool.disconnect(inuse_connections=False)
        raise
