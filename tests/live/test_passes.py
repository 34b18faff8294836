"""Passes over the watchers of a topic: changes that come meanwhile go out together, in order, each once."""

import asyncio

import pytest

from live.mailbox import BACKLOG_MAX, Mailbox
from live.protocol import decode_server
from live.topic_feed import WAITING_MAX, WRITES_AT_ONCE, Channel
from live.topics import Topic

CROWD = 5 * WRITES_AT_ONCE


class Counting(Topic):
    """A topic whose state is a number, which grows with each read."""

    number = 0

    async def snapshot(self):
        self.number += 1
        return {"n": self.number}


class Line:
    """A browser's end: what was written to it, frame by frame, and in how many writes."""

    def __init__(self):
        self.versions: list[int] = []
        self.writes = 0
        self.stuck = False
        self.mailbox = Mailbox(self.send, writer=self)

    async def send(self, text):
        self.versions.append(decode_server(text).version)

    def write_frame(self, wire):
        if self.stuck:
            return False
        self.writes += 1
        while wire:
            size = wire[1]
            assert size < 126
            self.versions.append(decode_server(wire[2 : 2 + size].decode()).version)
            wire = wire[2 + size :]
        return True


@pytest.fixture
async def crowd():
    channel, lines = Channel(Counting("t", "t")), [Line() for _ in range(CROWD)]
    for line in lines:
        await channel.join(line.mailbox)
    return channel, lines


async def settled(channel):
    while channel._passing is not None:
        await asyncio.sleep(0)


async def test_changes_that_come_before_a_pass_are_one_write_in_order(crowd):
    channel, lines = crowd
    for _ in range(3):
        await channel.read()
    await settled(channel)
    assert {tuple(line.versions) for line in lines} == {(1, 2, 3, 4)}
    assert {line.writes for line in lines} == {2}  # The first state, and the three changes.


async def test_changes_during_a_pass_go_out_in_the_next(crowd):
    channel, lines = crowd
    await channel.read()
    await asyncio.sleep(0)  # The pass is under way.
    assert 0 < sum(line.versions == [1, 2] for line in lines) < CROWD
    for _ in range(4):
        await channel.read()
    await settled(channel)
    assert {tuple(line.versions) for line in lines} == {(1, 2, 3, 4, 5, 6)}
    assert {line.writes for line in lines} == {3}


async def test_somebody_who_joins_meanwhile_gets_the_state_and_what_came_after_it(crowd):
    channel, lines = crowd
    await channel.read()
    await asyncio.sleep(0)
    await channel.read()
    one = Line()
    await channel.join(one.mailbox)
    await channel.read()
    two = Line()
    await channel.join(two.mailbox)
    again = lines[-1]
    await channel.join(again.mailbox)
    await channel.read()
    await settled(channel)
    assert (one.versions, two.versions) == ([3, 4, 5], [4, 5])
    assert again.versions[-2:] == [4, 5]
    assert lines[0].versions == [1, 2, 3, 4, 5]


async def test_somebody_who_leaves_meanwhile_gets_nothing_more(crowd):
    channel, lines = crowd
    await channel.read()
    await asyncio.sleep(0)
    left = [line for line in lines if line.versions == [1]]
    assert left
    for line in left:
        channel.watchers.discard(line.mailbox)
    await channel.read()
    await settled(channel)
    assert {tuple(line.versions) for line in left} == {(1,)}


async def test_a_crowd_that_joins_meanwhile_holds_nobody_up(crowd):
    channel, lines = crowd
    await channel.read()
    await asyncio.sleep(0)
    await channel.read()
    late = [Line() for _ in range(CROWD)]
    for line in late:
        await channel.join(line.mailbox)
    await channel.read()
    writes, most = 0, 0
    while channel._passing is not None:
        await asyncio.sleep(0)
        now = sum(line.writes for line in [*lines, *late])
        writes, most = now, max(most, now - writes if writes else 0)
    assert most <= 2 * WRITES_AT_ONCE
    assert {tuple(line.versions) for line in late} == {(3, 4)}
    assert {tuple(line.versions) for line in lines} == {(1, 2, 3, 4)}


async def test_no_more_wait_than_a_few_and_nothing_is_lost(crowd):
    channel, lines = crowd
    most = 0
    for _ in range(5 * WAITING_MAX):
        await channel.read()
        most = max(most, len(channel._waiting))
    await settled(channel)
    assert most < WAITING_MAX
    assert {tuple(line.versions) for line in lines} == {tuple(range(1, 5 * WAITING_MAX + 2))}


async def test_who_cannot_take_more_keeps_them_in_order_and_then_gets_the_newest_state(crowd):
    channel, [slow, stuck, *others] = crowd
    slow.stuck = stuck.stuck = True
    for _ in range(3):
        await channel.read()
    await settled(channel)
    for _ in range(5):
        await asyncio.sleep(0)
    assert slow.versions == [1, 2, 3, 4]  # Through the slow way, one by one.
    assert {tuple(line.versions) for line in others} == {(1, 2, 3, 4)}
    stuck.mailbox._sending = asyncio.get_running_loop().create_future()  # A send that does not come back.
    for _ in range(BACKLOG_MAX + 1):
        await channel.read()
        await settled(channel)
    stuck.mailbox._sending = None
    stuck.mailbox._go_on()
    for _ in range(5):
        await asyncio.sleep(0)
    assert stuck.versions[-1] == channel.version
    assert len(stuck.versions) == 5
