"""Finds and removes players' data in Redis whose keys no app can list by itself. It scans all keys once."""

from collections.abc import Sequence

from games import keys as game_keys
from games.rooms.after import results
from leaderboard import keys, reports
from leaderboard.boards import remove_players
from leaderboard.models import Board
from leaderboard.reading.windows import forget_windows
from leaderboard.stream import feed, history
from store.client import client
from store.keys import Found, dead_letters, every_key, find
from store.stream import Entry
from wallet import coins
from wallet import keys as wallet_keys

SCAN_COUNT = 1_000


async def erase(players: Sequence[int], names: Sequence[str]) -> None:
    """Take players off boards, feed and streams. Runs and matches on their way to SQL are written first."""
    ids = {str(player) for player in players}
    await results.write_out(players)
    async for board in Board.objects.all():
        await _drain(board.slug, ids)
        await remove_players(board.slug, list(players))
        await forget_windows(board.slug)
    await _drop(wallet_keys.ledger(), ids)
    await _drop(dead_letters(wallet_keys.ledger()), ids)
    await _drop_lines(ids, set(names))


async def _drain(slug: str, ids: set[str]) -> None:
    """Write these players' runs in the stream to SQL, and drop them from it."""
    for name in (keys.runs(slug), dead_letters(keys.runs(slug))):
        found = await _of(name, ids)
        # A dead letter keeps the id of its first entry, which gives the order of acceptance.
        entries = [
            Entry(keys.runs(slug), fields.get("_id", entry_id), fields) for entry_id, fields in found if "run" in fields
        ]
        if entries:
            await history.write(entries)
        await _drop(name, ids)


async def _of(stream: str, ids: set[str]) -> list[tuple[str, dict[str, str]]]:
    return [(entry_id, fields) for entry_id, fields in await client().xrange(stream) if fields.get("player") in ids]


async def _drop(stream: str, ids: set[str]) -> None:
    if found := [entry_id for entry_id, _ in await _of(stream, ids)]:
        await client().xdel(stream, *found)


async def _drop_lines(ids: set[str], names: set[str]) -> None:
    """Drop the feed's lines about these players, and about seasons that list them among the winners."""
    gone = [
        entry_id
        for entry_id, line in await feed.lines()
        if ids & {str(player) for player in (line.player, *line.winner_ids)} or names & set(line.winners)
    ]
    if gone:
        await client().xdel(keys.feed(), *gone)


async def sweep(players: Sequence[int]) -> None:
    """Delete every key of these players, and remove them from other players' reports. Redis: a SCAN of all keys."""
    ids = {str(player) for player in players}
    batch: list[str] = []
    async for name in client().scan_iter(match=every_key(), count=SCAN_COUNT):
        found = find(name)
        if found is None:
            continue
        if _is_of(found, ids):
            await client().delete(name)
        elif found.key in (game_keys.run, keys.report):
            batch.append(name)
        if len(batch) >= SCAN_COUNT:
            await _look_into(batch, ids)
            batch = []
    await _look_into(batch, ids)


def _is_of(found: Found, ids: set[str]) -> bool:
    """Whether a key is named after one of these players, or remembers what one of them bought or was awarded."""
    if found.key is wallet_keys.movement:
        return coins.player_of(found.values["request"]) in ids
    return found.key.owner == "player" and found.values["player"] in ids


async def _look_into(names: Sequence[str], ids: set[str]) -> None:
    """Delete these players' runs, and take them out of the reports of others."""
    runs = {name: found for name in names if (found := find(name)) and found.key is game_keys.run}
    pipe = client().pipeline()
    for name in runs:
        pipe.hget(name, "player")
    owners = await pipe.execute() if runs else []
    for found, owner in zip(runs.values(), owners, strict=True):
        if owner in ids:
            run_id = found.values["run"]
            await client().delete(game_keys.run(run_id), game_keys.inputs(run_id), game_keys.moments(run_id))
            await client().zrem(game_keys.finishing(), run_id)
    others = [name for name in names if name not in runs]
    for name, text in zip(others, await client().mget(others) if others else [], strict=True):
        if text and (cleaned := reports.without(text, ids)) != text:
            await client().set(name, cleaned, xx=True, keepttl=True)


async def open_runs(player: int) -> list[dict[str, str]]:
    """The player's newest run of each game and mode, as far as Redis still holds it, without its seed."""
    found, told = [], ("game", "mode", "points", "over", "started_ms")
    async for name in client().scan_iter(match=game_keys.current(player, "*"), count=SCAN_COUNT):
        if run_id := await client().get(name):
            fields = await client().hgetall(game_keys.run(run_id))
            found.append({each: fields[each] for each in told if each in fields})
    return found
