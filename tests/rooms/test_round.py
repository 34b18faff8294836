"""A round of an arena without its runner: whoever owns it, the log leads to the state that was shown."""

import random

import msgspec
import pytest

from accounts.cards import Card
from games.claim import room_rules as claim
from games.claim.land import packed
from games.rooms.game import find_room_game
from games.rooms.rooms import Room, Seat
from games.rooms.running.lines import AWAY_MS
from games.rooms.running.log import entries, states
from games.rooms.running.round import TURNS_MAX, Round
from games.rooms.running.shown import keyframe
from tests.rooms.test_stage import WAYS, World

CLAIM = find_room_game("claim")


class Hall(World):
    """An arena as Redis would hold it, and who is in its seats."""

    def __init__(self, seed: str = "seed", pause_ms: int = 0) -> None:
        free: list[Seat | None] = [None] * CLAIM.seats
        super().__init__(Room("r", CLAIM, seed, "waiting", True, free, 0, "", 0, 0, pause_ms, [], [0] * CLAIM.seats))

    def sit(self, player: int) -> int:
        number = self.room.seats.index(None)
        self.room.seats[number] = Seat(player, Card(f"P{player}"), origin=f"place {player}")
        self.numbers[number] = 0
        return number

    def here(self, number: int) -> None:
        who = msgspec.json.encode(self.room.seats[number]).decode()
        self.say(here=str(number), c=f"page{number}", k="k", take="1", who=who)

    def come(self, player: int) -> int:
        number = self.sit(player)
        self.here(number)
        return number

    def turn(self, stage: Round, ms: int = 0) -> None:
        """Time passes, the runner reads and goes on, and frees the seats of those who left."""
        self.now_ms += ms
        self.read(stage)
        self.write(stage.advance(self.now_ms))
        self.free(stage)

    def free(self, stage: Round) -> None:
        for number, player in stage.freed:
            if self.room.seats[number] and self.room.seats[number].player == player:
                self.room.seats[number] = None
        stage.freed.clear()


def begun(**options) -> tuple[Hall, Round]:
    hall = Hall(**options)
    hall.come(1)
    stage = hall.own()
    hall.turn(stage)
    hall.now_ms = stage.zero_ms
    hall.turn(stage, 200)
    return hall, stage


def inside(stage: Round) -> list[int]:
    return [who for who in stage.inside if who]


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
        hall.say(resign="12")
        hall.say(resign="3")
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
        hall.say(gone="1", c="page1", k="k")
        hall.turn(stage)
        hall.turn(stage, AWAY_MS - 1_000)
        assert stage.inside[1] == 2
        hall.here(0)
        hall.turn(stage, 2_000)
        assert stage.inside[1] == 0
        hall.say(here="1", c="page1", k="k")  # A beat of the page that has lost it.
        hall.turn(stage, 100)
        assert stage.inside[1] == 0
        assert hall.come(3) == 1

    def test_an_arena_without_people_ends_without_a_result(self):
        hall, stage = begun()
        hall.say(resign="0")
        hall.turn(stage, 100)
        hall.turn(stage, AWAY_MS + 100)
        assert stage.ended
        assert claim.result(stage.state) is None


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
        assert not stage.is_rated
        hall.come(4)
        hall.turn(stage, 100)
        assert stage.is_rated
        hall.room.seats[4] = Seat(5, Card("P5"), origin="place 4")
        hall.here(4)
        hall.turn(stage, 100)
        assert not stage.is_rated


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
                    hall.say(gone=str(number), c=f"page{number}", k="k")
                case 1:
                    hall.here(number)
                case 2:
                    hall.say(resign=str(number))
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
