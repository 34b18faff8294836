"""Keys of several days, read by one command: PFCOUNT or BITOP."""

from collections.abc import Iterable

from store.client import client
from visitors import keys

TTL_MS = 60_000
_NO_TAG = str.maketrans("", "", "{}")


def beside(name: str) -> str:
    """Where a command can write a key that is made of such keys: in a cluster, next to their copies."""
    return keys.copy(name.partition(":")[2].translate(_NO_TAG)) if client().has_slots else name


async def side_by_side(names: Iterable[str]) -> dict[str, str]:
    """Where one command can read all of these keys: on one server where they are.

    In a cluster each day has its own slot, so copies under one hash tag stand in for them, for a minute. Two round
    trips there.
    """
    places = {name: beside(name) for name in names}
    if not client().has_slots:
        return places
    pipe = client().pipeline()
    for name in places:
        pipe.dump(name)
    values = await pipe.execute()
    pipe = client().pipeline()
    for copy, value in zip(places.values(), values, strict=True):
        if value is None:
            pipe.delete(copy)
        else:
            pipe.restore(copy, TTL_MS, value, replace=True)
    await pipe.execute()
    return places
