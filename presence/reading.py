"""Reads presence: what the scripts find, after a sweep of what is due, as rows with cards."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from accounts.cards import Card
from presence import keys
from presence.buckets import LEASE_MS, SCRIPTS, arguments, keys_of, marked, shard_keys, shards
from presence.cards import cards_of
from store.client import client
from store.scripts import Argument, script

AWAY = "away"
#: So many are known as the newest (lua/show.lua).
NEWEST_MAX = 1_000
#: A read sweeps for so long at most, seconds.
SWEEP_S = 0.5

_sweep = script(__file__, "sweep", prelude=SCRIPTS)
_refill = script(__file__, "refill", prelude=SCRIPTS)
_look = script(__file__, "look", prelude=["now"])


#: A player, the state, and since when with the card if they are at hand.
Row = tuple[int, str, str | None]
PLAIN = {"-": AWAY, ".": "online"}


class Present(msgspec.Struct, frozen=True):
    """A player who is online, since when, and their state: `online`, `away` or such as `playing <game>`.

    `since_ms` is in UTC, and 0 when it is not known: only for the newest it is kept.
    """

    player: int
    since_ms: int
    card: Card
    state: str = "online"


async def look(count: int, now_ms: int | None) -> list[Any]:
    """What lua/look.lua finds in each shard, after a sweep of what is due.

    When very many leave at once, the next reads sweep the rest.
    """
    parts = shards()
    args: list[Argument] = ["" if now_ms is None else now_ms, count, LEASE_MS]
    calls = [(shard_keys(shard), args) for shard in parts]
    replies = await _look.many(calls)
    ends = time.monotonic() + SWEEP_S
    while (due := {int(bucket) for reply in replies for bucket in reply[0]}) and time.monotonic() < ends:
        await swept(due, now_ms)
        replies = await _look.many(calls)
    short = [
        part for part, reply in zip(parts, replies, strict=True) if count and len(reply[3]) < min(size(reply), count)
    ]
    if short:
        await _refilled(short, count, now_ms)
        replies = await _look.many(calls)
    return replies


def size(reply: Sequence[Any]) -> int:
    """How many visible players a shard has."""
    return sum(map(int, reply[1][1::2]))


def words(codes: Sequence[str]) -> dict[str, str]:
    """What each character of a state means."""
    return PLAIN | dict(zip(codes[1::2], codes[::2], strict=True)) if codes else PLAIN


async def swept(buckets: set[int], now_ms: int | None) -> None:
    ended = await _sweep.many([(keys_of(bucket), arguments(now_ms, bucket)) for bucket in buckets])
    await marked(any(ended))


async def _refilled(parts: Sequence[str], count: int, now_ms: int | None) -> None:
    """Put others among the newest, of whom too many have gone: those of some buckets, by chance."""
    pipe = client().pipeline()
    for shard in parts:
        pipe.zrandmember(keys.due(shard), count)
    buckets = [int(bucket) for found in await pipe.execute() for bucket in found]
    ended = await _refill.many([(keys_of(bucket), arguments(now_ms, bucket)) for bucket in buckets])
    await marked(any(ended))


async def named(lists: Sequence[Sequence[Row]]) -> list[list[Present]]:
    """Rows with their cards."""
    without = [player for rows in lists for player, _, dated in rows if not dated]
    found = await cards_of(without) if without else {}
    return [[_present(*row, found) for row in rows] for rows in lists]


def since_ms(row: Row) -> int:
    return int(row[2].partition(" ")[0]) if row[2] else 0


def _present(player: int, state: str, dated: str | None, found: Mapping[int, Card]) -> Present:
    if not dated:
        return Present(player, 0, found[player], state)
    since, _, card = dated.partition(" ")
    return Present(player, int(since), Card.decode(card), state)
