"""The hub: conflation, joining, and what a slow reader gets."""

import asyncio
import json
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live import topics
from live.errors import NotAllowed
from live.hub import Hub, mark
from live.mailbox import BACKLOG_MAX, Mailbox
from live.observe import counters
from live.topics import Topic, apply, diff
from store.client import StoreUnavailable

STATES = st.dictionaries(st.sampled_from("abcdef"), st.one_of(st.none(), st.integers(0, 3), st.lists(st.integers())))


@given(STATES, STATES)
def test_a_diff_turns_one_state_into_the_other(old, new):
    assert apply(old, *diff(old, new)) == new


@given(STATES)
def test_no_change_is_an_empty_diff(state):
    assert diff(state, dict(state)) == ({}, [])


class Counter(Topic):
    """A topic whose state the test sets."""

    interval_ms = 50
    refresh_s = 60.0

    def __init__(self):
        super().__init__("counter", "counter")
        self.value = 0
        self.reads = 0
        self.away = False

    async def snapshot(self):
        self.reads += 1
        if self.away:
            raise StoreUnavailable("away")
        return {"value": self.value}

    def allows(self, player):
        return player != "stranger"


class Watcher:
    """A mailbox whose frames are kept; `open` is cleared to stand for a reader that does not read."""

    def __init__(self, player=None):
        self.frames = []
        self.open = asyncio.Event()
        self.open.set()
        self.mailbox = Mailbox(self.send, player=player)

    async def send(self, text):
        await self.open.wait()
        message = json.loads(text)
        if message["type"] != "beat":
            self.frames.append(message)

    @property
    def state(self):
        state = {}
        for frame in self.frames:
            state = frame["state"] if frame["type"] == "snapshot" else apply(state, frame["set"], frame.get("drop", []))
        return state


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture
def counter(monkeypatch):
    topic = Counter()
    monkeypatch.setitem(topics._kinds, "counter", lambda name, rest: topic)
    return topic


async def test_a_watcher_gets_the_snapshot_then_diffs(counter):
    hub, watcher = Hub(), Watcher()
    await hub.watch("counter", watcher.mailbox)
    counter.value = 1
    hub.wake("counter")
    await until(lambda: len(watcher.frames) == 2)
    assert watcher.frames == [
        {"type": "snapshot", "topic": "counter", "version": 1, "state": {"value": 0}},
        {"type": "diff", "topic": "counter", "version": 2, "set": {"value": 1}},
    ]


async def test_a_mark_on_redis_wakes_the_topic(counter):
    hub, watcher = Hub(), Watcher()
    await hub.watch("counter", watcher.mailbox)
    await asyncio.sleep(0.1)  # The subscription stands by then; before it does, a refresh would find the change.
    counter.value = 7
    await mark("counter")
    await until(lambda: watcher.state == {"value": 7})


@pytest.mark.parametrize("shows_scores", [True, False])
async def test_only_scores_count_as_the_time_from_score_to_screen(counter, monkeypatch, shows_scores):
    monkeypatch.setattr(counters, "_delays_ms", deque(maxlen=512))
    counter.shows_scores = shows_scores
    hub, watcher = Hub(), Watcher()
    await hub.watch("counter", watcher.mailbox)
    await asyncio.sleep(0.1)
    counter.value = 7
    await mark("counter")
    await until(lambda: watcher.state == {"value": 7})
    await asyncio.sleep(0.05)
    assert bool(counters._delays_ms) == shows_scores
    assert all(delay > 0 for delay in counters._delays_ms)


async def test_a_thousand_marks_are_a_few_reads_and_one_read_serves_all(counter):
    hub, watchers = Hub(), [Watcher() for _ in range(20)]
    for watcher in watchers:
        await hub.watch("counter", watcher.mailbox)
    reads_before = counter.reads
    for value in range(1, 1001):
        counter.value = value
        hub.wake("counter")
        if value % 100 == 0:
            await asyncio.sleep(0)
    await until(lambda: all(watcher.state == {"value": 1000} for watcher in watchers))
    assert counter.reads - reads_before <= 3


async def test_what_changes_right_after_a_mark_or_a_first_look_needs_no_mark_of_its_own(counter):
    hub, watcher = Hub(), Watcher()
    await hub.watch("counter", watcher.mailbox)
    counter.value = 1
    await until(lambda: watcher.state == {"value": 1})
    await asyncio.sleep(0.2)
    reads = counter.reads
    hub.wake("counter")
    await until(lambda: counter.reads > reads)
    counter.value = 2
    await until(lambda: watcher.state == {"value": 2})


async def test_no_change_sends_nothing(counter):
    hub, watcher = Hub(), Watcher()
    await hub.watch("counter", watcher.mailbox)
    hub.wake("counter")
    await until(lambda: counter.reads >= 2)
    await asyncio.sleep(0.02)
    assert len(watcher.frames) == 1


async def test_a_slow_reader_gets_the_newest_snapshot_and_delays_nobody(counter):
    hub, slow, quick = Hub(), Watcher(), Watcher()
    slow.open.clear()
    counter.interval_ms = 0
    for watcher in (slow, quick):
        await hub.watch("counter", watcher.mailbox)
    for value in range(1, 60):
        counter.value = value
        hub.wake()
        await until(lambda: quick.state == {"value": counter.value})
    assert len(slow.mailbox._held["counter"]) <= BACKLOG_MAX
    slow.open.set()
    await until(lambda: slow.state == {"value": 59})
    assert len(slow.frames) < BACKLOG_MAX
    assert slow.frames[-1]["type"] == "snapshot"


async def test_a_topic_that_may_not_be_watched_is_refused(counter):
    hub = Hub()
    with pytest.raises(NotAllowed):
        await hub.watch("counter", Watcher("stranger").mailbox)
    assert not hub._channels


async def test_the_last_watcher_takes_the_topic_along(counter):
    hub, one, other = Hub(), Watcher(), Watcher()
    for watcher in (one, other):
        await hub.watch("counter", watcher.mailbox)
    hub.unwatch("counter", one.mailbox)
    assert hub._channels
    hub.unwatch("counter", other.mailbox)
    assert not hub._channels
    assert not hub._tasks


async def test_a_first_read_that_fails_leaves_nothing_behind(counter):
    hub = Hub()
    counter.away = True
    with pytest.raises(StoreUnavailable):
        await hub.watch("counter", Watcher().mailbox)
    assert not hub._channels


async def test_a_later_read_that_fails_keeps_the_state_and_tries_again(counter):
    hub, watcher = Hub(), Watcher()
    await hub.watch("counter", watcher.mailbox)
    counter.away, counter.value = True, 5
    hub.wake()
    await until(lambda: counter.reads >= 2)
    counter.away = False
    hub.wake()
    await until(lambda: watcher.state == {"value": 5})


async def test_a_hub_that_stops_waits_until_its_connections_have_left():
    hub, watcher, left = Hub(), Watcher(), []

    class Open:
        async def close(self, code):
            asyncio.get_running_loop().call_later(0.2, self.answer)  # The other side takes its time.

        def answer(self):
            left.append(True)
            hub.leave(watcher.mailbox)

    hub.enter(watcher.mailbox, Open())
    await hub._close_all()
    assert left


async def test_joining_while_it_changes_misses_nothing(counter):
    hub, watchers = Hub(), [Watcher() for _ in range(30)]
    counter.interval_ms = 0

    async def change():
        for value in range(1, 200):
            counter.value = value
            hub.wake()
            await asyncio.sleep(0.001)

    async def join(watcher, after_s):
        await asyncio.sleep(after_s)
        await hub.watch("counter", watcher.mailbox)

    await asyncio.gather(change(), *(join(watcher, number / 200) for number, watcher in enumerate(watchers)))
    hub.wake()
    await until(lambda: all(watcher.state == {"value": 199} for watcher in watchers))
    for watcher in watchers:
        frames = list(zip(watcher.frames, watcher.frames[1:], strict=False))
        assert all(b["type"] == "snapshot" or b["version"] == a["version"] + 1 for a, b in frames)
