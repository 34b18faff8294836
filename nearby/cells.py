"""Players near each other, who all chose to be found: a geo set of cell centres, forgotten after a day.

Nobody's position is kept, only the centre of the cell of about 5 km that it lies in, and answers are
distances between such centres, in a few words. So whoever asks, from wherever, learns the cell at best.
"""

import csv
import functools
import math
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from live.errors import GameError
from nearby import keys
from store.client import client
from store.scripts import script

TTL_MS = 24 * 60 * 60 * 1000
CELL_KM = 5.0
REACH_KM = 100
#: With fewer in reach than this nobody is named.
ENOUGH = 3
NAMED_MAX = 100
#: At most this many are checked for whether they count.
LOOKED_MAX = 10_000
BUCKETS = ((7.5, "around the corner"), (25.0, "within 25 km"), (math.inf, "within 100 km"))

_KM_PER_DEGREE = 111.32
_ROW = CELL_KM / _KM_PER_DEGREE
_LATITUDE_MAX = 85.0  # Redis keeps no position nearer to a pole.

_put = script(__file__, "put", prelude=["sweep"])
_read = script(__file__, "read", prelude=["sweep"])


class NoPlace(GameError):
    code = "no_place"
    message = "That is no place on Earth that we can use."


class Place(NamedTuple):
    """A position in degrees."""

    latitude: float
    longitude: float


class Neighbour(msgspec.Struct, frozen=True):
    """Somebody near, and how near in words."""

    player: int
    distance: str


class Nearby(msgspec.Struct, frozen=True):
    """Who is near, nearest first; nobody while fewer than three are. `until_ms` is 0 for who has not joined."""

    until_ms: int
    neighbours: list[Neighbour]


def cell(place: Place) -> Place:
    """The centre of the cell that a position lies in; all positions of a cell give the very same one.

    Raises:
        NoPlace: not a position, or one too near to a pole.
    """
    latitude, longitude = place
    if not (-_LATITUDE_MAX <= latitude <= _LATITUDE_MAX and -180 <= longitude <= 180):
        raise NoPlace
    row = math.floor((latitude + 90) / _ROW)
    middle = -90 + (row + 0.5) * _ROW
    # As many cells fit around the Earth as the row is long, so that a cell is about as wide as high.
    columns = max(1, math.floor(360 * math.cos(math.radians(middle)) / _ROW))
    column = min(math.floor((longitude + 180) / 360 * columns), columns - 1)
    return Place(round(middle, 6), round(-180 + (column + 0.5) * 360 / columns, 6))


async def join(player: int, place: Place, *, now_ms: int | None = None) -> int:
    """Let a player be found for a day, by others who may be found; returns until when, UTC ms.

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

    `counted` says which of those found count as others, and may be named: accounts made to be found beside somebody
    must not make up the three.
    """
    for count in (NAMED_MAX + 1, LOOKED_MAX // 10, LOOKED_MAX):  # Further, only past those who do not count.
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
    """The cell that is kept of a player, for themselves. One round trip."""
    [position] = await client().geopos(keys.cells(), str(player))
    return Place(round(position[1], 3), round(position[0], 3)) if position else None


async def sweep() -> int:
    """Forget what is over; returns how many are left. The worker does it every minute, each read does, too."""
    await _read([keys.cells(), keys.cells_until()], ["", 0, REACH_KM, 1])
    return await client().zcard(keys.cells())


def _in_words(distance_km: float) -> str:
    return next(words for limit, words in BUCKETS if distance_km <= limit)


@functools.cache
def cities() -> dict[str, Place]:
    """Large cities and capitals by `Name, country code`; data/cities.csv says where they come from."""
    with (Path(__file__).parent / "data" / "cities.csv").open(newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return {
            f"{row['city']}, {row['country']}": Place(float(row["latitude"]), float(row["longitude"])) for row in rows
        }
