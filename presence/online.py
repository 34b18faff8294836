"""Presence by lease: a player is online while any of their connections holds a lease.

Nothing here relies on a clean disconnect: a player who sends no more beats goes offline when the lease ends.
Invisible players hold leases like everybody else, but are in no list and no count.

The leases lie in buckets (presence/buckets.py). What is read of everybody is counted as it changes. A bucket says when
its first lease ends, and whoever reads presence sweeps what is due; a beat sweeps its own bucket.
"""

import functools
from collections import Counter
from collections.abc import Sequence

import msgspec

from accounts.cards import Card
from presence import keys
from presence.buckets import (
    BUCKET,
    LEASE_MS,
    SCRIPTS,
    arguments,
    bucket_of,
    keys_of,
    marked,
    shard_keys,
    shards,
)
from presence.cards import forget_card
from presence.reading import AWAY, NEWEST_MAX, PLAIN, Present, Row, look, named, since_ms, size, swept, words
from store.client import client
from store.scripts import Argument, script
from store.together import sharing

__all__ = [
    "AWAY", "FRIENDS_MAX", "GRACE_MS", "LEASE_MS", "ONLINE", "Present",
    "amend", "everybody", "forget", "friends", "leave", "online", "playing", "renew",
]  # fmt: skip

# A closed connection keeps its lease this long, so that nobody notices a page reload.
GRACE_MS = 5_000
FRIENDS_MAX = 50
ONLINE = ""

_encode = msgspec.json.Encoder().encode
_renew = script(__file__, "renew", prelude=[*SCRIPTS, "see"])
_leave = script(__file__, "leave", prelude=SCRIPTS)
_amend = script(__file__, "amend", prelude=[*SCRIPTS, "see"])
_forget = script(__file__, "forget", prelude=SCRIPTS)
_friends = script(__file__, "friends", prelude=["now"])


async def renew(
    player: int,
    connection: str,
    card: Card,
    *,
    state: str = ONLINE,
    visible: bool | None = None,
    audience: Sequence[int] = (),
    now_ms: int | None = None,
) -> bool:
    """Take or renew a connection's lease of 45 s; True when what others see has changed.

    `state` belongs to the tab: a player is shown as playing while any tab is, and as away when all tabs are. `visible`
    says whether others may see the player, `audience` who may if not everybody; None leaves both unchanged in Redis.

    Redis: lua/renew.lua, one round trip, which is shared with whatever else renews at the same time.
    """
    bucket, who = bucket_of(player), "" if visible is None else _who(visible, audience)
    args = arguments(now_ms, bucket, player, connection, state, card.encode(), who)
    with sharing():
        changed = await _renew(keys_of(bucket), args)
    return await marked(changed)


async def leave(player: int, connection: str, *, now_ms: int | None = None) -> None:
    """Let a closed connection's lease end in 5 s. If the player reconnects before that, nobody notices.

    Redis: lua/leave.lua, one round trip.
    """
    bucket = bucket_of(player)
    await marked(await _leave(keys_of(bucket), arguments(now_ms, bucket, player, connection, GRACE_MS)))


async def amend(
    player: int, card: Card, *, visible: bool, audience: Sequence[int] = (), now_ms: int | None = None
) -> None:
    """Change a player's card and visibility at once, on all their connections; `audience` still sees a hidden player.

    Redis: lua/amend.lua, one round trip.
    """
    forget_card(player)
    bucket = bucket_of(player)
    args = arguments(now_ms, bucket, player, card.encode(), _who(visible, audience))
    await marked(await _amend(keys_of(bucket), args))


def _who(visible: bool, audience: Sequence[int]) -> str:
    """Who may see a player, as the scripts read it."""
    return "everybody" if visible else _encode(list(audience)).decode()


async def friends(asked: Sequence[tuple[int, Sequence[int]]], *, now_ms: int | None = None) -> list[list[Present]]:
    """For each (player, others): which of the others are online and visible to the player, at most 50.

    Redis: lua/friends.lua for each, in one round trip; in a cluster for each and each of their shards. Twice, and a
    sweep between, when a lease of theirs has just ended. SQL: one statement for cards that are not at hand.
    """
    parts, calls, whose = shards(), [], []
    for place, (player, others) in enumerate(asked):
        for shard, own in zip(parts, _by_part(others, len(parts)), strict=True):
            if own:
                theirs = tuple([others[number] for number in own])
                args: list[Argument] = ["" if now_ms is None else now_ms, player, FRIENDS_MAX, *_places(theirs)]
                calls.append((shard_keys(shard), args))
                whose.append((place, own))
    if not calls:
        return [[] for _ in asked]
    replies = await _friends.many(calls)
    if due := {int(bucket) for reply in replies for bucket in reply[0]}:
        await swept(due, now_ms)
        replies = await _friends.many(calls)
    # Each with the number among those asked about, whose order the rows get.
    here: list[list[tuple[int, Row]]] = [[] for _ in asked]
    for (place, own), (_, codes, found, shown, cards) in zip(whose, replies, strict=True):
        states, others = words(codes), asked[place][1]
        for at, code, card in zip(found, shown, cards, strict=True):
            number = own[at - 1]
            here[place].append((number, (others[number], states[code], card)))
    if len(parts) > 1:
        for rows in here:
            rows.sort()
    return await named([[row for _, row in rows[:FRIENDS_MAX]] for rows in here])


def _by_part(players: Sequence[int], parts: int) -> list[Sequence[int]]:
    """The numbers, from 0, of those among the players who lie in each part."""
    if parts == 1:
        return [range(len(players))]
    found: list[list[int]] = [[] for _ in range(parts)]
    for number, player in enumerate(players):
        found[bucket_of(player) % parts].append(number)
    return [*found]


@functools.lru_cache(maxsize=1024)
def _places(players: tuple[int, ...]) -> tuple[bytes, bytes]:
    """Where players lie, as lua/friends.lua reads it. Whoever watches their friends asks the same each second."""
    places = bytes([32 + player % BUCKET for player in players])
    return places, _encode([str(player // BUCKET) for player in players])


async def forget(player: int) -> None:
    """Delete everything stored about a player, who goes offline at once. Redis: lua/forget.lua, one round trip."""
    bucket = bucket_of(player)
    await marked(await _forget(keys_of(bucket), arguments(None, bucket, player)))
    forget_card(player)


async def playing() -> dict[str, int]:
    """How many visible players play each game: `{"playing <game>": 3}`. One round trip."""
    found: Counter[str] = Counter()
    for _, counts, codes, *_ in await look(1, None):
        states = words(codes)
        found.update({states[code]: int(number) for code, number in zip(counts[::2], counts[1::2], strict=True)})
    return {state: number for state, number in found.items() if state not in PLAIN.values()}


async def everybody() -> list[int]:
    """The ids of all online players, invisible ones included, for notices from operators. One round trip, O(N)."""
    pipe = client().pipeline()
    for shard in shards():
        pipe.hgetall(keys.here(shard))
    rows = [row for found in await pipe.execute() for row in found.items()]
    return [int(bucket) * BUCKET + at for bucket, row in rows for at, shown in enumerate(row[:BUCKET]) if shown != " "]


async def online(count: int, *, now_ms: int | None = None) -> tuple[int, list[Present]]:
    """How many players are online, and the `count` who came last, at most 1,000 of them, newest first.

    Redis: lua/look.lua, one round trip, O(log N + count); in a cluster for each shard. Twice, and a sweep between, when
    leases have just ended. SQL: one statement for cards that are not at hand.
    """
    replies = await look(min(count, NEWEST_MAX), now_ms)
    total = sum(size(reply) for reply in replies)
    if not count:
        return total, []
    rows: list[Row] = []
    for _, _, codes, newest, shown, cards in replies:
        states = words(codes)
        for player, code, card in zip(newest, shown, cards, strict=True):
            rows.append((int(player), states[code], card))
    if len(replies) > 1:
        rows.sort(key=since_ms, reverse=True)
    [found] = await named([rows[:count]])
    return total, found
