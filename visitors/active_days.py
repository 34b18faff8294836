"""Which players were active on which day: a bitmap per UTC day, one bit per player."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from store.client import client
from visitors import keys
from visitors.side_by_side import beside, side_by_side

TTL_S = 70 * 24 * 60 * 60
# Redis allocates a bitmap up to its highest bit. Ids come from SQL and are dense; a higher id than this is refused.
PLAYER_ID_MAX = 50_000_000


def today() -> date:
    """The day by this machine's clock, UTC."""
    return datetime.now(UTC).date()


async def mark(player: int, day: date | None = None) -> None:
    """Mark a player as active on a day (default: today); repeating it is harmless.

    Raises:
        ValueError: no player has such an id.

    Redis: SETBIT and EXPIRE in one round trip, O(1).
    """
    if not 0 < player <= PLAYER_ID_MAX:
        raise ValueError(f"no player has the id {player}")
    name = keys.active(str(day or today()))
    pipe = client().pipeline()
    pipe.setbit(name, player, 1)
    pipe.expire(name, TTL_S)
    await pipe.execute()


async def days(player: int, upto: date | None = None, count: int = 60) -> list[date]:
    """The days of the last `count` on which a player was active, newest first. One round trip, O(count)."""
    last = upto or today()
    asked = [last - timedelta(days=back) for back in range(count)]
    pipe = client().pipeline()
    for day in asked:
        pipe.getbit(keys.active(str(day)), player)
    return [day for day, bit in zip(asked, await pipe.execute(), strict=True) if bit]


async def streak(player: int, upto: date | None = None) -> int:
    """The number of consecutive days, up to this one, on which a player was active. One round trip."""
    last = upto or today()
    found = await days(player, last)
    return next((length for length, day in enumerate(found) if day != last - timedelta(days=length)), len(found))


async def actives(last: date, count: int) -> list[int]:
    """How many players were here on each of the last `count` days, oldest first. One round trip."""
    pipe = client().pipeline()
    for back in range(count - 1, -1, -1):
        pipe.bitcount(keys.active(str(last - timedelta(days=back))))
    return await pipe.execute()


async def retention(last: date, spans: Sequence[int] = (1, 7, 30)) -> list[tuple[int, int]]:
    """For each span: how many players were active that many days before `last`, and how many of them also on `last`.

    Redis: BITOP and two BITCOUNTs for each, in one round trip, in a cluster three; O(players).
    """
    at = await side_by_side(keys.active(str(last - timedelta(days=span))) for span in (0, *spans))
    pipe = client().pipeline()
    for span in spans:
        before, both = at[keys.active(str(last - timedelta(days=span)))], beside(keys.active(f"both-{span}"))
        pipe.bitcount(before)
        pipe.bitop("AND", both, before, at[keys.active(str(last))])
        pipe.bitcount(both)
        pipe.expire(both, 60)
    replies = await pipe.execute()
    return [(replies[at], replies[at + 2]) for at in range(0, len(replies), 4)]


async def streaks(last: date, lengths: Sequence[int] = (2, 3, 7, 14, 30)) -> list[int]:
    """For each length: how many players were active on every one of that many days, ending with `last`.

    Redis: BITOP and BITCOUNT for each, in one round trip, in a cluster three; O(players x days).
    """
    names = [keys.active(str(last - timedelta(days=back))) for back in range(max(lengths, default=0))]
    at = await side_by_side(names)
    pipe = client().pipeline()
    for length in lengths:
        every = beside(keys.active(f"row-{length}"))
        pipe.bitop("AND", every, *(at[name] for name in names[:length]))
        pipe.bitcount(every)
        pipe.expire(every, 60)
    return (await pipe.execute())[1::3]


async def forget(player: int) -> None:
    """Remove a player from every day. Two round trips, O(days)."""
    pipe = client().pipeline()
    for day in await days(player, count=TTL_S // 86_400 + 1):
        pipe.setbit(keys.active(str(day)), player, 0)
    await pipe.execute()
