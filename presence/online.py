"""Presence by lease: a player is online while any of their connections holds a lease.

Nothing here relies on a clean disconnect: a player who sends no more beats goes offline when the lease ends.
Invisible players hold leases like everybody else, but are in no list and no count.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from accounts.cards import Card
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


def _keys() -> list[str]:
    return [keys.leases(), keys.states(), keys.players(), keys.since(), keys.invisible(), keys.audience()]


def _args(now_ms: int | None, *more: Argument) -> list[Argument]:
    return ["" if now_ms is None else now_ms, publishing(marks(SUBJECT)), SUBJECT, *more]


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
    return bool(await _renew(_keys(), _args(now_ms, msgspec.json.encode(tab))))


async def leave(player: int, connection: str, *, now_ms: int | None = None) -> None:
    """Let a closed connection's lease end in 5 s. If the player reconnects before that, nobody notices.

    Redis: lua/sweep.lua + lua/leave.lua, one round trip, O(log N).
    """
    await _leave(_keys(), _args(now_ms, player, connection, GRACE_MS))


async def amend(
    player: int, card: Card, *, visible: bool, audience: Sequence[int] = (), now_ms: int | None = None
) -> None:
    """Change a player's card and visibility at once, on all their connections; `audience` still sees a hidden player.

    Redis: lua/sweep.lua + lua/amend.lua, one round trip, O(log N).
    """
    args = _args(now_ms, player, card.encode(), int(visible), _ids(audience))
    await _amend(_keys(), args)


def _ids(players: Sequence[int]) -> str:
    return msgspec.json.encode(list(players)).decode()


async def friends(asked: Sequence[tuple[int, Sequence[int]]], *, now_ms: int | None = None) -> list[list[Present]]:
    """For each (player, others): which of the others are online and visible to the player, at most 50.

    Redis: lua/sweep.lua + lua/friends.lua for each, in one round trip.
    """
    calls = [(_keys(), _args(now_ms, player, FRIENDS_MAX, *others)) for player, others in asked]
    return [_present(flat) for flat in (await _friends.many(calls) if calls else ())]


async def forget(player: int) -> None:
    """Delete everything stored about a player. Three round trips, and one for each open connection."""
    for lease in await client().zrange(keys.leases(), 0, -1):
        if lease.startswith(f"{player}:"):
            await _leave(_keys(), _args(None, player, lease.partition(":")[2], -1))
    await online(0)  # This sweeps the ended leases.
    pipe = client().pipeline(transaction=True)
    pipe.srem(keys.invisible(), str(player))
    pipe.hdel(keys.audience(), str(player))
    await pipe.execute()


async def playing() -> dict[str, int]:
    """How many visible players play each game: `{"playing <game>": 3}`. One round trip, O(online)."""
    _, present = await online(PLAYING_MAX)
    return dict(Counter(each.state for each in present if each.state not in ("online", AWAY)))


async def everybody() -> list[int]:
    """The ids of all online players, invisible ones included, for notices from operators. One round trip, O(N)."""
    return [int(player) for player in await client().hkeys(keys.players())]


async def online(count: int, *, now_ms: int | None = None) -> tuple[int, list[Present]]:
    """How many players are online, and the `count` who came last, newest first.

    Redis: lua/sweep.lua + lua/online.lua, one round trip, O(log N + count).
    """
    size, flat = await _online(_keys(), _args(now_ms, count))
    return size, _present(flat)


def _present(flat: Sequence[str]) -> list[Present]:
    rows = zip(flat[::4], flat[1::4], flat[2::4], flat[3::4], strict=True)
    return [Present(int(player), int(since), Card.decode(card), state) for player, since, state, card in rows]
