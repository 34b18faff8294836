"""Repairs while the board is in use: restoring, rebuilding, trimming, replaying, and who may write when."""

import asyncio

import pytest

from accounts.models import Player
from leaderboard import boards, keys, known_boards
from leaderboard.boards import FinishedRun
from leaderboard.errors import PlayerHidden
from leaderboard.models import Board
from leaderboard.reading import standings
from leaderboard.repair import counting, one_player, rebuild
from leaderboard.stream import history, readers
from moderation import visibility
from operators.backup.fingerprint import names
from store.client import blocking, client, other, url
from store.lock import LockLost, hold
from store.stream import Group, GroupReader, replay_dead_letters


async def _write_history(rounds=1_000):
    connection = blocking(1)
    for _ in range(rounds):
        if not await GroupReader(history.GROUP, "w", readers.streams).step(connection, block_ms=None):
            break
    await connection.aclose()


async def test_a_player_who_plays_on_while_being_restored_is_counted_right(fuse_in_sql):
    bob = await Player.objects.acreate(name="Bob")

    async def play(number):
        run = FinishedRun(f"r{number}", "fuse", bob.pk, bob.card, number, 0, "{}")
        try:
            await boards.submit(run)
            return number
        except PlayerHidden:
            return -1

    for _ in range(5):
        await visibility.hide_player(bob, reason="test", by=None)
        played, _ = await asyncio.gather(
            asyncio.gather(*(play(number) for number in range(100, 130))),
            visibility.restore_player(bob, reason="test", by=None),
        )
    best = max(played) if max(played) >= 0 else None
    standing = await standings.standing("fuse", "all", bob.pk)
    reports = [int(fields["points"]) for _, fields in await client().xrange(keys.runs("fuse"))]
    assert standing.points == (max(reports) if reports else best)


@pytest.fixture
def fuse_in_sql(transactional_db):
    return Board.objects.get(pk="fuse")


@pytest.mark.parametrize("operator", ["best", "total"])
async def test_a_rebuild_under_fire_loses_nothing(fuse_in_sql, operator):
    fuse_in_sql.operator = operator
    await fuse_in_sql.asave()
    players = [await Player.objects.acreate(name=f"p{n}") for n in range(20)]
    count = rebuilt = 0

    async def fire():
        nonlocal count
        while count < 400 or rebuilt < 3:
            player = players[count % 20]
            await boards.submit(FinishedRun(f"r{count}", "fuse", player.pk, player.card, count * 7 % 501, 0, "{}"))
            count += 1
            await asyncio.sleep(0.001)

    async def rebuild_often():
        nonlocal rebuilt
        while count < 400 or rebuilt < 3:
            await rebuild.rebuild(fuse_in_sql)
            rebuilt += 1
            await _write_history(rounds=1)

    await asyncio.gather(fire(), rebuild_often())
    combine = {"best": max, "total": sum}[operator]
    expected = {
        player.pk: combine(n * 7 % 501 for n in range(count) if players[n % 20] == player) for player in players
    }
    read = await standings.top("fuse", "day", 100)
    assert {row.player: row.points for row in read.rows} == expected
    assert await rebuild.differences(fuse_in_sql) == []


async def test_a_difference_is_found_and_mended(fuse_in_sql):
    bob = await Player.objects.acreate(name="Bob")
    await boards.submit(FinishedRun("r1", "fuse", bob.pk, bob.card, 100, 0, "{}"))
    await _write_history()
    today = known_boards.period(fuse_in_sql, "day").id
    await client().zadd(keys.standings("fuse", today), {str(bob.pk): 9999.5, "4711": 5.5})
    assert len(await rebuild.differences(fuse_in_sql)) == 2
    await rebuild.rebuild(fuse_in_sql)
    assert await rebuild.differences(fuse_in_sql) == []
    assert (await standings.standing("fuse", "day", bob.pk)).points == 100


async def test_trimming_waits_for_a_repair_and_repairs_for_trimming(fuse_in_sql):
    bob = await Player.objects.acreate(name="Bob")
    await boards.submit(FinishedRun("r1", "fuse", bob.pk, bob.card, 100, 0, "{}"))
    connection = blocking(1)
    for group in readers.GROUPS:
        await GroupReader(group, "w", readers.streams).step(connection, block_ms=None)
    await boards.submit(FinishedRun("r2", "fuse", bob.pk, bob.card, 200, 0, "{}"))
    for group in readers.GROUPS:
        await GroupReader(group, "w", readers.streams).step(connection, block_ms=None)
    await connection.aclose()
    async with hold(counting.repair_lock("fuse")):
        assert await readers.trim() == 0
    assert await readers.trim() == 1


async def test_a_repairer_that_stalled_and_woke_up_puts_nothing_in_place(fuse_in_sql):
    bob = await Player.objects.acreate(name="Bob")
    await boards.submit(FinishedRun("r1", "fuse", bob.pk, bob.card, 100, 0, "{}"))
    await rebuild.rebuild(fuse_in_sql)
    today = known_boards.period(fuse_in_sql, "day")
    with pytest.raises(LockLost):
        await rebuild._rebuild_period(fuse_in_sql, today, 0, lambda *_: None)
    with pytest.raises(LockLost):
        await one_player._put_right_on(fuse_in_sql, [today], bob.pk, await one_player._flying(fuse_in_sql, bob.pk), 0)
    assert (await standings.standing("fuse", "day", bob.pk)).points == 100


async def test_a_hidden_player_is_put_on_no_board_whatever_was_worked_out(fuse_in_sql):
    bob = await Player.objects.acreate(name="Bob")
    await boards.submit(FinishedRun("r1", "fuse", bob.pk, bob.card, 100, 0, "{}"))
    today = known_boards.period(fuse_in_sql, "day")
    await client().sadd(keys.hidden("fuse"), str(bob.pk))  # Between working out and putting.
    await one_player._put_right_on(fuse_in_sql, [today], bob.pk, await one_player._flying(fuse_in_sql, bob.pk), 1)
    assert (await standings.standing("fuse", "day", bob.pk)).rank is None


@pytest.mark.parametrize(("operator", "points"), [("best", 70), ("total", 110), ("latest", 40)])
async def test_dead_letters_and_replays_keep_rebuilt_boards_equal(fuse_in_sql, operator, points):
    fuse_in_sql.operator = operator
    await fuse_in_sql.asave()
    known_boards.forget()
    bob = await Player.objects.acreate(name="Bob")
    await boards.submit(FinishedRun("r1", "fuse", bob.pk, bob.card, 70, 0, "{}"))

    async def fail(entries):
        raise ValueError("not yet")

    connection = blocking(1)
    for _ in range(5):
        await GroupReader(Group("history", fail), "w", readers.streams).step(connection, block_ms=None)
    await connection.aclose()
    await boards.submit(FinishedRun("r2", "fuse", bob.pk, bob.card, 40, 0, "{}"))

    async def holds():
        assert (await standings.standing("fuse", "day", bob.pk)).points == points
        assert await rebuild.differences(fuse_in_sql) == []

    await client().xtrim(keys.runs("fuse"), maxlen=1)  # The dead one is in the stream no more.
    await rebuild.rebuild(fuse_in_sql)
    await holds()
    assert sum(await asyncio.gather(*(replay_dead_letters(keys.runs("fuse")) for _ in range(5)))) == 1
    await rebuild.rebuild(fuse_in_sql)
    await holds()
    await _write_history()
    await rebuild.rebuild(fuse_in_sql)
    await holds()


async def test_a_redis_that_lost_everything_is_told_who_is_hidden_before_its_boards_are_rebuilt(fuse_in_sql):
    bob = await Player.objects.acreate(name="Bob")
    await visibility.hide_player(bob, reason="a bot", by=None)
    await client().delete(keys.hidden("fuse"))
    await rebuild.rebuild(fuse_in_sql)
    with pytest.raises(PlayerHidden):
        await boards.submit(FinishedRun("r1", "fuse", bob.pk, bob.card, 100, 0, "{}"))


async def test_a_dead_letter_that_is_replayed_during_a_rebuild_counts_once(fuse_in_sql, monkeypatch):
    fuse_in_sql.operator = "total"
    await fuse_in_sql.asave()
    known_boards.forget()
    bob = await Player.objects.acreate(name="Bob")
    await boards.submit(FinishedRun("r1", "fuse", bob.pk, bob.card, 70, 0, "{}"))

    async def fail(entries):
        raise ValueError("not yet")

    connection = blocking(1)
    for _ in range(5):
        await GroupReader(Group("history", fail), "w", readers.streams).step(connection, block_ms=None)
    await connection.aclose()
    write = rebuild._write

    async def write_then_replay(*args):
        await write(*args)
        await replay_dead_letters(keys.runs("fuse"))

    monkeypatch.setattr(rebuild, "_write", write_then_replay)
    await rebuild.rebuild(fuse_in_sql)
    assert (await standings.standing("fuse", "day", bob.pk)).points == 70


@pytest.mark.parametrize("operator", ["best", "total"])
async def test_runs_that_sql_has_and_a_redis_that_lost_its_end_has_not_are_put_back(fuse_in_sql, operator):
    fuse_in_sql.operator = operator
    await fuse_in_sql.asave()
    ann, bea = [await Player.objects.acreate(name=name) for name in ("Ann", "Bea")]
    await boards.submit(FinishedRun("kept", "fuse", ann.pk, ann.card, 10, 0, "{}"))
    await _write_history()
    before = other(url(), 5)
    every = [name async for batch in names(before) for name in batch]
    saved = {name: (max(0, await before.pttl(name)), await before.dump(name)) for name in every}
    await boards.submit(FinishedRun("lost", "fuse", bea.pk, bea.card, 20, 0, "{}"))
    await boards.submit(FinishedRun("lost too", "fuse", ann.pk, ann.card, 30, 0, "{}"))
    await _write_history()
    for name, (ends_ms, value) in saved.items():
        if value is None:  # It ended while we looked, as the mark of a board does after 50 ms.
            continue
        await before.restore(name, ends_ms, value, replace=True)
    await before.aclose()
    assert len(await rebuild.differences(fuse_in_sql)) > 0
    await rebuild.rebuild(fuse_in_sql)
    assert await rebuild.differences(fuse_in_sql) == []
    [first, second] = (await standings.top("fuse", "all", 5)).rows
    assert (first.player, first.points) == (ann.pk, 40 if operator == "total" else 30)
    assert (second.player, second.points) == (bea.pk, 20)
    await boards.submit(FinishedRun("next", "fuse", bea.pk, bea.card, 50, 0, "{}"))
    await _write_history()
    assert await rebuild.differences(fuse_in_sql) == []


async def test_a_board_on_which_nobody_plays_is_read_twice_and_no_more(fuse_in_sql, monkeypatch):
    bob = await Player.objects.acreate(name="Bob")
    await boards.submit(FinishedRun("r1", "fuse", bob.pk, bob.card, 10, 0, "{}"))
    await client().zadd(keys.standings("fuse", "all"), {str(bob.pk): 99})
    own, looks = rebuild._suspects, []

    async def counted(board, period):
        looks.append(period.id)
        return await own(board, period)

    monkeypatch.setattr(rebuild, "_suspects", counted)
    assert await rebuild.differences(fuse_in_sql) == [f"fuse, all: player {bob.pk}"]
    assert looks.count("all") == 2  # The others are right at the first look.
    assert len(looks) == 5
