"""Presence by lease: a player is online while any of their connections holds a lease.

Nothing here relies on a clean disconnect: a player who sends no more beats goes offline when the lease ends.
Invisible players hold leases like everybody else, but are in no list and no count.

The leases lie in buckets (presence/buckets.py). What is read of everybody is counted as it changes. A bucket says when
its first lease ends, and whoever reads presence sweeps what is due; a beat sweeps its own bucket.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from accounts.cards import Card
from live.hub import mark
from presence import keys
from presence.buckets import (
    BUCKET,
    SUBJECT,
    arguments,
    bucket_of,
    keys_of,
    letter_of,
    shard_keys,
    shard_of,
    shards,
)
from presence.cards import cards_of, forget_card
from store.client import client
from store.scripts import Argument, script
from store.together import sharing

LEASE_MS = 45_000
# A closed connection keeps its lease this long, so that nobody notices a page reload.
GRACE_MS = 5_000
FRIENDS_MAX = 50
ONLINE, AWAY = "", "away"
#: So many are known as the newest (lua/show.lua).
NEWEST_MAX = 1_000
#: A read sweeps for so long at most, seconds.
SWEEP_S = 0.5
_encode = msgspec.json.Encoder().encode
_BUCKET = ["now", "bucket", "show", "tabs"]
_renew = script(__file__, "renew", prelude=[*_BUCKET, "see"])
_leave = script(__file__, "leave", prelude=_BUCKET)
_amend = script(__file__, "amend", prelude=[*_BUCKET, "see"])
_sweep = script(__file__, "sweep", prelude=_BUCKET)
_refill = script(__file__, "refill", prelude=_BUCKET)
_look = script(__file__, "look", prelude=["now"])
_friends = script(__file__, "friends", prelude=["now"])


class Present(msgspec.Struct, frozen=True):
    """A player who is online, since when, and their state: `online`, `away` or such as `playing <game>`.

    `since_ms` is in UTC, and 0 when it is not known: only for the newest it is kept.
    """

    player: int
    since_ms: int
    card: Card
    state: str = "online"


async def _marked(changed: int) -> bool:
    """Mark what a script on a shard has changed, and say whether it did."""
    if changed and client().has_slots:
        await mark(SUBJECT)
    return bool(changed)


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
    return await _marked(changed)


async def leave(player: int, connection: str, *, now_ms: int | None = None) -> None:
    """Let a closed connection's lease end in 5 s. If the player reconnects before that, nobody notices.

    Redis: lua/leave.lua, one round trip.
    """
    await _end(player, connection, GRACE_MS, now_ms)


async def _end(player: int, connection: str, grace_ms: int, now_ms: int | None = None) -> None:
    bucket = bucket_of(player)
    await _marked(await _leave(keys_of(bucket), arguments(now_ms, bucket, player, connection, grace_ms)))


async def amend(
    player: int, card: Card, *, visible: bool, audience: Sequence[int] = (), now_ms: int | None = None
) -> None:
    """Change a player's card and visibility at once, on all their connections; `audience` still sees a hidden player.

    Redis: lua/amend.lua, one round trip.
    """
    forget_card(player)
    bucket = bucket_of(player)
    args = arguments(now_ms, bucket, player, card.encode(), _who(visible, audience))
    await _marked(await _amend(keys_of(bucket), args))


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
                calls.append((shard_keys(shard), _friends_args(now_ms, player, [others[number] for number in own])))
                whose.append((place, own))
    if not calls:
        return [[] for _ in asked]
    replies = await _friends.many(calls)
    if due := {int(bucket) for reply in replies for bucket in reply[0]}:
        await _swept(due, now_ms)
        replies = await _friends.many(calls)
    # Each with the number among those asked about, whose order the rows get.
    here: list[list[tuple[int, _Row]]] = [[] for _ in asked]
    for (place, own), (_, codes, found, shown, cards) in zip(whose, replies, strict=True):
        words, others = _words(codes), asked[place][1]
        for at, code, card in zip(found, shown, cards, strict=True):
            number = own[at - 1]
            here[place].append((number, (others[number], words[code], card)))
    return await _named([[row for _, row in sorted(rows)[:FRIENDS_MAX]] for rows in here])


def _by_part(players: Sequence[int], parts: int) -> list[Sequence[int]]:
    """The numbers, from 0, of those among the players who lie in each part."""
    if parts == 1:
        return [range(len(players))]
    found: list[list[int]] = [[] for _ in range(parts)]
    for number, player in enumerate(players):
        found[bucket_of(player) % parts].append(number)
    return [*found]


def _friends_args(now_ms: int | None, player: int, others: Sequence[int]) -> list[Argument]:
    places = bytes([32 + other % BUCKET for other in others])
    buckets = _encode([str(other // BUCKET) for other in others])
    return ["" if now_ms is None else now_ms, player, FRIENDS_MAX, places, buckets]


async def forget(player: int) -> None:
    """Delete everything stored about a player. Three round trips, and one for each open connection."""
    bucket = bucket_of(player)
    shard, letter = shard_of(bucket), letter_of(player)
    for tab in await client().zrange(keys.leases(shard, bucket), 0, -1):
        if tab.startswith(letter):
            await _end(player, tab[2:], -1)
    await online(0)  # This sweeps the ended leases.
    await client().hdel(keys.hidden(shard), str(player))
    forget_card(player)


async def playing() -> dict[str, int]:
    """How many visible players play each game: `{"playing <game>": 3}`. One round trip."""
    found: Counter[str] = Counter()
    for _, counts, codes, *_ in await _looked(1, None):
        words = _words(codes)
        found.update({words[code]: int(number) for code, number in zip(counts[::2], counts[1::2], strict=True)})
    return {state: number for state, number in found.items() if state not in _PLAIN.values()}


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
    replies = await _looked(min(count, NEWEST_MAX), now_ms)
    total = sum(_size(reply) for reply in replies)
    if not count:
        return total, []
    rows: list[_Row] = []
    for _, _, codes, newest, shown, cards in replies:
        words = _words(codes)
        for player, code, card in zip(newest, shown, cards, strict=True):
            rows.append((int(player), words[code], card))
    if len(replies) > 1:
        rows.sort(key=_since_ms, reverse=True)
    [found] = await _named([rows[:count]])
    return total, found


#: A player, the state, and since when with the card if they are at hand.
_Row = tuple[int, str, str | None]
_PLAIN = {"-": AWAY, ".": "online"}


async def _looked(count: int, now_ms: int | None) -> list[Any]:
    """What lua/look.lua finds in each shard, after a sweep of what is due.

    When very many leave at once, the next reads sweep the rest.
    """
    parts = shards()
    args: list[Argument] = ["" if now_ms is None else now_ms, count, LEASE_MS]
    calls = [(shard_keys(shard), args) for shard in parts]
    replies = await _look.many(calls)
    ends = time.monotonic() + SWEEP_S
    while (due := {int(bucket) for reply in replies for bucket in reply[0]}) and time.monotonic() < ends:
        await _swept(due, now_ms)
        replies = await _look.many(calls)
    short = [
        part for part, reply in zip(parts, replies, strict=True) if count and len(reply[3]) < min(_size(reply), count)
    ]
    if short:
        await _refilled(short, count, now_ms)
        replies = await _look.many(calls)
    return replies


def _size(reply: Sequence[Any]) -> int:
    """How many visible players a shard has."""
    return sum(map(int, reply[1][1::2]))


def _words(codes: Sequence[str]) -> dict[str, str]:
    """What each character of a state means."""
    return _PLAIN | dict(zip(codes[1::2], codes[::2], strict=True)) if codes else _PLAIN


async def _swept(buckets: set[int], now_ms: int | None) -> None:
    ended = await _sweep.many([(keys_of(bucket), arguments(now_ms, bucket)) for bucket in buckets])
    await _marked(any(ended))


async def _refilled(parts: Sequence[str], count: int, now_ms: int | None) -> None:
    """Put others among the newest, of whom too many have gone: those of some buckets, by chance."""
    pipe = client().pipeline()
    for shard in parts:
        pipe.zrandmember(keys.due(shard), count)
    buckets = [int(bucket) for found in await pipe.execute() for bucket in found]
    await _refill.many([(keys_of(bucket), arguments(now_ms, bucket)) for bucket in buckets])


async def _named(lists: Sequence[Sequence[_Row]]) -> list[list[Present]]:
    """Rows with their cards."""
    without = [player for rows in lists for player, _, dated in rows if not dated]
    found = await cards_of(without) if without else {}
    return [[_present(*row, found) for row in rows] for rows in lists]


def _since_ms(row: _Row) -> int:
    return int(row[2].partition(" ")[0]) if row[2] else 0


def _present(player: int, state: str, dated: str | None, found: Mapping[int, Card]) -> Present:
    if not dated:
        return Present(player, 0, found[player], state)
    since, _, card = dated.partition(" ")
    return Present(player, int(since), Card.decode(card), state)
