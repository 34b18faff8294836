"""Finds players near each other who opted in: a geo set of cell centres, which expire after a day.

No exact position is stored, only the centre of its cell, which is about 5 km wide. Answers are distances between
centres, reduced to a few phrases. So a caller learns at most the cell of a player, from wherever they ask.
"""

import csv
import functools
import math
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from django.utils.translation import gettext, gettext_noop

from live.errors import GameError
from nearby import keys
from store.client import client
from store.scripts import script

TTL_MS = 24 * 60 * 60 * 1000
CELL_KM = 5.0
REACH_KM = 100
#: With fewer players in reach than this, none are named.
ENOUGH = 3
NAMED_MAX = 100
#: At most this many players in reach are read to find those who count.
LOOKED_MAX = 10_000
BUCKETS = (
    (7.5, gettext_noop("around the corner")),
    (25.0, gettext_noop("within 25 km")),
    (math.inf, gettext_noop("within 100 km")),
)

_KM_PER_DEGREE = 111.32
_ROW = CELL_KM / _KM_PER_DEGREE
_LATITUDE_MAX = 85.0  # Redis keeps no position nearer to a pole.

_put = script(__file__, "put", prelude=["sweep"])
_read = script(__file__, "read", prelude=["sweep"])


class NoPlace(GameError):
    code = "no_place"
    message = gettext_noop("That is no place on Earth that we can use.")


class Place(NamedTuple):
    """A position in degrees."""

    latitude: float
    longitude: float


class Neighbour(msgspec.Struct, frozen=True):
    """A player nearby, and the distance in words."""

    player: int
    distance: str


class Nearby(msgspec.Struct, frozen=True):
    """The players nearby, nearest first; empty with fewer than three. `until_ms` is 0 if the player has not joined."""

    until_ms: int
    neighbours: list[Neighbour]


def cell(place: Place) -> Place:
    """The centre of the cell that contains a position; every position in a cell gives the same centre.

    Raises:
        NoPlace: not a position, or one too near to a pole.
    """
    latitude, longitude = place
    if not (-_LATITUDE_MAX <= latitude <= _LATITUDE_MAX and -180 <= longitude <= 180):
        raise NoPlace
    row = math.floor((latitude + 90) / _ROW)
    middle = -90 + (row + 0.5) * _ROW
    # Rows are shorter near the poles and get fewer cells, so that every cell is about as wide as it is high.
    columns = max(1, math.floor(360 * math.cos(math.radians(middle)) / _ROW))
    column = min(math.floor((longitude + 180) / 360 * columns), columns - 1)
    return Place(round(middle, 6), round(-180 + (column + 0.5) * 360 / columns, 6))


async def join(player: int, place: Place, *, now_ms: int | None = None) -> int:
    """Let other joined players find this player for a day; returns when that ends, UTC ms.

    Raises:
        NoPlace: see `cell`.

    Redis: lua/put.lua, one round trip, O(log N).
    """
    latitude, longitude = cell(place)
    names = [keys.cells(), keys.cells_until()]
    return await _put(names, ["" if now_ms is None else now_ms, player, longitude, latitude, TTL_MS])


async def leave(player: int) -> None:
    """Forget where a player is, at once. One round trip."""
    pipe = client().pipeline(transaction=True)
    pipe.zrem(keys.cells(), str(player))
    pipe.zrem(keys.cells_until(), str(player))
    await pipe.execute()


Counted = Callable[[Sequence[int]], Awaitable[set[int]]]


async def around(player: int, *, counted: Counted | None = None, now_ms: int | None = None) -> Nearby:
    """Who is within 100 km of a player. Redis: lua/read.lua, one round trip, at most three;
    O(players in reach).

    `counted` returns which of the players found may count and be named: accounts created only to stand near somebody
    must not make up the minimum of three.
    """
    for count in (NAMED_MAX + 1, LOOKED_MAX // 10, LOOKED_MAX):  # Read more only when too few of them count.
        args = ["" if now_ms is None else now_ms, player, REACH_KM, count]
        until_ms, flat = await _read([keys.cells(), keys.cells_until()], args)
        others = [(int(other), float(distance)) for other, distance in zip(flat[::2], flat[1::2], strict=True)]
        is_all = len(others) + 1 < count
        if counted is not None and others:
            count_as = await counted([other for other, _ in others])
            others = [each for each in others if each[0] in count_as]
        if is_all or len(others) >= NAMED_MAX:
            break
    found = [Neighbour(other, _in_words(distance)) for other, distance in others[: NAMED_MAX + 1]]
    return Nearby(until_ms, found if len(found) >= ENOUGH else [])


async def kept(player: int) -> Place | None:
    """The stored cell of a player, to show to themselves. One round trip."""
    [position] = await client().geopos(keys.cells(), str(player))
    return Place(round(position[1], 3), round(position[0], 3)) if position else None


async def sweep() -> int:
    """Remove expired entries; returns how many are left. The worker calls it every minute; each read does it too."""
    await _read([keys.cells(), keys.cells_until()], ["", 0, REACH_KM, 1])
    return await client().zcard(keys.cells())


def _in_words(distance_km: float) -> str:
    return gettext(next(words for limit, words in BUCKETS if distance_km <= limit))


@functools.cache
def cities() -> dict[str, Place]:
    """Large cities and capitals by `Name, country code`; data/cities.csv says where they come from."""
    with (Path(__file__).parent / "data" / "cities.csv").open(newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return {
            f"{row['city']}, {row['country']}": Place(float(row["latitude"]), float(row["longitude"])) for row in rows
        }
