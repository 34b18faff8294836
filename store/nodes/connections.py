"""Connection pools: to a given server, or to one that is looked up anew for each connection."""

from collections.abc import Awaitable, Callable
from typing import Any

import redis
import redis.asyncio
import redis.asyncio.connection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from store.address import Address, Host

Locate = Callable[[], Awaitable[Host]]


def options(timeout_s: float) -> dict[str, Any]:
    """What all connections have in common."""
    # redis-py 8 retries ten times by default, but not with `from_url`: callers set it. RESP2 keeps reply shapes plain.
    return {
        "decode_responses": True,
        "protocol": 2,
        "socket_timeout": timeout_s,
        "socket_connect_timeout": timeout_s,
        "health_check_interval": 30,
    }


class _Located(redis.asyncio.Connection):
    """A connection to the server that `locate` names whenever it connects."""

    def __init__(self, *, locate: Locate, **more: Any) -> None:
        super().__init__(**more)
        self._locate = locate

    async def _connect(self) -> None:
        self.host, self.port = await self._locate()
        await super()._connect()


class _LocatedTls(_Located, redis.asyncio.SSLConnection):
    """The same over TLS."""


def arguments(address: Address, timeout_s: float, **more: Any) -> dict[str, Any]:
    """The arguments of a connection pool for this address; one retry on a new connection."""
    # Without the retry, a lost subscription of the channel layer would never reconnect.
    found = options(timeout_s) | {"retry": Retry(NoBackoff(), 1)}
    if address.is_sentinel or address.is_cluster:
        found |= {"locate": locating(address, timeout_s)}
        found |= {"connection_class": _LocatedTls if address.is_tls else _Located}
    first = address.at(*address.hosts[0]) if address.hosts else address
    given = redis.asyncio.connection.parse_url(first.url)
    return {**given, **found, **more}


def pool(address: Address, timeout_s: float, connections_max: int, **more: Any) -> redis.asyncio.BlockingConnectionPool:
    """A pool that makes callers wait when all of its connections are in use."""
    given = arguments(address, timeout_s, **more)
    return redis.asyncio.BlockingConnectionPool(max_connections=connections_max, timeout=timeout_s, **given)


def locating(address: Address, timeout_s: float) -> Locate:
    """How to find a server of this address: the primary that Sentinels name, or any node of a cluster that answers."""

    async def primary() -> Host:
        said = "no Sentinel answers"
        for host in address.hosts:
            command = ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", address.service)
            try:
                found = await ask(address.sentinel_at(*host), timeout_s, *command)
            except (redis.RedisError, OSError, TimeoutError) as error:
                said = f"a Sentinel says: {error or type(error).__name__}"
                continue
            if found:
                return str(found[0]), int(found[1])
            said = f"no Sentinel knows the service {address.service}"
        raise redis.ConnectionError(said)

    async def any_node() -> Host:
        for host in known(address):
            try:
                if "cluster_state:ok" in await ask(address.at(*host), timeout_s, "CLUSTER", "INFO"):
                    return host
            except (redis.RedisError, OSError, TimeoutError):
                continue
        raise redis.ConnectionError("no node of the cluster answers")

    return primary if address.is_sentinel else any_node


async def ask(address: Address, timeout_s: float, *command: Any) -> Any:
    """Send one command over a connection of its own. Raises redis-py's errors."""
    connection = redis.asyncio.Redis(connection_pool=pool(address, timeout_s, 1))
    try:
        return await connection.execute_command(*command)
    finally:
        await connection.aclose(close_connection_pool=True)


_seen: dict[Address, list[Host]] = {}


def known(address: Address) -> list[Host]:
    """The nodes of a cluster that were seen last, then those of the address."""
    return list(dict.fromkeys([*_seen.get(address, ()), *address.hosts]))


def saw(address: Address, hosts: list[Host]) -> None:
    """Remember a cluster's nodes, so that it is found when those of the address are gone."""
    _seen[address] = hosts
