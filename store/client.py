"""Redis connections. Connection failures and refused commands become the errors in `store.trouble`.

The only module that imports redis. Each app's `keys.py` declares what the app stores.
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


# Connection errors: whether the command took effect is not known.
_TROUBLE = (redis.ConnectionError, redis.TimeoutError, OSError, TimeoutError)


def _translated(error: Exception) -> Exception:
    """Map a redis-py error to one of our errors. Any other error is returned unchanged."""
    # When a new connection is refused, for example for a wrong password, the refusal is the ConnectionError's cause.
    found = refusal(error) or ((isinstance(error.__cause__, redis.RedisError) and refusal(error.__cause__)) or None)
    if found is None and isinstance(error, _TROUBLE):
        found = StoreUnavailable(str(error) or type(error).__name__)
    if isinstance(found, StoreMisconfigured):
        name_once(found)
    return found or error


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn redis-py's errors into StoreUnavailable when Redis is away or refuses a command."""
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
    """Close the pool's idle connections when their server has become a replica."""
    try:
        yield
    except ConnectionStale:
        with contextlib.suppress(redis.RedisError, OSError):
            await pool.disconnect(inuse_connections=False)
        raise


class Pipeline(AsyncPipeline):
    """Several commands in one round trip, under one time limit."""

    timeout_s: float
    joins: bool

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Return the replies in order. Without `raise_on_error`, errors are in the list; refusals as our own errors.

        Inside `together` the commands join the shared pipeline, unless this is a transaction.
        """
        if self.joins and not self.is_transaction and (shared := gathering()) and self.command_stack:
            commands: list[Command] = list(self.command_stack)
            await self.reset()
            replies = await shared.ask(commands, client().send_all)
            for reply in replies if raise_on_error else ():
                if isinstance(reply, Exception):
                    raise reply
            return replies
        return await self.execute_alone(raise_on_error)

    async def execute_alone(self, raise_on_error: bool = True) -> list[Any]:
        """Like `execute`, but always in a separate round trip."""
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
    #: Whether commands may join a shared pipeline. False for clients that block on streams or copy whole values.
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
        """Send commands in one round trip and return their replies. Errors are in the list."""
        pipe = self.pipeline()
        for args, options in commands:
            pipe.execute_command(*args, **options)
        return await pipe.execute_alone(raise_on_error=False)

    def pipeline(self, transaction: bool = False, shard_hint: str | None = None) -> Pipeline:
        made = Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)
        made.timeout_s, made.joins = self.timeout_s, self.joins
        return made


def url() -> str:
    """The Redis in use, as the library reads it: `REDIS_URL`, or else the data folder's private server."""
    return address().url


def address() -> Address:
    """The Redis in use."""
    return parse(settings.REDIS_URL or f"unix://{private_socket(settings.DATA_DIR)}")


def private_socket(data_dir: Path) -> Path:
    """The private server's socket path: in the data folder, or in the temporary folder when that is too long."""
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
        # Disable redis-py's check on connect: it is a PING, which Redis refuses while it loads.
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
    # redis-py 8 retries ten times by default, but not with `from_url`: callers set it. RESP2 keeps reply shapes plain.
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
    """The client of the running event loop, because asyncio connections belong to the loop that made them.

    A new client is made when the settings change: tests change them while the loop of `run_sync` stays the same.
    """
    loop = asyncio.get_running_loop()
    wanted = (settings.REDIS_URL, settings.REDIS_TIMEOUT_S)
    found = _clients.get(loop)
    if found is None or found.made_for != wanted:
        found = _clients[loop] = _connect(settings.REDIS_TIMEOUT_S, settings.REDIS_CONNECTIONS_MAX)
        found.made_for, found.joins = wanted, True
    return found


def layer_host() -> dict[str, Any]:
    """The connection options of the channel layer.

    Without the retry, a lost subscription would never reconnect: every later use of it would fail.
    """
    options = _options(settings.REDIS_TIMEOUT_S) | {"decode_responses": False}
    return {"address": url(), "retry": redis.asyncio.retry.Retry(NoBackoff(), 1), **options}


def blocking(block_s: float) -> Client:
    """A separate client for subscriptions and for reads that block up to `block_s`. The caller closes it."""
    return _connect(settings.REDIS_TIMEOUT_S + block_s, 4)


def other(where: str, timeout_s: float) -> Client:
    """A client of any server that returns bytes, for copying whole values. The caller closes it."""
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
        # No retry after a timeout: the time is used up, and the command may have taken effect.
        retry=redis.retry.Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        **_options(settings.REDIS_TIMEOUT_S),
    )
    return redis.Redis.from_pool(pool)


@contextlib.contextmanager
def sync(where: str = "") -> Iterator[redis.Redis]:
    """A thread-safe sync client, of the Redis in use (for the session backend) or of the one at `where`."""
    connection = _sync_client(where or url())
    try:
        with translated():
            yield connection
    except ConnectionStale:
        connection.connection_pool.disconnect(inuse_connections=False)
        raise
