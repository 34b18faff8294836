"""The ledger: every coin movement in SQL, stored once, and the check that wallets match it."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.db.models import Sum

from accounts.models import Player
from store.client import client
from store.stream import Entry, Group, dead_letters, moment, sequence_of, trim
from store.trouble import SQL_TROUBLE
from wallet import keys
from wallet.models import LedgerEntry

BATCH = 2_000
RECHECKS = 5

Progress = Callable[[int], object]


async def streams() -> list[str]:
    """The ledger's one stream."""
    return [keys.ledger()]


async def write(entries: Sequence[Entry]) -> int:
    """Write a batch of movements in one statement; existing rows stay unchanged."""
    return await sync_to_async(_write)([row_of(entry) for entry in entries])


def row_of(entry: Entry) -> LedgerEntry:
    """Build the row of a movement, without saving it.

    Raises:
        KeyError, ValueError: the entry was not written by the wallet.
    """
    fields = entry.fields
    return LedgerEntry(
        id=fields["request"],
        player_id=int(fields["player"]),
        amount=int(fields["amount"]),
        balance=int(fields["balance"]),
        reason=fields["reason"],
        item=fields["item"],
        at=moment(fields["at_ms"]),
        sequence=sequence_of(fields.get("_id") or fields.get("origin") or entry.id),
    )


def _write(rows: Sequence[LedgerEntry]) -> int:
    close_old_connections()
    players = set(Player.objects.filter(pk__in={row.player_id for row in rows}).values_list("pk", flat=True))
    known = [row for row in rows if row.player_id in players]
    LedgerEntry.objects.bulk_create(known, ignore_conflicts=True)
    return len(known)


async def drop_acknowledged() -> int:
    """Trim the entries that are in SQL from the stream; the worker calls it every 30 seconds."""
    return await trim(keys.ledger(), [GROUP.name])


async def known(requests: Sequence[str]) -> set[str]:
    """The given requests that are already in SQL."""
    return {pk async for pk in LedgerEntry.objects.filter(pk__in=requests).values_list("pk", flat=True)}


async def differences(progress: Progress = lambda done: None) -> list[str]:
    """Describe each wallet that differs from the sum of its ledger entries. Works while coins move."""
    found, done = [], 0
    async for batch in _batches():
        suspects = await _suspects(batch)
        for _ in range(RECHECKS):
            # Coins that moved during the check differ briefly. A player who still differs is wrong.
            suspects = await _suspects(list(suspects)) if suspects else {}
        found += [f"player {player}: {has} coins, the ledger says {sum_}" for player, (has, sum_) in suspects.items()]
        done += len(batch)
        progress(done)
    return found + await _ownerless()


async def _ownerless() -> list[str]:
    """Describe each balance whose player is not in SQL."""
    found = []
    async for player, balance in client().hscan_iter(keys.balances(), count=BATCH):
        if int(balance) and not await Player.objects.filter(pk=int(player)).aexists():
            found.append(f"player {player}: {balance} coins, and no such player")
    return found


async def rebuild(progress: Progress = lambda done: None) -> int:
    """Rebuild wallets and owned cosmetics from the ledger after Redis lost them; returns the number of players.

    Coins must not move meanwhile: stop the site first.
    """
    done = 0
    async for batch in _batches():
        sums, items = await _by_ledger(batch)
        pipe = client().pipeline(transaction=True)
        for player in batch:
            pipe.hset(keys.balances(), str(player), sums[player])
            pipe.delete(keys.owned(player))
            if items[player]:
                pipe.sadd(keys.owned(player), *items[player])
        await pipe.execute()
        done += len(batch)
        progress(done)
    return done


async def _batches():
    batch: list[int] = []
    async for pk in Player.objects.order_by("pk").values_list("pk", flat=True).aiterator(chunk_size=BATCH):
        batch.append(pk)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


async def _suspects(players: Sequence[int]) -> dict[int, tuple[int, int]]:
    has = dict(zip(players, await client().hmget(keys.balances(), [str(player) for player in players]), strict=True))
    sums, _ = await _by_ledger(players)
    pairs = {player: (int(has[player] or 0), sums[player]) for player in players}
    return {player: pair for player, pair in pairs.items() if pair[0] != pair[1]}


async def _by_ledger(players: Sequence[int]) -> tuple[dict[int, int], dict[int, set[str]]]:
    """Coins and items from SQL plus the movements that have not reached it yet, each counted once."""
    # Read the stream first: a movement that reaches SQL meanwhile is then in both, never in neither.
    flying = [Entry(keys.ledger(), entry_id, fields) for entry_id, fields in await client().xrange(keys.ledger())]
    flying += await dead_letters(keys.ledger())
    rows = {row.id: row for row in map(row_of, flying) if row.player_id in set(players)}
    kept = await known(list(rows))
    sums: dict[int, int] = defaultdict(int)
    items: dict[int, set[str]] = defaultdict(set)
    entries = LedgerEntry.objects.filter(player__in=players)
    async for player, amount in entries.values_list("player").annotate(Sum("amount")):
        sums[player] += amount
    async for player, item in entries.exclude(item="").values_list("player", "item"):
        items[player].add(item)
    for row in rows.values():
        if row.id not in kept:
            sums[row.player_id] += row.amount
        if row.item:
            items[row.player_id].add(row.item)
    return sums, items


GROUP = Group("ledger", write, trouble=SQL_TROUBLE)
