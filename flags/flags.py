"""Checks flags, and writes their bitmaps.

A check is one GETBIT. Bitmaps are made from the definition in SQL. When a bitmap is missing or of an older
revision, the definition is used instead, and the worker writes the bitmap.
"""

import logging
import time
from collections.abc import Sequence

from asgiref.sync import sync_to_async
from django.db import DatabaseError
from django.db.models import F, Max

from accounts.models import Player
from flags import assignment, keys
from flags.models import Experiment, Flag
from store.client import StoreUnavailable, client
from store.lock import LockHeld, hold
from store.trouble import SQL_TROUBLE

logger = logging.getLogger(__name__)

FRESH_S = 5.0
# Writing a bitmap of many millions takes some seconds. Another writer waits this long for it.
WAIT_S = 20.0
ARMS = ("a", "b")
#: The bit of visitors who are not signed in. They have the flags that are on for everyone.
NOBODY = 0

_known: tuple[float, list[Flag], list[Experiment]] = (0.0, [], [])


async def _definitions() -> tuple[list[Flag], list[Experiment]]:
    """Every definition, at most 5 seconds old."""
    global _known  # noqa: PLW0603
    read_at, flags, experiments = _known
    if not read_at or time.monotonic() - read_at > FRESH_S:
        try:
            flags = [flag async for flag in Flag.objects.all()]
            experiments = [each async for each in Experiment.objects.all()]
        except DatabaseError as error:
            logger.warning("using the last known flags: %s", error)
        _known = (time.monotonic(), flags, experiments)
    return flags, experiments


def forget() -> None:
    """Clear the cached definitions, so that they are read again."""
    global _known  # noqa: PLW0603
    _known = (0.0, [], [])


async def on(name: str, player: Player | None) -> bool:
    """Whether a flag is on for a player (None: not signed in). Unknown flags are off."""
    return name in await of(player)


async def of(player: Player | None) -> frozenset[str]:
    """Every flag that is on for a player. Redis: one round trip for all; while it is away the definitions answer."""
    flags, _ = await _definitions()
    if not flags:
        return frozenset()
    offset = player.pk if player else NOBODY
    pipe = client().pipeline()
    pipe.hmget(keys.written(), [flag.slug for flag in flags])
    for flag in flags:
        pipe.getbit(keys.bits(flag.slug), offset)
    try:
        written, *bits = await pipe.execute()
    except StoreUnavailable as error:
        logger.warning("flags are answered by their definitions: %s", error)
        written, bits = [None] * len(flags), [0] * len(flags)
    found = set()
    for flag, revision, bit in zip(flags, written, bits, strict=True):
        # A bitmap of a newer revision than ours is also valid, so that a kill takes effect everywhere at once.
        is_fresh = revision is not None and int(revision) >= flag.revision
        is_on = bool(bit) if is_fresh else await _by_definition(flag, offset)
        if is_on:
            found.add(flag.slug)
    return frozenset(found)


async def _by_definition(flag: Flag, offset: int) -> bool:
    if flag.is_killed or flag.state == Flag.State.OFF:
        return False
    if flag.state == Flag.State.EVERYONE:
        return True
    if flag.state == Flag.State.PERCENTAGE:
        return offset != NOBODY and assignment.is_in(flag.slug, offset, flag.percentage)
    try:
        return await flag.players.filter(pk=offset).aexists()
    except SQL_TROUBLE as error:
        logger.warning("the flag %s is off: %s", flag.slug, error)
        return False


async def arm(name: str, player: Player | None) -> str | None:
    """The arm of a running experiment that a player is in, or None. The arm is counted as shown to them.

    Redis: one round trip, and one to count.
    """
    _, experiments = await _definitions()
    experiment = next((each for each in experiments if each.slug == name and each.is_running), None)
    if experiment is None or player is None:
        return None
    pipe = client().pipeline()
    for each in ARMS:
        pipe.getbit(keys.arm(name, each), player.pk)
    bits = await pipe.execute()
    found = next((each for each, bit in zip(ARMS, bits, strict=True) if bit), None)
    if found:
        await client().pfadd(keys.exposed(name, found), str(player.pk))
    return found


async def count(slug: str) -> int:
    """How many player ids a flag is on for, including those of deleted players. One round trip."""
    pipe = client().pipeline()
    pipe.bitcount(keys.bits(slug))
    pipe.getbit(keys.bits(slug), NOBODY)
    total, nobody = await pipe.execute()
    return total - nobody


async def highest_id() -> int:
    """The highest player id there is: no bit lies beyond it."""
    return (await Player.objects.aaggregate(Max("pk")))["pk__max"] or 0


async def write(flag: Flag) -> None:
    """Write the bitmap of a flag from its definition. It takes effect for everybody at once.

    Raises:
        LockHeld: somebody else is at it.
    """
    async with hold(f"flag:{flag.slug}", wait_s=WAIT_S):
        await flag.arefresh_from_db()
        highest = await highest_id()
        await _replace(keys.bits(flag.slug), await _bits(flag, highest))
        await client().hset(keys.written(), flag.slug, flag.revision)
        await _catch_up(flag, highest)
    forget()


async def _bits(flag: Flag, highest: int) -> bytes:
    if flag.is_killed or flag.state == Flag.State.OFF:
        return b""
    if flag.state == Flag.State.EVERYONE:
        return assignment.all_set(highest)
    if flag.state == Flag.State.PERCENTAGE:
        return await sync_to_async(assignment.bitmap, thread_sensitive=False)(flag.slug, highest, 0, flag.percentage)
    return assignment.some_set([pk async for pk in flag.players.values_list("pk", flat=True)])


async def write_experiment(experiment: Experiment) -> None:
    """Write the bitmaps of an experiment's arms from its definition. Raises LockHeld: somebody else is writing them."""
    async with hold(f"flag:{experiment.slug}", wait_s=WAIT_S):
        await experiment.arefresh_from_db()
        highest = await highest_id()
        middle = experiment.percentage / 2
        # Each arm grows from its own end of the range, so that nobody changes arms when the share grows.
        spans = {"a": (0, middle), "b": (100 - middle, 100)}
        for name, (above, below) in spans.items():
            make = sync_to_async(assignment.bitmap, thread_sensitive=False)
            bits = await make(experiment.slug, highest, above, below) if experiment.is_running else b""
            await _replace(keys.arm(experiment.slug, name), bits)
        await client().hset(keys.written(), experiment.slug, experiment.revision)
        await _catch_up(experiment, highest)
    forget()


async def _replace(name: str, bits: bytes) -> None:
    await (client().set(name, bits) if bits else client().delete(name))


async def include(player: int, definitions: Sequence[Flag | Experiment], *, anew: bool = False) -> None:
    """Set the bits of a new player, whose id comes from SQL and is the highest, or almost. One round trip.

    `anew`: also clear bits that are wrong because the definitions have changed. Two round trips.
    """
    names = {name: 1 for each in definitions if (name := _bit_of(each, player))}
    pipe = client().pipeline()
    if anew:
        others = [name for each in definitions for name in _bitmaps(each) if name not in names]
        for name in others:
            pipe.getbit(name, player)
        bits = await pipe.execute() if others else []
        names |= {name: 0 for name, bit in zip(others, bits, strict=True) if bit}
    for name, bit in names.items():
        pipe.setbit(name, player, bit)
    if names:
        await pipe.execute()


def _bitmaps(each: Flag | Experiment) -> list[str]:
    return [keys.bits(each.slug)] if isinstance(each, Flag) else [keys.arm(each.slug, name) for name in ARMS]


def _bit_of(each: Flag | Experiment, player: int) -> str | None:
    """The bitmap that a new player is in; None for none."""
    if isinstance(each, Flag):
        share = each.percentage if each.state == Flag.State.PERCENTAGE else 0
        is_on = each.state == Flag.State.EVERYONE or assignment.is_in(each.slug, player, share)
        return keys.bits(each.slug) if is_on and not each.is_killed else None
    place, middle = assignment.number(each.slug, player) * 100 / assignment.SCALE, each.percentage / 2
    if middle <= place < 100 - middle or not each.is_running:
        return None
    return keys.arm(each.slug, "a" if place < middle else "b")


async def _catch_up(each: Flag | Experiment, highest: int) -> None:
    """Set the bits of players who signed up while the bitmap was computed."""
    if isinstance(each, Flag) and each.state == Flag.State.CHOSEN:
        return
    async for player in Player.objects.filter(pk__gt=highest).values_list("pk", flat=True):
        await include(player, [each])


async def write_missing(*, anew: bool = False) -> int:
    """Write the bitmaps that are missing in Redis or of another revision (`anew`: all). Returns how many.

    `bin/play` calls this at the start, and the worker every 30 seconds.
    """
    forget()
    flags, experiments = await _definitions()
    written = await client().hgetall(keys.written())
    done = 0
    definitions: list[Flag | Experiment] = [*flags, *experiments]
    for each in definitions:
        if anew or written.get(each.slug) != str(each.revision):
            try:
                await (write(each) if isinstance(each, Flag) else write_experiment(each))
                done += 1
            except LockHeld:
                continue
    return done


async def drop(slugs: Sequence[str]) -> None:
    """Delete the keys of deleted flags or experiments. One round trip."""
    pipe = client().pipeline()
    for slug in slugs:
        pipe.delete(keys.bits(slug), *(name(slug, each) for each in ARMS for name in (keys.arm, keys.exposed)))
        pipe.hdel(keys.written(), slug)
    await pipe.execute()
    forget()


async def change(flag: Flag, **fields: object) -> None:
    """Change a flag's definition. The change takes effect at once."""
    await Flag.objects.filter(pk=flag.pk).aupdate(**fields, revision=F("revision") + 1)
    await write(flag)
