"""Which rooms have to be run, and by which runner: one lease each, with a fencing number, all of them in one script."""

import time
from collections.abc import Sequence

import msgspec
from django.utils.translation import gettext_noop

from games.rooms import keys
from live.errors import GameError
from store.client import client
from store.scripts import script

_add = script(__file__, "room_add")
_claim = script(__file__, "room_claim")
_renew = script(__file__, "room_renew")
_open = script(__file__, "room_open")
_left = script(__file__, "room_left")
_end = script(__file__, "room_end")
_live = script(__file__, "room_live")

LEASE_MS = 3_000
CLAIM_MAX = 50
LISTED_MAX = 100
#: Rooms may wait this long for a runner before the site counts as not ready.
ALONE_S = 30.0

_alone_since: float | None = None  # Since when rooms wait here and no runner is alive, by the monotonic clock.


class Renewed(msgspec.Struct):
    """A room to renew; `entry` is what the list of live rooms shows of it, in JSON. lua/room_renew.lua reads it."""

    id: str
    epoch: int
    entry: str


class _Plan(msgspec.Struct):
    runner: str
    lease_ms: int
    rooms: list[Renewed]


class Elsewhere(GameError):
    code = "elsewhere"
    message = gettext_noop("Somebody of this room is in another match. Come back to this page when it is over.")


async def add(room: str, players: Sequence[int]) -> None:
    """Have a room run, and note that its players are in it.

    Raises:
        Elsewhere: one of them is in another room; nothing has changed.

    Redis: lua/room_add.lua, one round trip.
    """
    if not await _add([keys.leases(), keys.playing(), keys.pairs()], [room, *map(str, players)]):
        raise Elsewhere


async def claim(runner: str) -> list[tuple[str, int]]:
    """Rooms that nobody runs, with the fencing number that this runner now has for each; it says that it is alive.

    Redis: lua/room_claim.lua, one round trip.
    """
    names = [keys.leases(), keys.epochs(), keys.owners(), keys.runners()]
    flat = await _claim(names, [runner, LEASE_MS, CLAIM_MAX])
    return list(zip(flat[::2], flat[1::2], strict=True))


async def take_over(room: str, epoch: int) -> bool:
    """Close the room to whoever has a lower number; False: somebody has a higher one, or it is gone. One round trip."""
    return bool(await _open([keys.room(room)], [epoch]))


async def renew(runner: str, rooms: Sequence[Renewed]) -> set[str]:
    """Keep these rooms for three more seconds, and listed; returns those that are somebody else's. One round trip."""
    return set(await _renew(_names(), [msgspec.json.encode(_Plan(runner, LEASE_MS, list(rooms)))]))


async def give_up(runner: str, rooms: Sequence[Renewed]) -> None:
    """Let other runners take these rooms at once. One round trip."""
    await _renew(_names(), [msgspec.json.encode(_Plan(runner, 0, list(rooms)))])


def _names() -> list[str]:
    return [keys.leases(), keys.epochs(), keys.owners(), keys.runners(), keys.listed()]


async def end(room: str, players: Sequence[int]) -> None:
    """A room is over: nobody runs it, its players are free. One round trip."""
    names = [keys.leases(), keys.epochs(), keys.owners(), keys.listed(), keys.playing()]
    await _end(names, [room, *map(str, players)])


class Listed(msgspec.Struct):
    """A live room in the list: its game, the players, when it began (UTC ms), how many watch, and the small picture.

    `names` and `points` are those of the seats, of an arena the best few; `free` is how many seats one may take.
    """

    game: str
    players: list[int]
    free: int
    names: list[str]
    points: list[int]
    started_ms: int
    watchers: int
    view: dict[str, object]


_listed = msgspec.json.Decoder(Listed)


async def live(count: int) -> list[tuple[str, Listed]]:
    """The live rooms, at most a hundred, the most watched first. Redis: lua/room_live.lua, one round trip."""
    flat = await _live([keys.leases(), keys.listed()], [LISTED_MAX])
    found = [(room, _listed.decode(text)) for room, text in zip(flat[::2], flat[1::2], strict=True)]
    return sorted(found, key=lambda each: (-each[1].watchers, each[1].started_ms))[:count]


async def left(room: str, player: int) -> None:
    """A player is in this room no more. One round trip."""
    await _left([keys.playing()], [player, room])


async def room_of(player: int) -> str | None:
    """The room that a player has a seat in, if any. One round trip, two when there is one."""
    room = await client().hget(keys.playing(), str(player))
    if room is None:
        return None
    pipe = client().pipeline()
    pipe.zscore(keys.leases(), room)
    pipe.hexists(keys.pairs(), room)
    leased, is_made = await pipe.execute()
    if leased is None and not is_made:
        await client().hdel(keys.playing(), str(player))  # Its keys have ended, and nobody runs it any more.
        return None
    return room


async def forget(player: int) -> None:
    """Drop what is kept of where a player is. One round trip."""
    await client().hdel(keys.playing(), str(player))


async def runners(*, now_ms: int) -> list[str]:
    """The runners that are alive. One round trip."""
    return await client().zrange(keys.runners(), now_ms, "+inf", byscore=True)


async def load(*, now_ms: int) -> tuple[int, int]:
    """How many rooms there are, and how many of them nobody runs: their lease has ended. One round trip."""
    pipe = client().pipeline()
    pipe.zcard(keys.leases())
    pipe.zcount(keys.leases(), "-inf", now_ms)
    rooms, waiting = await pipe.execute()
    return rooms, waiting


async def numbers() -> dict[str, tuple[str, float]]:
    """For `/metrics`. Two round trips."""
    now_ms = time.time_ns() // 1_000_000
    rooms, waiting = await load(now_ms=now_ms)
    return {
        "gameapp_rooms": ("Rooms that have to be run.", rooms),
        "gameapp_rooms_waiting": ("Rooms that nobody runs.", waiting),
        "gameapp_runners": ("Runners of rooms that are alive.", len(await runners(now_ms=now_ms))),
    }


async def problem() -> str:
    """For `/readyz`: rooms that nobody has run for half a minute; empty when there are none. Two round trips.

    A runner that restarts takes no web process out of service.
    """
    global _alone_since  # noqa: PLW0603
    now_ms = time.time_ns() // 1_000_000
    _, waiting = await load(now_ms=now_ms)
    if not waiting or await runners(now_ms=now_ms):
        _alone_since = None
        return ""
    _alone_since = time.monotonic() if _alone_since is None else _alone_since
    if time.monotonic() - _alone_since < ALONE_S:
        return ""
    return f"rooms: {waiting} wait, and no runner is alive; run manage.py rooms"
