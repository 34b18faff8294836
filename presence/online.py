"""Presence by lease: a player is online while any of their connections holds a lease.

Nothing here relies on a goodbye: whoever stops beating is gone when the lease ends.
"""

import msgspec

from accounts.cards import Card
from live.keys import marks
from presence import keys
from store.client import client
from store.scripts import script

LEASE_MS = 45_000
# A closed connection keeps its lease this long, so that a reload shows nothing to anybody.
GRACE_MS = 5_000
SUBJECT = "online"

_renew = script(__file__, "renew", prelude=["sweep"])
_leave = script(__file__, "leave", prelude=["sweep"])
_online = script(__file__, "online", prelude=["sweep"])


class Present(msgspec.Struct, frozen=True):
    """Somebody online, and since when (UTC ms)."""

    player: int
    since_ms: int
    card: Card


def _keys() -> list[str]:
    return [keys.leases(), keys.since(), keys.tabs(), keys.cards()]


def _now(now_ms: int | None) -> str:
    return "" if now_ms is None else str(now_ms)


async def renew(player: int, connection: str, card: Card, *, now_ms: int | None = None) -> bool:
    """Take or renew a connection's lease of 45 s; True when somebody came or went by it.

    Redis: lua/sweep.lua + lua/renew.lua, one round trip, O(log N).
    """
    args: list[str | int] = [_now(now_ms), player, connection, LEASE_MS, card.encode(), marks(), SUBJECT]
    return bool(await _renew(_keys(), args))


async def update_card(player: int, card: Card) -> None:
    """Show a new name of somebody who is online. Two round trips."""
    if await client().hexists(keys.tabs(), str(player)):
        await client().hset(keys.cards(), str(player), card.encode())


async def leave(player: int, connection: str, *, now_ms: int | None = None) -> None:
    """Let a closed connection's lease end in 5 s; a new connection before that and nobody notices.

    Redis: lua/sweep.lua + lua/leave.lua, one round trip, O(log N).
    """
    await _leave(_keys(), [_now(now_ms), player, connection, GRACE_MS, marks(), SUBJECT])


async def online(count: int, *, now_ms: int | None = None) -> tuple[int, list[Present]]:
    """How many players are online, and the `count` who came last, newest first.

    Redis: lua/sweep.lua + lua/online.lua, one round trip, O(log N + count).
    """
    size, flat = await _online(_keys(), [_now(now_ms), count, marks(), SUBJECT])
    triples = zip(flat[::3], flat[1::3], flat[2::3], strict=True)
    return size, [Present(int(player), int(since), Card.decode(card)) for player, since, card in triples]
