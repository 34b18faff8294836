"""Checks that Redis can do what the site needs, by trying it: write, run scripts, publish and receive."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Awaitable, Callable

from store import keys
from store.client import StoreUnavailable, client, subscription
from store.scripts import Script

TTL_MS = 10_000
HEAR_S = 2.0
#: Health checks are frequent, so a result is cached for this long.
FRESH_S = 2.0

_write = Script("return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])")
_found: dict[str, tuple[float, list[str]]] = {}


async def problems() -> list[str]:
    """Descriptions of what Redis cannot do; empty when everything works. At most two seconds old.

    Redis: five round trips and a subscription.
    """
    at, found = _found.get(keys.prefix(), (0.0, []))
    if not at or time.monotonic() - at > FRESH_S:
        found = await _tried()
        _found[keys.prefix()] = (time.monotonic(), found)
    return found


def forget() -> None:
    """Clear the cached result, so that the next call tries again."""
    _found.clear()


async def _tried() -> list[str]:
    token = secrets.token_hex(8)
    tries: list[tuple[str, Callable[[str], Awaitable[bool]]]] = [
        ("keys cannot be written and deleted", _writes),
        ("scripts cannot be run", _runs),
        ("messages cannot be published and heard", _hears),
    ]
    found = []
    for words, attempt in tries:
        try:
            if not await attempt(token):
                found.append(f"redis: {words}")
        except StoreUnavailable as error:
            if error.is_away:
                return [f"redis: {error.reason}"]
            found.append(f"redis: {words}: {error.reason}")
    return found


async def _writes(token: str) -> bool:
    name = keys.probe(token)
    await client().set(name, token, px=TTL_MS)
    return await client().get(name) == token and bool(await client().delete(name))


async def _runs(token: str) -> bool:
    await _write([keys.probe(token)], [token, TTL_MS])
    return bool(await client().delete(keys.probe(token)))


async def _hears(token: str) -> bool:
    heard = subscription()
    heard.add(keys.probe(token))
    try:
        async with asyncio.timeout(2 * HEAR_S), contextlib.aclosing(heard.heard()) as messages:
            async for _, text in messages:
                if text is not None:
                    return text == token
                await client().publish(keys.probe(token), token)
        return False
    except TimeoutError:
        return False
