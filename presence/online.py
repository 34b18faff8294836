"""Presence by lease: a player is online while any of their connections holds a lease.

Nothing here relies on a clean disconnect: a player who sends no more beats goes offline when the lease ends.
Invisible players hold leases like everybody else, but are in no list and no count.

In a cluster the players are spread over shards, each with a hash tag of its own, so that no node bears all beats. What
looks at everybody asks all shards at once.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from accounts.cards import Card
from live.hub import mark
from live.keys import marks
from presence import keys
from store.client import client, publishing
from store.scripts import Argument, script

LEASE_MS = 45_000
# A closed connection keeps its lease this long, so that nobody notices a page reload.
GRACE_MS = 5_000
SUBJECT = "online"
FRIENDS_MAX = 50
#: `playing` looks at this many players at most, those who came online last.
PLAYING_MAX = 300
ONLINE, AWAY = "", "away"
#: Over so many hash tags players are spread in a cluster. Another number would forget who is online, for a lease.
SHARDS = 16

_renew = script(__file__, "renew", prelude=["players", "sweep"])
_leave = script(__file__, "leave", prelude=["players", "sweep"])
_online = script(__file__, "online", prelude=["players", "sweep"])
_amend = script(__file__, "amend", prelude=["players", "sweep"])
_friends = script(__file__, "friends", prelude=["players", "sweep"])


class Present(msgspec.Struct, frozen=True):
    """A player who is online, since when (UTC ms), and their state: `online`, `away` or such as `playing <game>`."""

    player: int
    since_ms: int
    card: Card
    state: str = "online"


class Renewal(msgspec.Struct):
    """The JSON argument of lua/renew.lua, which reads these field names."""

    player: str
    connection: str
    lease_ms: int
    state: str
    card: str
    seen: bool | None
    audience: str


def _shards() -> list[str]:
    return [f"online-{number}" for number in range(SHARDS)] if client().has_slots else ["online"]


def _shard(player: int) -> str:
    shards = _shards()
    return shards[player % len(shards)]


def _keys(shard: str = "online") -> list[str]:
    kinds = (keys.leases, keys.states, keys.players, keys.since, keys.invisible, keys.audience)
    return [kind(shard) for kind in kinds]


def _args(now_ms: int | None, *more: Argument) -> list[Argument]:
    # The channel of the marks lies in one slot, where the script of a shard cannot publish.
    how = "" if client().has_slots else publishing(marks(SUBJECT))
    return ["" if now_ms is None else now_ms, how, SUBJECT, *more]


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

    Redis: lua/sweep.lua + lua/renew.lua, one round trip, O(log N).
    """
    tab = Renewal(str(player), connection, LEASE_MS, state, card.encode(), visible, _ids(audience))
    return await _marked(await _renew(_keys(_shard(player)), _args(now_ms, msgspec.json.encode(tab))))


async def leave(player: int, connection: str, *, now_ms: int | None = None) -> None:
    """Let a closed connection's lease end in 5 s. If the player reconnects before that, nobody notices.

    Redis: lua/sweep.lua + lua/leave.lua, one round trip, O(log N).
    """
    await _marked(await _leave(_keys(_shard(player)), _args(now_ms, player, connection, GRACE_MS)))


async def amend(
    player: int, card: Card, *, visible: bool, audience: Sequence[int] = (), now_ms: int | None = None
) -> None:
    """Change a player's card and visibility at once, on all their connections; `audience` still sees a hidden player.

    Redis: lua/sweep.lua + lua/amend.lua, one round trip, O(log N).
    """
    args = _args(now_ms, player, card.encode(), int(visible), _ids(audience))
    await _marked(await _amend(_keys(_shard(player)), args))


def _ids(players: Sequence[int]) -> str:
    return msgspec.json.encode(list(players)).decode()


async def friends(asked: Sequence[tuple[int, Sequence[int]]], *, now_ms: int | None = None) -> list[list[Present]]:
    """For each (player, others): which of the others are online and visible to the player, at most 50.

    Redis: lua/sweep.lua + lua/friends.lua for each, in one round trip; in a cluster for each and each of their shards.
    """
    calls, places = [], []
    for place, (player, others) in enumerate(asked):
        by_shard: dict[str, list[int]] = {}
        for other in others:
            by_shard.setdefault(_shard(other), []).append(other)
        for shard, own in by_shard.items():
            calls.append((_keys(shard), _args(now_ms, player, FRIENDS_MAX, *own)))
            places.append(place)
    found: list[list[Present]] = [[] for _ in asked]
    for place, flat in zip(places, await _friends.many(calls) if calls else [], strict=True):
        found[place] += _present(flat)
    orders = [{other: at for at, other in enumerate(others)} for _, others in asked]
    return [
        sorted(here, key=lambda each: order[each.player])[:FRIENDS_MAX]
        for here, order in zip(found, orders, strict=True)
    ]


async def forget(player: int) -> None:
    """Delete everything stored about a player. Three round trips, and one for each open connection."""
    shard = _shard(player)
    for lease in await client().zrange(keys.leases(shard), 0, -1):
        if lease.startswith(f"{player}:"):
            await _leave(_keys(shard), _args(None, player, lease.partition(":")[2], -1))
    await online(0)  # This sweeps the ended leases.
    pipe = client().pipeline(transaction=True)
    pipe.srem(keys.invisible(shard), str(player))
    pipe.hdel(keys.audience(shard), str(player))
    await pipe.execute()


async def playing() -> dict[str, int]:
    """How many visible players play each game: `{"playing <game>": 3}`. One round trip, O(online)."""
    _, present = await online(PLAYING_MAX)
    return dict(Counter(each.state for each in present if each.state not in ("online", AWAY)))


async def everybody() -> list[int]:
    """The ids of all online players, invisible ones included, for notices from operators. One round trip, O(N)."""
    pipe = client().pipeline()
    for shard in _shards():
        pipe.hkeys(keys.players(shard))
    return [int(player) for found in await pipe.execute() for player in found]


async def online(count: int, *, now_ms: int | None = None) -> tuple[int, list[Present]]:
    """How many players are online, and the `count` who came last, newest first.

    Redis: lua/sweep.lua + lua/online.lua, one round trip, O(log N + count); in a cluster for each shard.
    """
    found = await _online.many([(_keys(shard), _args(now_ms, count)) for shard in _shards()])
    newest = [each for _, flat in found for each in _present(flat)]
    if len(found) > 1:
        newest = sorted(newest, key=lambda each: -each.since_ms)[:count]
    return sum(size for size, _ in found), newest


def _present(flat: Sequence[str]) -> list[Present]:
    rows = zip(flat[::4], flat[1::4], flat[2::4], flat[3::4], strict=True)
    return [Present(int(player), int(since), Card.decode(card), state) for player, since, state, card in rows]
