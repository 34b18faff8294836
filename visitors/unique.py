"""Unique visitors: a HyperLogLog per UTC day, merged for longer spans (standard error 0.81 %)."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.utils.crypto import salted_hmac

from store.client import client
from visitors import keys
from visitors.side_by_side import side_by_side

TTL_S = 70 * 24 * 60 * 60
# A visitor whom this process counted within this time is not sent again: the count would not change.
AGAIN_S = 600
REMEMBERED_MAX = 20_000

_counted: dict[tuple[str, str], float] = {}


def _days(today: datetime, count: int) -> list[str]:
    return [f"{today - timedelta(days=back):%Y-%m-%d}" for back in range(count)]


async def saw(visitor: str, *, of: str = "", today: datetime | None = None) -> bool:
    """Count a visitor for today, and for the game `of` if given; True when today's count may have grown.

    `visitor` is any text that stays the same for one visitor.

    Only a salted HMAC is sent. The salt is the site's secret and stays the same across merged days: with a
    daily salt the same visitor would count again each day.

    Redis: PFADD and EXPIRE for each in one round trip, O(1); none for somebody counted within ten minutes.
    """
    digest = salted_hmac("visitors.unique", visitor, algorithm="sha256").hexdigest()[:32]
    [day] = _days(today or datetime.now(UTC), 1)
    names = [keys.visitors(day), *([keys.game_visitors(day, of)] if of else [])]
    if all(time.monotonic() - _counted.get((name, digest), -AGAIN_S) < AGAIN_S for name in names):
        return False
    pipe = client().pipeline()
    for name in names:
        pipe.pfadd(name, digest)
        pipe.expire(name, TTL_S)
    is_new, *_ = await pipe.execute()
    if len(_counted) > REMEMBERED_MAX:
        _counted.clear()
    _counted.update(((name, digest), time.monotonic()) for name in names)
    return bool(is_new)


def without_cookie(address: str, today: datetime | None = None) -> str:
    """The visitor name for one address without a cookie on one day: a hash that does not reveal the address."""
    [day] = _days(today or datetime.now(UTC), 1)
    return salted_hmac("visitors.unique.address", f"{day} {address}", algorithm="sha256").hexdigest()[:32]


async def by_day(count: int, *, today: datetime | None = None) -> list[int]:
    """Unique visitors of each of the last `count` days, today last. One round trip, O(days)."""
    pipe = client().pipeline()
    for day in reversed(_days(today or datetime.now(UTC), count)):
        pipe.pfcount(keys.visitors(day))
    return await pipe.execute()


async def unique(spans: Sequence[int] = (1, 7, 30), *, of: str = "", today: datetime | None = None) -> list[int]:
    """Unique visitors of the last `span` days, today included, for each span; of the whole site or of one game.

    Redis: one PFCOUNT per span (which merges), one round trip, in a cluster three; O(days).
    """
    days = _days(today or datetime.now(UTC), max(spans, default=0))
    names = [keys.game_visitors(day, of) if of else keys.visitors(day) for day in days]
    at = await side_by_side(names)
    pipe = client().pipeline()
    for span in spans:
        pipe.pfcount(*(at[name] for name in names[:span]))
    return await pipe.execute()
