"""A round of an arena without its runner: whoever owns it, the log leads to the state that was shown."""

import random

import msgspec
import pytest

from accounts.cards import Card
from games.claim import room_rules as claim
from games.claim.land import packed
from games.rooms.rooms import Seat
from games.rooms.running.lines import AWAY_MS
from games.rooms.running.log import entries, states
from games.rooms.running.round import TURNS_MAX
from games.rooms.running.shown import keyframe
from tests.rooms.hall import CLAIM, Hall, begun, inside
from tests.rooms.test_stage import WAYS


class TestComing:
    def test_bots_have_the_first_seats_that_nobody_has(self):
        _, stage = begun()
        assert stage.inside[:9] == [1, 0, 0, 0, 0, 0, 0, 0, None]
        assert [each.status for each in stage.state.heads[:9]] == ["alive"] * 8 + ["out"]

    def test_who_comes_in_the_middle_takes_a_bots_seat_and_begins_anew(self):
        hall, stage = begun()
        hall.turn(stage, 5_000)
        assert hall.come(2) == 1
        hall.turn(stage, 100)
        assert stage.inside[1] == 2
        assert stage.state.heads[1].points == 0
        assert stage.acked[1] == 0

    def test_sixteen_people_have_all_the_seats_and_one_of_them_leaves_it_free(self):
        hall, stage = begun()
        for player in range(2, 17):
            hall.come(player)
        hall.turn(stage, 100)
        assert sorted(inside(stage)) == list(range(1, 17))
        hall.resign(12)
        hall.resign(3)
        hall.turn(stage, 200)
        assert (stage.inside[12], stage.inside[3]) == (None, 0)  # A bot only has one of the first eight.
        assert (hall.room.seats[12], hall.room.seats[3]) == (None, None)
        assert [each and each["player"] for each in keyframe(stage, hall.now_ms).seats][12] is None

    def test_a_seat_of_the_next_round_waits_for_its_player_who_comes_with_their_page(self):
        hall = Hall(pause_ms=10_000)
        number = hall.sit(7)
        stage = hall.own()
        hall.turn(stage)
        assert stage.zero_ms == hall.now_ms + 10_000
        hall.turn(stage, 11_000)
        assert stage.inside[number] is None
        hall.here(number)
        hall.turn(stage, 100)
        assert stage.inside[number] == 7

    def test_and_is_a_bots_when_nobody_comes(self):
        hall, stage = begun()
        number = hall.sit(9)
        stage = hall.own()
        hall.turn(stage, 100)
        hall.here(0)
        hall.turn(stage, AWAY_MS + 100)
        assert hall.room.seats[number] is None
        assert stage.inside[number] == 0


class TestLeaving:
    def test_who_is_away_too_long_has_lost_the_seat_and_another_may_have_it(self):
        hall, stage = begun()
        hall.come(2)
        hall.turn(stage, 100)
        hall.gone(1)
        hall.turn(stage)
        hall.turn(stage, AWAY_MS - 1_000)
        assert stage.inside[1] == 2
        hall.here(0)
        hall.turn(stage, 2_000)
        assert stage.inside[1] == 0
        hall.say(here="1", by="2", c="page1", k="k")  # A beat of the page that has lost it.
        hall.turn(stage, 100)
        assert stage.inside[1] == 0
        assert hall.come(3) == 1

    @pytest.mark.parametrize(("turns", "ms", "expected"), [(1, 95_000, [2]), (0, 95_000, []), (1, 20_000, [])])
    def test_who_played_and_leaves_late_is_remembered_unless_they_come_back(self, turns, ms, expected):
        hall, stage = begun()
        hall.come(2)
        hall.turn(stage, 100)
        for _ in range(turns):
            hall.input(1, "left")
        hall.turn(stage, 100)
        for _ in range(ms // 20_000):
            hall.here(0)
            hall.here(1)
            hall.turn(stage, 20_000)
        hall.here(1)
        hall.turn(stage, ms % 20_000)
        hall.resign(1)
        hall.turn(stage, 100)
        assert [gone.seat.player for gone in stage.left] == expected
        hall.turn(stage, 1_000)
        successor = hall.own()
        assert [gone.seat.player for gone in successor.left] == expected
        hall.come(2)
        hall.turn(successor, 100)
        assert successor.left == []

    def test_an_arena_without_people_ends_without_a_result(self):
        hall, stage = begun()
        hall.resign(0)
        hall.turn(stage, 100)
        hall.turn(stage, AWAY_MS + 100)
        assert stage.ended
        assert claim.result(stage.state) is None


class TestWhoseItIs:
    def test_who_had_a_seat_before_has_no_say_of_it(self):
        hall, stage = begun()
        hall.come(2)
        hall.turn(stage, 100)
        hall.resign(1)
        hall.turn(stage, 100)
        assert hall.come(3) == 1
        hall.turn(stage, 100)
        for word in ("resign", "gone", "here"):
            hall.say(**{word: "1", "by": "2", "c": "page1", "k": "k", "take": "1"})
        hall.turn(stage, 200)
        assert stage.inside[1] == 3
        assert not stage.lines[1].away_ms

    def test_who_resigned_and_came_again_stays(self):
        hall, stage = begun()
        hall.come(2)
        hall.turn(stage, 100)
        hall.resign(1)
        hall.here(1)
        hall.turn(stage, 100)
        assert stage.inside[1] == 2

    def test_nobody_inherits_the_points_of_a_bot(self):
        hall, stage = begun()
        hall.turn(stage, 30_000)
        number = hall.sits(2)
        hall.here(number)
        hall.gone(number)
        hall.turn(stage, 100)
        assert stage.inside[number] is None  # The bot has left, and nobody has come.
        assert stage.state.heads[number].points == 0
        assert [seat.player for _, seat in stage.playing] == []

    def test_a_seat_that_was_taken_without_a_page_is_free_again(self):
        hall, stage = begun()
        number = hall.sits(2)
        hall.turn(stage, 100)
        hall.here(0)
        hall.turn(stage, AWAY_MS + 200)
        assert hall.room.seats[number] is None
        hall.turn(stage, 200)
        assert stage.inside[number] == 0

    def test_a_page_that_lies_open_plays_no_part(self):
        hall, stage = begun()
        number = hall.come(2)
        hall.turn(stage, 100)
        hall.input(number, "left")
        hall.turn(stage, 200)
        assert [each for each, _ in stage.playing] == [number]


class TestTurns:
    def test_two_wait_for_their_ticks_and_a_third_takes_the_place_of_the_second(self):
        hall, stage = begun()
        hall.turn(stage, 100)
        for way in ("left", "up", "right", "down"):
            hall.input(0, way)
        hall.read(stage)
        assert [each.input for each in stage.queues[0]] == ["left", "down"]
        assert len(stage.queues[0]) == TURNS_MAX
        for _ in range(2):
            hall.turn(stage, 100)
        assert stage.acked[0] == 4
        kept = [each for entry in entries(hall.log) for each in entry.inputs if each[0] == 0]
        assert kept == [(0, 1, "left"), (0, 4, "down")]

    def test_it_goes_on_with_inputs_that_the_game_does_not_know(self):
        hall, stage = begun()
        for _ in range(5):
            hall.input(0, "nonsense")
            hall.turn(stage, 100)
        assert claim.tick(stage.state) == 7

    def test_it_is_rated_with_four_people_from_different_places(self):
        hall, stage = begun()
        for player in (2, 3):
            hall.come(player)
        hall.turn(stage, 100)
        number = hall.come(4)
        hall.turn(stage, 100)
        for each in range(3):
            hall.input(each, "left")
        hall.turn(stage, 200)
        assert not stage.is_rated  # The fourth only looks on.
        hall.input(number, "left")
        hall.turn(stage, 200)
        assert stage.is_rated
        hall.room.seats[4] = Seat(5, Card("P5"), origin="place 4")
        hall.say(sat="4", who=msgspec.json.encode(hall.room.seats[4]).decode())
        hall.here(4)
        hall.turn(stage, 100)
        hall.numbers[4] = 0
        hall.input(4, "left")
        hall.turn(stage, 200)
        assert stage.is_rated
        assert stage.ratable == [0, 1, 2, 3]  # Of two from one place the first counts.


@pytest.mark.parametrize("seed", range(25))
def test_a_successor_at_any_tick_has_the_state_of_the_rules_run_in_one_piece(seed):
    rng = random.Random(seed)
    hall, stage = begun(seed=f"seed {seed}")
    players = 1
    for _ in range(250):
        people = [number for number, each in enumerate(hall.room.seats) if each]
        if rng.random() < 0.08 and len(people) < CLAIM.seats:
            players += 1
            hall.come(players)
        for number in people:
            match rng.randrange(24):
                case 0:
                    hall.gone(number)
                case 1:
                    hall.here(number)
                case 2:
                    hall.resign(number)
                case 3 | 4 | 5 | 6:
                    hall.input(number, rng.choice((*WAYS, "nonsense")))
        hall.now_ms += rng.choice((0, 20, 100, 250, 900))
        hall.read(stage)
        shows = stage.advance(hall.now_ms)
        dies = rng.random() < 0.12
        hall.write(shows[: rng.randint(0, len(shows))] if dies else shows)
        if not dies:
            hall.free(stage)
            if stage.ended:
                break
        else:  # Whether or not the seats of those who left were freed.
            hall.now_ms += rng.choice((0, 3_000))
            stage = hall.own()
    log = entries(hall.log)
    *_, last = states(CLAIM, hall.room.seed, log)
    successor = hall.own()
    assert claim.dump(successor.state) == claim.dump(last)
    assert [frame["v"] for frame in hall.shown] == list(range(1, len(hall.shown) + 1)) == [each.version for each in log]
    assert [frame["t"] for frame in hall.shown] == list(range(1, len(hall.shown) + 1))  # Each tick once.
    assert packed(last.land) == claim.view(successor.state)["land"]
