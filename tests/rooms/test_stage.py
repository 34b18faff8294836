"""A room without its runner: the log leads to the state whoever owned it, and nothing shown is taken back."""

import itertools
import json
import random

import msgspec
import pytest

from accounts.cards import Card
from games.fuse.duel import room_rules as duel
from games.rooms.game import find_room_game
from games.rooms.rooms import Room, Seat
from games.rooms.running import lines
from games.rooms.running.log import before, entries, states
from games.rooms.running.round import Round
from games.rooms.running.shown import keyframe
from games.rooms.running.stage import Stage

DUEL = find_room_game("fuse-duel")
WAYS = ("left", "right", "up", "down")


def room(*, bots: int = 0, seed: str = "seed") -> Room:
    seats = [Seat(number + 1, Card(f"P{number}")) for number in range(2 - bots)]
    seats += [Seat(0, Card("Bot"), bot=True, skill=0.9)] * bots
    return Room("r", DUEL, seed, "waiting", True, seats, 0, "", 0, 0, 0, [], [0, 0])


class World:
    """What Redis would hold of a room: the stream of inputs, the log, the checkpoint; and what was shown."""

    def __init__(self, kept: Room) -> None:
        self.room, self.stream, self.log = kept, [], []
        self.checkpoint, self.shown, self.now_ms, self.epoch = None, [], 1_000_000, 0
        self.numbers = [0] * len(kept.seats)

    def say(self, **fields: str) -> None:
        self.stream.append((f"{self.now_ms}-{len(self.stream)}", fields))

    def input(self, seat: int, way: str) -> None:
        self.numbers[seat] += 1
        self.say(s=str(seat), n=str(self.numbers[seat]), i=way, c=f"page{seat}")

    def something(self, rng: random.Random, seat: int) -> None:
        """An input, one that the game does not know, a line that breaks or comes back."""
        match rng.randrange(6):
            case 0 | 1 | 2:
                self.input(seat, rng.choice(WAYS))
            case 3:
                self.input(seat, "nonsense")
            case 4:
                self.say(gone=str(seat), c=f"page{seat}")
            case 5:
                self.say(here=str(seat), c=f"page{seat}", take=str(rng.randint(0, 1)))

    def own(self) -> Stage:
        """A new owner, which has read nothing yet."""
        self.epoch += 1
        logged = json.loads(self.checkpoint)["logged"] if self.checkpoint else 0
        kind = Round if self.room.game.arena else Stage
        return kind(self.room, self.epoch, self.checkpoint, self.log[logged:], self.now_ms)

    def read(self, stage: Stage) -> None:
        place = tuple(map(int, stage.read_id.split("-")))
        for entry_id, fields in self.stream:
            if tuple(map(int, entry_id.split("-"))) > place:
                stage.hear(entry_id, fields, self.now_ms)

    def write(self, shows) -> None:
        for show in shows:
            _, _, entry, frame, kept, *_ = *show.args, ""
            if entry:
                self.log.append(entry)
            if kept:
                self.checkpoint = kept
            if frame and json.loads(frame)["type"] == "frame":
                self.shown.append(json.loads(frame))


@pytest.mark.parametrize("seed", range(40))
def test_a_successor_at_any_tick_has_the_state_of_the_rules_run_in_one_piece(seed):
    rng = random.Random(seed)
    world = World(room(bots=seed % 2, seed=f"seed {seed}"))
    stage = world.own()
    for number in range(2 - seed % 2):
        world.say(here=str(number), c=f"page{number}", take="1")
    for _ in range(400):
        world.now_ms += rng.choice((1, 5, 20, 40, 300))
        for _ in range(rng.randint(0, 3)):
            seat = rng.randint(0, 1 - seed % 2)
            world.something(rng, seat)
        world.read(stage)
        shows = stage.advance(world.now_ms)
        # It may die before, within or after its writing: a script writes all of a step or nothing.
        dies = rng.random() < 0.15
        world.write(shows[: rng.randint(0, len(shows))] if dies else shows)
        if stage.ended and not dies:
            break
        if dies:
            world.now_ms += rng.choice((0, 3_000))
            stage = world.own()
    log = entries(world.log)
    *_, last = states(DUEL, world.room.seed, log)
    successor = world.own()
    assert duel.dump(successor.state) == duel.dump(last)
    assert [frame["v"] for frame in world.shown] == list(range(1, len(world.shown) + 1)) == [e.version for e in log]
    assert all(early.tick <= late.tick for early, late in itertools.pairwise(log))
    # Each number of a seat was played once, in order.
    for seat in range(2):
        played = [number for entry in log for each, number, _ in entry.inputs if each == seat]
        assert played == list(range(1, len(played) + 1))
    # The deltas that were shown lead to the very view.
    assert world.shown == [] or world.shown[-1]["t"] == duel.tick(last)


@pytest.mark.parametrize("seed", range(30))
def test_idle_ticks_are_as_many_steps(seed):
    rng, state = random.Random(seed), duel.new(f"s{seed}", 2)
    for _ in range(60):
        ticks = rng.randint(1, 30)
        stepped = state
        for _ in range(ticks):
            stepped = duel.step(stepped, [])
        assert duel.idle(state, ticks) == stepped
        state = duel.step(stepped, [(seat, rng.choice(WAYS)) for seat in range(2) if rng.random() < 0.8])


@pytest.mark.parametrize("seed", range(30))
def test_the_order_of_seats_decides_nothing(seed):
    rng, state = random.Random(seed), duel.new(f"s{seed}", 2)
    for _ in range(200):
        inputs = [(seat, rng.choice(WAYS)) for seat in range(2)]
        assert duel.step(state, inputs) == duel.step(state, inputs[::-1])
        state = duel.step(state, inputs)


def test_both_boards_get_the_same_tiles_for_the_same_moves():
    state = duel.new("same", 2)
    for number in range(60):
        state = duel.step(state, [(0, WAYS[number % 4]), (1, WAYS[number % 4])])
    assert msgspec.structs.replace(state.sides[0], stones=0) == msgspec.structs.replace(state.sides[1], stones=0)


class TestStones:
    CELLS = (64, 64, 0, 0) + (0,) * 12

    def state(self, cells=CELLS, other=(2, 0, 0, 0) + (0,) * 12, **more):
        return duel.State("seed", 10, (duel.Side(cells, **more), duel.Side(other)))

    def test_fusing_to_128_sends_one_and_it_falls_before_the_next_tile(self):
        after = duel.step(self.state(), [(0, "left")])
        assert (after.sides[0].sent, after.sides[1].stones) == (1, 1)
        fallen = duel.step(after, [(1, "right")]).sides[1]
        assert fallen.stones == 0
        assert fallen.placed[0][1] == -duel.STONE_MOVES
        assert sum(value < 0 for value in fallen.cells) == 1

    def test_two_fusions_send_two_and_a_tile_that_only_slides_sends_none(self):
        twice = duel.step(self.state((64, 64, 64, 64) + (0,) * 12), [(0, "left")])
        assert twice.sides[1].stones == 2
        slid = duel.step(self.state((0, 128, 2, 2) + (0,) * 12), [(0, "left")])
        assert slid.sides[1].stones == 0

    def test_it_stands_still_blocks_and_crumbles_after_ten_moves(self):
        state = self.state((2, -10, 2, 0) + (0,) * 12)
        once = duel.step(state, [(0, "left")]).sides[0]
        assert once.cells[:3] == (2, -10, 2)  # Nothing slides: no move.
        for number in range(9):
            state = duel.step(state, [(0, ("down", "up")[number % 2])])
        assert state.sides[0].moves == 9
        assert state.sides[0].cells[1] == -1
        state = duel.step(state, [(0, "down")])
        assert not any(value < 0 for value in state.sides[0].cells)

    def test_both_at_once_each_get_one(self):
        after = duel.step(self.state(other=self.CELLS), [(0, "left"), (1, "left")])
        assert [side.stones for side in after.sides] == [1, 1]


class TestResult:
    STUCK = (2, 4, 2, 4, 4, 2, 4, 2, 2, 4, 2, 4, 2, 4, 2, 0)

    def test_who_is_stuck_loses_whatever_the_points_are(self):
        sides = (duel.Side(self.STUCK, points=9_000), duel.Side((2,) + (0,) * 15))
        for number in range(400):
            state = duel.step(duel.State(f"s{number}", 5, sides), [(0, "right")])
            if state.lost:
                assert [each.place for each in duel.result(state)] == [2, 1]
                return
        raise AssertionError("nobody was stuck")

    def test_at_the_bell_fewer_points_lose_and_equal_ones_are_a_draw(self):
        for points, places in (((10, 20), [2, 1]), ((20, 10), [1, 2]), ((10, 10), [1, 1])):
            sides = tuple(duel.Side((2,) + (0,) * 15, points=each) for each in points)
            state = duel.idle(duel.State("s", 0, sides), duel.LENGTH_TICKS)
            assert [each.place for each in duel.result(state)] == places
            assert duel.result(duel.State("s", duel.LENGTH_TICKS - 1, sides)) is None


class TestLines:
    def playing(self) -> tuple[World, Stage]:
        world = World(room())
        stage = world.own()
        for number in range(2):
            world.say(here=str(number), c=f"page{number}", take="1")
        world.read(stage)
        world.write(stage.advance(world.now_ms))
        world.now_ms += 4_000
        return world, stage

    def test_two_inputs_in_one_tick_are_both_played(self):
        world, stage = self.playing()
        for way in ("left", "down", "right"):
            world.input(0, way)
        world.read(stage)
        for _ in range(4):
            world.write(stage.advance(world.now_ms))
            world.now_ms += 20
        expected = [[(0, 1, "left")], [(0, 2, "down")], [(0, 3, "right")]]
        assert [entry.inputs for entry in entries(world.log)] == expected

    def test_who_leaves_has_thirty_seconds_and_then_has_lost(self):
        world, stage = self.playing()
        world.say(gone="0", c="page0")
        world.read(stage)
        world.write(stage.advance(world.now_ms))
        assert keyframe(stage, world.now_ms).seats[0]["away_s"] == 30
        world.now_ms += lines.AWAY_MS - 100
        world.write(stage.advance(world.now_ms))
        assert not stage.ended
        world.now_ms += 200
        world.write(stage.advance(world.now_ms))
        assert [each.place for each in duel.result(stage.state)] == [2, 1]

    def test_who_comes_back_in_time_plays_on(self):
        world, stage = self.playing()
        world.say(gone="0", c="page0")
        world.read(stage)
        world.now_ms += lines.AWAY_MS - 100
        world.say(here="0", c="page0")
        world.read(stage)
        world.now_ms += 1_000
        world.write(stage.advance(world.now_ms))
        assert not stage.ended
        assert keyframe(stage, world.now_ms).seats[0]["away_s"] is None

    def test_the_late_end_of_an_old_line_of_the_same_page_is_no_absence(self):
        world, stage = self.playing()
        world.say(here="0", c="page0", k="old")
        world.say(here="0", c="page0", k="new")
        world.say(gone="0", c="page0", k="old")
        world.read(stage)
        assert keyframe(stage, world.now_ms).seats[0]["away_s"] is None
        world.say(gone="0", c="page0", k="new")
        world.read(stage)
        assert keyframe(stage, world.now_ms).seats[0]["away_s"] == 30

    def test_a_silent_connection_is_away(self):
        world, stage = self.playing()
        world.now_ms += lines.SILENT_MS + 1
        world.say(here="1", c="page1")
        world.read(stage)
        world.write(stage.advance(world.now_ms))
        assert [each["away_s"] for each in keyframe(stage, world.now_ms).seats] == [30, None]

    def test_a_room_to_which_nobody_comes_ends_without_a_result(self):
        world = World(room())
        stage = world.own()
        world.say(here="0", c="page0", take="1")
        world.read(stage)
        world.now_ms += 61_000
        world.write(stage.advance(world.now_ms))
        assert stage.ended
        assert duel.result(stage.state) is None


def test_reading_after_the_id_before_reads_an_entry_again():
    assert before("5-3") == "5-2"
    assert tuple(map(int, before("5-0").split("-"))) < (5, 0)
