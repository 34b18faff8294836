"""The window: what is sent and not seen is bounded, on servers with backpressure and without."""

import asyncio

import pytest
from django.conf import settings

from live import mailbox as module
from live.frames import Frame
from live.mailbox import FULL_S, WINDOW, WINDOW_MAX, Mailbox
from live.protocol import Diff, Snapshot, decode_server


def frame(number: int, size: int = 5000) -> Frame:
    return Frame(Diff("t", number, {"text": "x" * size}))


def snapshot() -> Frame:
    return Frame(Snapshot("t", 999, {"text": "whole"}))


SILENCE_S = settings.SOCKET_SILENCE_S


class Line:
    """A connection that keeps what it is sent; `writer` has it offer shared frames, `stuck` has it take none."""

    def __init__(self, writer: bool = False):
        self.texts: list[str] = []
        self.stuck = False
        self.mailbox = Mailbox(self.send, writer=self if writer else None)

    async def send(self, text):
        self.texts.append(text)

    def write_frame(self, wire):
        if not self.stuck:
            self.texts.append(wire[wire.index(b"{") :].decode())
        return not self.stuck

    @property
    def messages(self):
        return [decode_server(text) for text in self.texts]

    def told(self):
        return next(message.sent for message in reversed(self.messages) if message.__struct_config__.tag == "beat")


@pytest.fixture(params=[False, True], ids=["send", "shared"])
def line(request):
    return Line(request.param)


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


async def fill(line, frames=300):
    for number in range(frames):
        line.mailbox.post("t", frame(number), snapshot)
        await settle()


async def test_no_more_than_a_window_is_on_the_way_to_somebody_who_acknowledges_nothing(line):
    await fill(line)
    assert WINDOW <= sum(map(len, line.texts)) < WINDOW + 10_000


async def test_somebody_who_acknowledges_gets_everything(line):
    for number in range(300):
        line.mailbox.post("t", frame(number), snapshot)
        await settle()
        if line.messages[-1].__struct_config__.tag == "beat":
            assert line.mailbox.acknowledge(line.messages[-1].sent)
    assert [each.version for each in line.messages if isinstance(each, Diff)] == list(range(300))


async def test_after_the_window_was_full_the_newest_state_comes_and_nothing_old(line):
    await fill(line)
    before = len(line.texts)
    assert line.mailbox.acknowledge(line.told())
    await settle()
    tags = [message.__struct_config__.tag for message in line.messages[before:]]
    assert [tag for tag in tags if tag != "beat"] == ["snapshot"]


async def test_a_server_that_is_full_is_waited_for_and_order_is_kept():
    line = Line(writer=True)
    for number in range(5):
        line.stuck = number == 2
        line.mailbox.post("t", frame(number), snapshot)
    line.stuck = False
    await settle()
    assert [each.version for each in line.messages] == [0, 1, 2, 3, 4]


async def test_only_the_newest_of_a_slot_waits():
    line = Line(writer=True)
    line.stuck = True
    for number in range(5):
        line.mailbox.put("own", frame(number))
    await settle()
    assert [each.version for each in line.messages] == [4]


async def test_a_number_that_no_beat_had_acknowledges_nothing(line):
    line.mailbox.post("t", frame(1), snapshot)
    await settle()
    line.mailbox.beat()
    await settle()
    assert not line.mailbox.acknowledge(line.told() + 1)
    assert not line.mailbox.acknowledge(line.mailbox.sent)  # Counting along is not reading.
    assert line.mailbox.acknowledge(line.told())
    assert line.mailbox.seen > 0


async def test_an_older_number_takes_nothing_back_and_few_are_remembered(line):
    numbers = []
    for number in range(100):
        line.mailbox.post("t", frame(number), snapshot)
        line.mailbox.beat()
        await settle()
        numbers.append(line.told())
    assert line.mailbox.acknowledge(numbers[-1])
    seen = line.mailbox.seen
    assert not line.mailbox.acknowledge(numbers[0])
    assert line.mailbox.seen == seen
    assert len(line.mailbox._told) <= module.TOLD_MAX


class TestOverdue:
    @pytest.fixture
    def clock(self, monkeypatch):
        class Clock:
            now = 1000.0

        monkeypatch.setattr(module.time, "monotonic", lambda: Clock.now)
        return Clock

    async def test_somebody_silent_with_frames_on_the_way_is_given_up(self, clock, line):
        line.mailbox.post("t", frame(1), snapshot)
        await settle()
        clock.now += SILENCE_S
        assert not line.mailbox.overdue()
        clock.now += 1
        assert line.mailbox.overdue() == "it says nothing"

    async def test_somebody_silent_whom_nothing_was_sent_is_not(self, clock, line):
        clock.now += 10 * SILENCE_S
        assert not line.mailbox.overdue()

    async def test_somebody_who_beats_but_acknowledges_nothing_is_given_up_once_the_window_is_full(self, clock, line):
        for _ in range(10):
            clock.now += 15
            line.mailbox.heard_at = clock.now
            assert not line.mailbox.overdue()
        await fill(line)
        clock.now += FULL_S + 1
        line.mailbox.heard_at = clock.now
        assert line.mailbox.overdue() == "it acknowledges nothing"

    async def test_somebody_who_sends_and_does_not_read_the_answers_is_given_up(self, clock, line):
        line.mailbox.count(WINDOW_MAX + 1)
        assert line.mailbox.overdue() == "it acknowledges nothing"


def test_the_wire_has_the_same_text():
    for size in (10, 200, 70_000):
        made = Frame(Snapshot("t", 1, {"text": "ä" * size}))
        payload = made.text.encode()
        assert made.wire[0] == 0x81
        assert made.wire.endswith(payload)
        assert len(made.wire) - len(payload) == (2 if len(payload) < 126 else 4 if len(payload) < 65536 else 10)
