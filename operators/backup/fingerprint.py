"""Fingerprints of a server's keys, to check that a copy holds the same values.

A large value counts by its length and its first elements. Of many keys only a sample is taken, chosen by a hash of
the name, so that it is the same on every server.
"""

import hashlib
import zlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

from store.client import Client
from store.keys import every_key

KEYS_COMPARED = 100_000
BATCH = 500
ELEMENTS_MAX = 5_000
BYTES_MAX = 1 << 20
#: A key that expires sooner may be gone from a copy before it is compared.
ENDS_SOON_MS = 120_000

#: For each type of value: the command for its length, and the command that reads its first elements.
_LENGTH = {"string": "STRLEN", "hash": "HLEN", "set": "SCARD", "zset": "ZCARD", "list": "LLEN", "stream": "XLEN"}
_FIRST: dict[str, tuple[Any, ...]] = {
    "string": ("GETRANGE", 0, BYTES_MAX - 1),
    "list": ("LRANGE", 0, ELEMENTS_MAX - 1),
    "zset": ("ZRANGE", 0, ELEMENTS_MAX - 1, "WITHSCORES"),
    "stream": ("XRANGE", "-", "+", "COUNT", ELEMENTS_MAX),
}
# These have no order that two servers share, so they are read completely or not at all.
_WHOLE = {"hash": "HGETALL", "set": "SMEMBERS"}

Prints = dict[bytes, bytes]


async def names(connection: Client, pattern: str | None = None) -> AsyncIterator[list[bytes]]:
    """The names of the site's keys, in batches. A key that exists during the whole scan comes at least once."""
    for node in await connection.primaries():
        cursor = -1
        while cursor:
            cursor, batch = await node.scan(max(cursor, 0), match=pattern or every_key(), count=BATCH)
            if batch:
                yield batch


async def fingerprints(connection: Client) -> Prints:
    """Fingerprints of at most about 100,000 keys; keys that expire within two minutes are left out.

    Redis: three round trips for 500 keys, O(elements) up to 5,000 each.
    """
    every = await connection.dbsize() // KEYS_COMPARED + 1
    found: Prints = {}
    async for batch in names(connection):
        found |= await _of([name for name in batch if zlib.crc32(name) % every == 0], connection)
    return found


async def _of(batch: list[bytes], connection: Client) -> Prints:
    pipe = connection.pipeline()
    for name in batch:
        pipe.type(name)
        pipe.pttl(name)
    replies = await pipe.execute() if batch else []
    kinds = [
        (name, kind.decode(), ends_ms > 0)
        for name, kind, ends_ms in zip(batch, replies[::2], replies[1::2], strict=True)
        if kind != b"none" and (ends_ms == -1 or ends_ms > ENDS_SOON_MS)
    ]
    pipe = connection.pipeline()
    for name, kind, _ in kinds:
        pipe.execute_command(_LENGTH[kind], name)
    lengths = await pipe.execute(raise_on_error=False) if kinds else []
    pipe = connection.pipeline()
    for (name, kind, _), length in zip(kinds, lengths, strict=True):
        _read(pipe, name, kind, length)
    values = await pipe.execute(raise_on_error=False) if kinds else []
    return {
        name: hashlib.blake2b(repr((kind, ends, length, _sorted(value))).encode(), digest_size=16).digest()
        for (name, kind, ends), length, value in zip(kinds, lengths, values, strict=True)
    }


def _read(pipe: Any, name: bytes, kind: str, length: Any) -> None:
    if kind in _FIRST:
        command, *rest = _FIRST[kind]
        pipe.execute_command(command, name, *rest)
    elif isinstance(length, int) and length <= ELEMENTS_MAX:
        pipe.execute_command(_WHOLE[kind], name)
    else:
        pipe.exists(name)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return sorted(value.items())
    return sorted(value) if isinstance(value, set) else value


def differing(before: Prints, after: Prints, copy: Prints) -> tuple[list[str], int]:
    """Keys that did not change while a copy was made but differ in it, and how many keys could be compared.

    A key that changed meanwhile may have any of its values in the copy, so it is not compared.
    """
    unchanged = {name: value for name, value in before.items() if after.get(name) == value}
    wrong = sorted(name.decode(errors="replace") for name, value in unchanged.items() if copy.get(name) != value)
    return wrong, len(unchanged)


def counted_by_app(found: Mapping[bytes, Any]) -> dict[str, int]:
    """How many keys each app has."""
    counts: dict[str, int] = {}
    for name in found:
        app = name.split(b":")[1].decode(errors="replace")
        counts[app] = counts.get(app, 0) + 1
    return dict(sorted(counts.items()))
