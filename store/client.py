"""The Redis in use. Connection failures and refused commands become the errors in `store.trouble`.

With `store.nodes`, the only modules that import redis. Each app's `keys.py` declares what the app stores.
"""

import asyncio
import contextlib
import functools
import hashlib
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis
import redis.asyncio
import redis.cluster
import redis.connection
import redis.retry
import redis.sentinel
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, ResponseError

from store.address import Address, parse
from store.nodes import connections
from store.nodes.cluster import Cluster
from store.nodes.single import TROUBLE, Client, made, translated
from store.nodes.subscription import Subscription
from store.trouble import ConnectionStale, StoreMisconfigured, StoreUnavailable

__all__ = [
    "LOADED",
    "Client",
    "NoScriptError",
    "ResponseError",
    "StoreMisconfigured",
    "StoreUnavailable",
    "Subscription",
    "address",
    "answers",
    "blocking",
    "client",
    "close",
    "layer_host",
    "loading_percent",
    "other",
    "publishing",
    "servers",
    "subscription",
    "sync",
    "translated",
    "url",
]


def url() -> str:
    """The Redis in use, as the library reads it: `REDIS_URL`, or else the data folder's private server."""
    return address().url


def address() -> Address:
    """The Redis in use."""
    return parse(settings.REDIS_URL or f"unix://{private_socket(settings.DATA_DIR)}")


async def servers() -> list[Address]:
    """The servers that take writes, each with an address of its own.

    Raises:
        StoreUnavailable: nobody can tell which.
    """
    where = address()
    if where.is_sentinel:
        with translated():
            return [where.at(*await connections.locating(where, settings.REDIS_TIMEOUT_S)())]
    found = client()
    return [where.at(*host) for host in await found.hosts()] if isinstance(found, Cluster) else [where]


@functools.cache
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
        with _sync_client(where, 1.0, health_check_interval=0) as connection:
            try:
                connection.ping()
            except redis.BusyLoadingError:
                info = connection.info("persistence")
                return min(99.9, float(info.get("loading_loaded_perc", 0)))
            return LOADED
    except (*TROUBLE, redis.RedisError):
        return None


def _connect(where: Address, timeout_s: float, connections_max: int, **more: Any) -> Client:
    if where.is_cluster:
        return Cluster.of(where, timeout_s, connections_max, **more)
    return made(connections.pool(where, timeout_s, connections_max, **more), timeout_s)


_clients: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Client]" = weakref.WeakKeyDictionary()


def client() -> Client:
    """The client of the running event loop, because asyncio connections belong to the loop that made them.

    A new client is made when the settings change: tests change them while the loop of `run_sync` stays the same.
    """
    loop = asyncio.get_running_loop()
    wanted = (settings.REDIS_URL, settings.REDIS_TIMEOUT_S)
    found = _clients.get(loop)
    if found is None or found.made_for != wanted:
        found = _clients[loop] = _connect(address(), settings.REDIS_TIMEOUT_S, settings.REDIS_CONNECTIONS_MAX)
        found.made_for, found.joins = wanted, True
    return found


def layer_host() -> dict[str, Any]:
    """The connection options of the channel layer. In a cluster any node will do: they pass its messages on."""
    return connections.arguments(address(), settings.REDIS_TIMEOUT_S, decode_responses=False)


def publishing(channel: str) -> str:
    """How a script publishes to a channel: an argument for lua/publish.lua."""
    return f"{'SPUBLISH' if address().is_cluster else 'PUBLISH'} {channel}"


def subscription() -> Subscription:
    """Pub/sub channels of the Redis in use, none at first."""
    return Subscription(blocking)


def blocking(block_s: float) -> Client:
    """A separate client for subscriptions and for reads that block up to `block_s`. The caller closes it."""
    return _connect(address(), settings.REDIS_TIMEOUT_S + block_s, 4)


def other(where: str, timeout_s: float) -> Client:
    """A client of any address that returns bytes, for copying whole values. The caller closes it."""
    return _connect(parse(where), timeout_s, 4, decode_responses=False)


async def close() -> None:
    """Close the running loop's client, if it has one."""
    found = _clients.pop(asyncio.get_running_loop(), None)
    if found is not None:
        await found.aclose()


def _sync_client(where: str, timeout_s: float, **more: Any) -> redis.Redis:
    found = parse(where)
    # No retry after a timeout: the time is used up, and the command may have taken effect.
    retry = redis.retry.Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
    options = connections.options(timeout_s) | {"retry": retry, **more}
    if not found.is_cluster and not found.is_sentinel:
        pool = redis.BlockingConnectionPool.from_url(
            found.url, max_connections=settings.REDIS_CONNECTIONS_MAX, timeout=timeout_s, **options
        )
        return redis.Redis.from_pool(pool)
    own = _given(found.at(*found.hosts[0]))
    if found.is_cluster:
        nodes = [redis.cluster.ClusterNode(*host) for host in found.hosts]
        own.pop("db", None)
        return redis.cluster.RedisCluster(startup_nodes=nodes, **own | options)
    theirs = _given(found.sentinel_at(*found.hosts[0]))
    sentinels = redis.sentinel.Sentinel(found.hosts, sentinel_kwargs=theirs | options)
    return sentinels.master_for(found.service, **own | options)


def _given(one: Address) -> dict[str, Any]:
    """The options of an address but for the host, as redis-py's clients of several servers take them."""
    given = dict(redis.connection.parse_url(one.url))
    is_tls = given.pop("connection_class", None) is not None
    return {name: value for name, value in given.items() if name not in ("host", "port")} | {"ssl": is_tls}


_kept_sync = functools.lru_cache(maxsize=4)(_sync_client)


@contextlib.contextmanager
def sync(where: str = "") -> Iterator[redis.Redis]:
    """A thread-safe sync client, of the Redis in use (for the session backend) or of the one at `where`."""
    with translated():
        connection = _kept_sync(where or url(), settings.REDIS_TIMEOUT_S)
    try:
        with translated():
            yield connection
    except ConnectionStale:
        if (pool := getattr(connection, "connection_pool", None)) is not None:
            pool.disconnect(inuse_connections=False)
        raise
