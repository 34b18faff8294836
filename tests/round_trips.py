"""Counts what goes to Redis and back: each packet of commands that an async connection sends is one round trip."""

import contextlib
from collections.abc import Iterator

from redis.asyncio.connection import AbstractConnection

#: What opens a connection, and keeps a subscription: no answer to anybody waits for it.
OF_CONNECTIONS = {"CLIENT", "PING", "SUBSCRIBE", "UNSUBSCRIBE", "AUTH", "SELECT", "HELLO"}


class RoundTrips(list[str]):
    """The first words of each round trip, such as `EVALSHA HGETALL`."""


@contextlib.contextmanager
def counted() -> Iterator[RoundTrips]:
    """Every round trip of this process while it lasts. Do what is counted once before, so that scripts are loaded."""
    found = RoundTrips()
    own = AbstractConnection.send_packed_command

    async def send_packed_command(self, command, check_health=True):
        parts = b"".join([command] if isinstance(command, bytes) else command)
        words = list(_words(parts))
        if not OF_CONNECTIONS.issuperset(words):
            found.append(" ".join(words))
        return await own(self, command, check_health)

    AbstractConnection.send_packed_command = send_packed_command
    try:
        yield found
    finally:
        AbstractConnection.send_packed_command = own


def _words(packed: bytes) -> Iterator[str]:
    """The name of each command in a packet of the Redis protocol."""
    at = 0
    while at < len(packed):
        end = packed.index(b"\r\n", at)
        count, at = int(packed[at + 1 : end]), end + 2
        for part in range(count):
            end = packed.index(b"\r\n", at)
            size, start = int(packed[at + 1 : end]), end + 2
            if part == 0:
                yield packed[start : start + size].decode()
            at = start + size + 2
