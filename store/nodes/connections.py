"""Connection pools: to a given server, or to one that is looked up anew for each connection."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

import hiredis
import redis
import redis.asyncio
import redis.asyncio.connection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from store.address import Address, Host

Locate = Callable[[], Awaitable[Host]]
T = TypeVar("T")

#: Of the nodes that were seen, so many are asked at once.
ASKED_MAX = 6


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


class _Packing(redis.asyncio.connection.AbstractConnection):
    """Commands are packed by hiredis. redis-py itself does so on sync connections only."""

    def pack_command(self, *args: Any) -> list[bytes]:
        if " " not in args[0]:
            with contextlib.suppress(TypeError):  # What hiredis does not know, redis-py packs or refuses.
                return [hiredis.pack_command(args)]
        return super().pack_command(*args)


class _Tcp(_Packing, redis.asyncio.Connection):
    """A connection over TCP."""


class _Tls(_Packing, redis.asyncio.SSLConnection):
    """A connection over TLS."""


class _Unix(_Packing, redis.asyncio.UnixDomainSocketConnection):
    """A connection over a socket in the file system."""


_PACKING = {
    redis.asyncio.Connection: _Tcp,
    redis.asyncio.SSLConnection: _Tls,
    redis.asyncio.UnixDomainSocketConnection: _Unix,
}


class _Located(_Tcp):
    """A connection to the server that `locate` names whenever it connects."""

    def __init__(self, *, locate: Locate, **more: Any) -> None:
        super().__init__(**more)
        self._locate = locate

    async def _connect(self) -> None:
        self.host, self.port = await self._locate()
        await super()._connect()


class _LocatedTls(_Located, _Tls):
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
    plain = given.pop("connection_class", redis.asyncio.Connection)
    return {"connection_class": _PACKING[plain], **given, **found, **more}


def pool(address: Address, timeout_s: float, connections_max: int, **more: Any) -> redis.asyncio.BlockingConnectionPool:
    """A pool that makes callers wait when all of its connections are in use."""
    given = arguments(address, timeout_s, **more)
    return redis.asyncio.BlockingConnectionPool(max_connections=connections_max, timeout=timeout_s, **given)


def locating(address: Address, timeout_s: float) -> Locate:
    """How to find a server of this address: the primary that Sentinels name, or any node of a cluster that answers."""

    async def primary() -> Host:
        command = ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", address.service)
        # Most of the time limit is left for the connection itself.
        asked = [ask(address.sentinel_at(*host), min(1.0, timeout_s / 4), command) for host in address.hosts]
        try:
            [found] = await first(asked, lambda replies: bool(replies[0]))
        except (redis.RedisError, OSError, TimeoutError) as error:
            raise redis.ConnectionError(f"no Sentinel answers: {error or type(error).__name__}") from error
        if not found:
            raise redis.ConnectionError(f"no Sentinel knows the service {address.service}")
        return str(found[0]), int(found[1])

    async def any_node() -> Host:
        async def node(host: Host) -> tuple[Host, bool]:
            [info] = await ask(address.at(*host), min(1.0, timeout_s / 4), ("CLUSTER", "INFO"))
            return host, "cluster_state:ok" in info

        try:
            host, is_ok = await first([node(host) for host in known(address)], lambda found: found[1])
        except (redis.RedisError, OSError, TimeoutError) as error:
            raise redis.ConnectionError("no node of the cluster answers") from error
        if not is_ok:
            raise redis.ConnectionError("its cluster is down")
        return host

    return primary if address.is_sentinel else any_node


async def first(asked: Sequence[Coroutine[Any, Any, T]], accept: Callable[[T], bool]) -> T:
    """The first answer that is accepted, of questions that are asked at once; else the last one, or the last error.

    So a server that is silent delays nothing.
    """
    waiting = {asyncio.ensure_future(each) for each in asked}
    every, answer, said = set(waiting), [], TimeoutError("nobody was asked")
    try:
        while waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                if (error := each.exception()) is None:
                    answer = [each.result()]
                    if accept(answer[0]):
                        return answer[0]
                elif isinstance(error, Exception):
                    said = error  # type: ignore[assignment]
        if answer:
            return answer[0]
        raise said
    finally:
        for each in every:
            each.cancel()
        await asyncio.gather(*every, return_exceptions=True)


async def ask(address: Address, timeout_s: float, *commands: Sequence[Any]) -> list[Any]:
    """Send commands over a connection of its own, once, within the time limit. Raises redis-py's errors."""
    own = pool(address, timeout_s, 1, retry=Retry(NoBackoff(), 0))
    connection = redis.asyncio.Redis(connection_pool=own)
    try:
        async with asyncio.timeout(timeout_s):
            return [await connection.execute_command(*command) for command in commands]
    finally:
        with contextlib.suppress(Exception):
            await connection.aclose(close_connection_pool=True)


_seen: dict[Address, list[Host]] = {}


def known(address: Address) -> list[Host]:
    """Some nodes of a cluster to ask: those of the address, and a few that were seen last."""
    seen = _seen.get(address, [])
    return list(dict.fromkeys([*address.hosts, *random.sample(seen, min(ASKED_MAX, len(seen)))]))


def saw(address: Address, hosts: list[Host]) -> None:
    """Remember a cluster's nodes, so that it is found when those of the address are gone."""
    _seen[address] = hosts
