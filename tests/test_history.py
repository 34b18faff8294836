"""Accepted runs on their way from the stream to SQL."""

import asyncio

import pytest

from accounts.models import Player
from leaderboard import boards, history, keys
from leaderboard.boards import FinishedRun
from leaderboard.models import Run
from store.client import blocking, client
from store.stream import GroupReader

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def alice():
    return await Player.objects.acreate(name="Alice")


async def submit(player: Player, count: int, start: int = 0) -> None:
    for number in range(start, start + count):
        run = FinishedRun(f"run{number}", "fuse", player.pk, player.card, number, 1_000_000, '{"seed": "s"}')
        await boards.submit(run)


async def drain(reader: GroupReader) -> None:
    connection = blocking(1)
    while await reader.step(connection, block_ms=None):
        pass
    await connection.aclose()


async def pending() -> int:
    return (await client().xpending(keys.runs("fuse"), history.GROUP))["pending"]


async def test_accepted_runs_become_rows(alice):
    await submit(alice, 3)
    await drain(history.reader("w1"))
    rows = [run async for run in Run.objects.order_by("points")]
    assert [(run.id, run.points, run.player_id, run.board_id) for run in rows] == [
        (f"run{n}", n, alice.pk, "fuse") for n in range(3)
    ]
    assert rows[0].record == '{"seed": "s"}'
    assert rows[0].started_at.timestamp() == 1000
    assert await pending() == 0


async def test_reading_the_same_entries_again_adds_nothing(alice):
    await submit(alice, 5)
    await drain(history.reader("w1"))
    await client().xgroup_setid(keys.runs("fuse"), history.GROUP, "0")
    await drain(history.reader("w1"))
    assert await Run.objects.acount() == 5


async def test_a_batch_that_was_read_but_not_acknowledged_is_taken_up_by_the_same_name(alice):
    await submit(alice, 4)
    reader = history.reader("w1")
    await reader._ensure_groups(client(), [keys.runs("fuse")])
    await client().xreadgroup(history.GROUP, "w1", {keys.runs("fuse"): ">"})  # …and then the worker died.
    assert await pending() == 4
    await drain(history.reader("w1"))
    assert await Run.objects.acount() == 4
    assert await pending() == 0


async def test_what_a_dead_worker_left_is_claimed_by_another(alice, monkeypatch):
    await submit(alice, 4)
    await history.reader("dead")._ensure_groups(client(), [keys.runs("fuse")])
    await client().xreadgroup(history.GROUP, "dead", {keys.runs("fuse"): ">"})
    monkeypatch.setattr("store.stream.CLAIM_AFTER_MS", 0)
    await drain(history.reader("alive"))
    assert await Run.objects.acount() == 4
    assert await pending() == 0


async def test_two_workers_at_once_write_each_run_once(alice):
    await submit(alice, 60)
    await asyncio.gather(drain(history.reader("w1")), drain(history.reader("w2")))
    assert await Run.objects.acount() == 60
    assert await pending() == 0


async def test_a_run_of_a_deleted_player_is_left_out_and_stops_nothing(alice):
    await submit(alice, 1)
    gone = Player(pk=999, name="Gone")
    await submit(gone, 1, start=1)
    await submit(alice, 1, start=2)
    await drain(history.reader("w1"))
    assert {run.id async for run in Run.objects.all()} == {"run0", "run2"}


async def test_an_error_in_the_handler_acknowledges_nothing(alice):
    await submit(alice, 2)

    async def fail(entries):
        raise RuntimeError("no")

    reader = GroupReader(history.GROUP, "w1", history._streams, fail)
    with pytest.raises(RuntimeError):
        await drain(reader)
    assert await pending() == 2


async def test_the_reader_goes_on_after_trouble_and_stops_when_told(alice, monkeypatch):
    monkeypatch.setattr("store.stream.RETRY_S", (0.01,))
    monkeypatch.setattr("store.stream.BLOCK_MS", 50)
    calls = []

    async def fail_once(entries):
        calls.append(len(entries))
        if len(calls) == 1:
            raise RuntimeError("once")
        reader.stop()

    reader = GroupReader(history.GROUP, "w1", history._streams, fail_once)
    await submit(alice, 2)
    await asyncio.wait_for(reader.run(), 5)
    assert calls == [2, 2]
    assert await pending() == 0
