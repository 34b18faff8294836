"""The first administrator: a link that works once, within 30 minutes, while there is no superuser."""

import hashlib
import secrets

from accounts import keys
from store.client import client

TTL_S = 30 * 60


def _key(token: str) -> str:
    return keys.setup_token(hashlib.sha256(token.encode()).hexdigest())


async def new_token() -> str:
    """Open a link and return its token; Redis holds only a digest."""
    token = secrets.token_urlsafe(24)
    await client().set(_key(token), 1, ex=TTL_S)
    return token


async def is_open(token: str) -> bool:
    return bool(await client().exists(_key(token)))


async def reopen(token: str) -> None:
    """Make a link valid again after its use has failed."""
    await client().set(_key(token), 1, ex=TTL_S)


async def use(token: str) -> bool:
    """Close the link; True for exactly one of any number of callers."""
    return bool(await client().delete(_key(token)))
