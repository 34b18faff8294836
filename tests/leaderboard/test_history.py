"""Accepted runs on their way from the stream to SQL."""

import asyncio

import pytest
from django.db import OperationalError
from django.db.models import QuerySet

from accounts.models import Player
from leaderboard import boards, keys
from leaderboard.boards import FinishedRun
from leaderboard.models import Run
from leaderboard.stream import history, readers
from leaderboard.stream.readers import streams
from store.client import blocking, client
from store.stream import Group, GroupReader, dead_letters, replay_dead_letters

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def alice():
    return await Player.objects.acreate(name="Alice")


def reader(consumer: str) -> GroupReader:
    return GroupReader(history.GROUP, consumer, streams)


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
    return (await client().xpending(keys.runs("fuse"), history.GROUP.name))["pending"]


async def test_accepted_runs_become_rows(alice):
    await submit(alice, 3)
    await drain(reader("w1"))
    rows = [run async for run in Run.objects.order_by("points")]
    assert [(run.id, run.points, run.player_id, run.board_id) for run in rows] == [
        (f"run{n}", n, alice.pk, "fuse") for n in range(3)
    ]
    assert rows[0].record == '{"seed": "s"}'
    assert rows[0].started_at.timestamp() == 1000
    assert await pending() == 0


async def test_reading_the_same_entries_again_adds_nothing(alice):
    await submit(alice, 5)
    await drain(reader("w1"))
    await client().xgroup_setid(keys.runs("fuse"), history.GROUP.name, "0")
    await drain(reader("w1"))
    assert await Run.objects.acount() == 5


async def test_a_batch_that_was_read_but_not_acknowledged_is_taken_up_by_the_same_name(alice):
    await submit(alice, 4)
    await reader("w1")._ensure_groups(client(), [keys.runs("fuse")])
    await client().xreadgroup(history.GROUP.name, "w1", {keys.runs("fuse"): ">"})  # …and then the worker died.
    assert await pending() == 4
    await drain(reader("w1"))
    assert await Run.objects.acount() == 4
    assert await pending() == 0


async def test_what_a_dead_worker_left_is_claimed_by_another(alice, monkeypatch):
    await submit(alice, 4)
    await reader("dead")._ensure_groups(client(), [keys.runs("fuse")])
    await client().xreadgroup(history.GROUP.name, "dead", {keys.runs("fuse"): ">"})
    monkeypatch.setattr("store.stream.CLAIM_AFTER_MS", 0)
    await drain(reader("alive"))
    assert await Run.objects.acount() == 4
    assert await pending() == 0


async def test_two_workers_at_once_write_each_run_once(alice):
    await submit(alice, 60)
    await asyncio.gather(drain(reader("w1")), drain(reader("w2")))
    assert await Run.objects.acount() == 60
    assert await pending() == 0


async def test_a_run_of_a_deleted_player_is_left_out_and_stops_nothing(alice):
    await submit(alice, 1)
    gone = Player(pk=999, name="Gone")
    await submit(gone, 1, start=1)
    await submit(alice, 1, start=2)
    await drain(reader("w1"))
    assert {run.id async for run in Run.objects.all()} == {"run0", "run2"}


async def test_trouble_with_the_world_acknowledges_nothing(alice):
    await submit(alice, 2)

    async def fail(entries):
        raise OperationalError("the database is away")

    with pytest.raises(OperationalError):
        await drain(GroupReader(Group("history", fail, trouble=(OperationalError,)), "w1", streams))
    assert await pending() == 2
    await drain(reader("w1"))
    assert await Run.objects.acount() == 2


async def test_a_poison_entry_goes_to_the_dead_letters_after_five_tries_and_holds_up_nothing(alice):
    await submit(alice, 2)
    await client().xadd(keys.runs("fuse"), {"run": "odd", "points": "many"})
    await submit(alice, 1, start=2)
    connection = blocking(1)
    for tries in range(5):
        await reader("w1").step(connection, block_ms=None)
        assert await Run.objects.acount() == 3
        assert await pending() == (1 if tries < 4 else 0)
    await connection.aclose()
    [letter] = await dead_letters(keys.runs("fuse"))
    assert letter.fields["run"] == "odd"
    assert "KeyError" in letter.fields["_reason"]


async def test_a_dead_letter_can_be_replayed_and_is_handled_when_the_cause_is_mended(alice):
    broken = {"now": True}

    async def handle(entries):
        if broken["now"]:
            raise ValueError("not yet")
        await history.write(entries)

    await submit(alice, 1)
    odd = GroupReader(Group("history", handle), "w1", streams)
    connection = blocking(1)
    for _ in range(5):
        await odd.step(connection, block_ms=None)
    await connection.aclose()
    assert await Run.objects.acount() == 0
    broken["now"] = False
    assert await replay_dead_letters(keys.runs("fuse")) == 1
    assert await dead_letters(keys.runs("fuse")) == []
    await drain(odd)
    assert await Run.objects.acount() == 1


async def test_trimming_drops_only_what_every_group_has_acknowledged(alice):
    stream = keys.runs("fuse")
    await submit(alice, 10)
    assert await readers.trim() == 0  # No group has seen anything.
    await drain(reader("w1"))
    assert await readers.trim() == 0  # The others have not.
    for group in readers.GROUPS[1:]:
        await drain(GroupReader(group, "w1", streams))
    await submit(alice, 5, start=10)
    await client().xreadgroup("history", "w1", {stream: ">"}, count=3)
    await readers.trim()
    left = [fields["run"] for _, fields in await client().xrange(stream)]
    assert left[-5:] == [f"run{number}" for number in range(10, 15)]
    assert len(left) <= 6
    await drain(reader("w1"))
    assert await Run.objects.acount() == 15


async def test_a_run_is_one_insert_whoever_reads_it(alice, monkeypatch):
    inserts, own = [], QuerySet.bulk_create

    def counted(self, rows, *args, **options):
        inserts.extend(row.pk for row in rows if isinstance(row, Run))
        return own(self, rows, *args, **options)

    monkeypatch.setattr(QuerySet, "bulk_create", counted)
    await submit(alice, 3)
    for group in readers.GROUPS:
        await drain(GroupReader(group, "w1", streams))
    assert inserts == ["run0", "run1", "run2"]
    assert [follow.__module__ for follow in history.FOLLOWERS] == ["achievements.awards", "moderation.suspicion"]


async def test_what_follows_gets_rows_that_sql_has_in_turn_and_again_when_it_failed(alice, monkeypatch):
    seen = []

    async def first(runs):
        there = {run.pk async for run in Run.objects.all()}
        seen.append(("first", [run.pk for run in runs], {run.pk for run in runs} <= there))

    async def fails_once(runs):
        seen.append(("second", [run.pk for run in runs], True))
        if len(seen) == 2:
            raise ValueError("not now")

    monkeypatch.setattr(history, "FOLLOWERS", [first, fails_once])
    await submit(alice, 2)
    await drain(reader("w1"))
    assert seen == [
        ("first", ["run0", "run1"], True),
        ("second", ["run0", "run1"], True),  # It failed; then one by one.
        ("first", ["run0"], True),
        ("second", ["run0"], True),
        ("first", ["run1"], True),
        ("second", ["run1"], True),
    ]
    assert await pending() == 0
    assert await dead_letters(keys.runs("fuse")) == []


async def test_the_reader_goes_on_after_trouble_and_stops_when_told(alice, monkeypatch):
    monkeypatch.setattr("store.stream.RETRY_S", (0.01,))
    monkeypatch.setattr("store.stream.BLOCK_MS", 50)
    calls = []

    async def fail_once(entries):
        calls.append(len(entries))
        if len(calls) == 1:
            raise OperationalError("once")
        running.stop()

    running = GroupReader(Group("history", fail_once, trouble=(OperationalError,)), "w1", streams)
    await submit(alice, 2)
    async with asyncio.timeout(5):
        await running.run()
    assert calls == [2, 2]
    assert await pending() == 0
