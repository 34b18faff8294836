"""A client of one Redis server, with a time limit for every call and our own errors."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import redis
import redis.asyncio
from redis.asyncio.client import Pipeline as AsyncPipeline

from store.address import Host
from store.together import Command, gathering
from store.trouble import ConnectionStale, StoreMisconfigured, StoreUnavailable, name_once, refusal

# Connection errors: whether the command took effect is not known.
TROUBLE = (
    redis.ConnectionError,
    redis.TimeoutError,
    redis.exceptions.RedisClusterException,
    OSError,
    TimeoutError,
)


def translate(error: Exception) -> Exception:
    """Map a redis-py error to one of our errors. Any other error is returned unchanged."""
    # When a new connection is refused, for example for a wrong password, the refusal is the ConnectionError's cause.
    found = refusal(error) or ((isinstance(error.__cause__, redis.RedisError) and refusal(error.__cause__)) or None)
    if found is None and isinstance(error, TROUBLE):
        found = StoreUnavailable(str(error) or type(error).__name__)
    if isinstance(found, StoreMisconfigured):
        name_once(found)
    return found or error


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn redis-py's errors into StoreUnavailable when Redis is away or refuses a command."""
    try:
        yield
    except (redis.RedisError, *TROUBLE) as error:
        found = translate(error)
        if found is error:
            raise
        raise found from error


@contextlib.asynccontextmanager
async def limited(timeout_s: float) -> AsyncIterator[None]:
    """A time limit for the block, which no cancellation gets lost in."""
    task = asyncio.current_task()
    cancelled_before = task.cancelling() if task else 0
    async with asyncio.timeout(timeout_s):
        yield
    # redis-py sends through asyncio.wait_for, which until Python 3.12 can swallow a cancellation.
    if task and task.cancelling() > cancelled_before:
        raise asyncio.CancelledError


@contextlib.asynccontextmanager
async def answering(timeout_s: float) -> AsyncIterator[None]:
    """A time limit for the block, and our own errors."""
    with translated():
        async with limited(timeout_s):
            yield


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

    def __init__(self, client: "Client", transaction: bool) -> None:
        super().__init__(client.connection_pool, client.response_callbacks, transaction, None)
        self.client = client

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Return the replies in order. Without `raise_on_error`, errors are in the list; refusals as our own errors.

        Inside `together` the commands join the shared pipeline, unless this is a transaction.
        """
        if self.client.joins and not self.is_transaction and (shared := gathering()) and self.command_stack:
            commands: list[Command] = list(self.command_stack)
            await self.reset()
            replies = await shared.ask(commands, self.client.send_all)
            for reply in replies if raise_on_error else ():
                if isinstance(reply, Exception):
                    raise reply
            return replies
        return await self.execute_alone(raise_on_error)

    async def execute_alone(self, raise_on_error: bool = True) -> list[Any]:
        """Like `execute`, but always in a separate round trip."""
        async with _fresh(self.connection_pool), answering(self.client.timeout_s):
            replies = await super().execute(raise_on_error)
            replies = [translate(each) if isinstance(each, Exception) else each for each in replies]
        if stale := next((each for each in replies if isinstance(each, ConnectionStale)), None):
            with contextlib.suppress(ConnectionStale):
                async with _fresh(self.connection_pool):
                    raise stale
        return replies

    async def execute_raw(self) -> list[Any]:
        """Return the replies in order, with redis-py's own errors among them."""
        async with limited(self.client.timeout_s):
            replies = await super().execute(raise_on_error=False)
        return replies


class Layout(NamedTuple):
    """How many primaries a cluster has, which of them have no replica, and how many slots nobody owns."""

    primaries: int
    alone: list[str]
    unowned: int


class Client(redis.asyncio.Redis):
    """An async client whose every call answers within its time limit or raises `StoreUnavailable`."""

    timeout_s: float
    made_for: tuple[str, float]
    #: Whether commands may join a shared pipeline. False for clients that block on streams or copy whole values.
    joins = False
    #: The host and port of a cluster's node.
    name = ""
    #: Whether keys lie in slots, so that a command with several keys may be refused.
    has_slots = False
    #: Whether pub/sub channels lie in slots, too: a cluster of Redis 7 or newer.
    has_sharded = False

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        # A key that moves to another slot takes several commands, one after the other.
        if self.joins and not (self.has_slots and args[0] == "RENAME") and (shared := gathering()):
            [reply] = await shared.ask([(args, options)], self.send_all)
            if isinstance(reply, Exception):
                raise reply
            return reply
        return await self.send(*args, **options)

    async def send(self, *args: Any, **options: Any) -> Any:
        """Send one command in a round trip of its own."""
        async with _fresh(self.connection_pool), answering(self.timeout_s):
            return await super().execute_command(*args, **options)

    async def send_all(self, commands: Sequence[Command]) -> list[Any]:
        """Send commands in one round trip and return their replies. Errors are in the list."""
        pipe = self.pipeline()
        for args, options in commands:
            pipe.execute_command(*args, **options)
        return await pipe.execute_alone(raise_on_error=False)

    def pipeline(self, transaction: bool = False, shard_hint: str | None = None) -> Pipeline:
        return Pipeline(self, transaction)

    async def primaries(self) -> list["Client"]:
        """A client of each server that takes writes. Together they hold every key once."""
        return [self]

    async def holder(self, key: str) -> "Client":
        """A client of the server that has a key."""
        return self

    async def heard_at(self, channels: Iterable[str]) -> dict[Host | None, set[str]]:
        """The pub/sub channels by the server at which they are heard. None: there is only one."""
        return {None: set(channels)}

    def listener(self, host: Host | None) -> "Client":
        """The client of a server that `heard_at` names."""
        return self

    async def layout(self) -> Layout | None:
        """How a cluster stands now. None: it is no cluster."""
        return None

    async def reload(self) -> None:
        """Find out anew which server has what."""


def made(pool: redis.asyncio.ConnectionPool, timeout_s: float) -> Client:
    """A client that owns its pool."""
    found = Client.from_pool(pool)
    found.timeout_s = timeout_s
    return found
