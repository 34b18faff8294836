"""The rules of Claim: who takes what, who dies, and that no seat is better than another."""

import random

import msgspec
import pytest

from games.claim import room_rules as claim
from games.claim.land import CELLS, SIDE, unpacked
from games.claim.room_rules import ALIVE, DEAD, OUT, Head, State


def at(x: int, y: int) -> int:
    return SIDE * y + x


def square(land: bytearray, seat: int, x: int, y: int, size: int = 5) -> None:
    for down in range(size):
        for right in range(size):
            land[at(x + right, y + down)] = seat + 1


def field(*players: tuple[Head, int, int]) -> State:
    """A field on which each has a head, and a square of land whose corner is at x, y."""
    land = bytearray(CELLS)
    for seat, (_, x, y) in enumerate(players):
        square(land, seat, x, y)
    return State("seed", 5, bytes(land), tuple(head for head, _, _ in players))


def head(x: int, y: int, way: str, trail=()) -> Head:
    return Head(ALIVE, at(x, y), way, tuple(at(*cell) for cell in trail))


def far(x: int = 50, y: int = 50) -> tuple[Head, int, int]:
    return head(x + 2, y + 2, "up"), x, y


def played(seed: int, steps: int, seats: int = 16) -> list[State]:
    rng, state = random.Random(seed), claim.new(f"seed {seed}", seats)
    found = [claim.join(state, list(range(seats)))]
    for _ in range(steps):
        state = found[-1]
        turns = [(seat, rng.choice(claim.INPUTS)) for seat in range(seats) if rng.random() < 0.25]
        found.append(claim.step(state, turns))
    return found


class TestLand:
    def test_a_closed_trail_takes_its_cells_and_what_it_encloses(self):
        trail = [(15, 12), (16, 12), (17, 12), (17, 13), (17, 14), (16, 14), (15, 14)]
        state = field((head(15, 14, "left", trail), 10, 10), far())
        after = claim.step(state, [])
        taken = {*trail, (15, 13), (16, 13)}
        assert all(after.land[at(*cell)] == 1 for cell in taken)
        assert after.land.count(1) == 25 + len(taken)
        assert (after.heads[0].points, after.heads[0].trail) == (len(taken), ())

    def test_enclosed_land_of_another_is_taken_and_who_has_none_left_dies(self):
        ring = [(x, 9) for x in range(15, 30)] + [(29, y) for y in range(10, 25)]
        ring += [(x, 24) for x in range(28, 14, -1)] + [(14, y) for y in range(24, 14, -1)]
        state = field((head(14, 15, "up", ring), 10, 10), (head(24, 19, "up"), 22, 17))
        after = claim.step(state, [])
        assert after.land.count(2) == 0
        assert after.heads[1].status == DEAD
        assert after.heads[0].points >= 25

    def test_a_cell_that_two_claim_at_once_stays_whose_it_was(self):
        land = bytearray(CELLS)
        heads = [Head(ALIVE), Head(ALIVE)]
        bit = {x: 1 << (CELLS - 1 - x) for x in range(4)}
        after = claim._claimed(bytes(land), {0: bit[0] | bit[1], 1: bit[1] | bit[2]}, heads)
        assert list(after[:4]) == [1, 0, 2, 0]
        assert [each.points for each in heads] == [1, 1]

    def test_cells_held_count_each_second(self):
        state = msgspec.structs.replace(field(far(), far(20, 20)), tick=9)
        after = claim.step(state, [])
        assert claim.points(after) == [25, 25]


class TestLives:
    def test_a_trail_that_is_stepped_on_ends_its_owner(self):
        state = field((head(30, 10, "right", [(x, 10) for x in range(20, 31)]), 15, 8), (head(25, 9, "down"), 23, 5))
        after = claim.step(state, [])
        assert [each.status for each in after.heads] == [DEAD, ALIVE]
        assert (after.kills, after.heads[1].kills) == (((1, 0),), 1)
        assert after.land.count(1) == 0

    def test_the_own_trail_too(self):
        trail = [(20, 10), (21, 10), (22, 10), (22, 11), (21, 11), (21, 10)]
        state = field((head(21, 11, "up", trail[:-1]), 5, 5), far())
        after = claim.step(state, [])
        assert after.heads[0].status == DEAD
        assert after.kills == ()

    def test_heads_that_meet_end_both_in_a_cell_and_between_two(self):
        for x in (32, 31):
            state = field((head(30, 10, "right", [(30, 10)]), 5, 5), (head(x, 10, "left", [(x, 10)]), 50, 50))
            after = claim.step(state, [])
            assert [each.status for each in after.heads] == [DEAD, DEAD], x

    def test_who_is_hit_while_coming_home_is_dead_all_the_same(self):
        trail = [(15, 12), (16, 12), (17, 12), (17, 13), (16, 13), (15, 13)]
        state = field((head(15, 13, "left", trail), 10, 10), (head(17, 11, "down"), 16, 7))
        after = claim.step(state, [])
        assert after.heads[0].status == DEAD

    def test_back_after_three_seconds_with_land(self):
        state = field((Head(DEAD, back=40), 10, 10), far())
        state = msgspec.structs.replace(state, land=claim._without(state.land, [0]), tick=30)
        while state.heads[0].status == DEAD:
            state = claim.step(state, [])
        assert state.tick == 41
        assert state.land.count(1) == 25

    def test_the_edge_stops_a_head_and_it_never_turns_right_back(self):
        state = field((head(0, 12, "left", [(0, 12)]), 10, 10), far())
        after = claim.step(state, [(0, "right")])
        assert (after.heads[0].cell, after.heads[0].way, after.heads[0].status) == (at(0, 12), "left", ALIVE)
        assert claim.step(after, [(0, "up")]).heads[0].cell == at(0, 11)


@pytest.mark.parametrize("seed", range(12))
class TestAnyRound:
    def test_the_numbers_of_the_seats_decide_nothing(self, seed):
        """Seats that change places give the same round with places changed, but for where the dead come back."""
        rng = random.Random(seed)
        state = played(seed, 120)[-1]
        order = list(range(16))
        rng.shuffle(order)  # Who was at `order[n]` is at n now.
        for _ in range(40):
            turns = [(seat, rng.choice(claim.INPUTS)) for seat in range(16) if rng.random() < 0.3]
            state = msgspec.structs.replace(state, heads=tuple(asleep(each) for each in state.heads))
            after = claim.step(state, turns)
            moved = claim.step(renumbered(state, order), [(order.index(seat), way) for seat, way in turns])
            assert moved.land == renumbered(after, order).land
            assert moved.heads == renumbered(after, order).heads
            assert claim.step(state, turns[::-1]) == after
            state = after

    def test_land_is_one_players_and_trails_are_off_it(self, seed):
        for state in played(seed, 300):
            trails = [cell for each in state.heads for cell in each.trail]
            assert len(trails) == len(set(trails))
            for seat, each in enumerate(state.heads):
                if each.status == ALIVE:
                    assert seat + 1 in state.land
                    assert not each.trail or each.trail[-1] == each.cell
                else:
                    assert seat + 1 not in state.land

    def test_what_is_shown_leads_to_the_state(self, seed):
        shown = None
        for before, after in zip((states := played(seed, 200)), states[1:], strict=False):
            shown = shown or applied_first(before)
            apply(shown, msgspec.json.decode(msgspec.json.encode(claim.delta(before, after))))
            assert bytes(shown["land"]) == after.land
            assert [list(each.trail) for each in after.heads] == shown["trails"]
            assert unpacked(claim.view(after)["land"]) == after.land

    def test_it_is_kept_whole_and_idle_ticks_are_steps(self, seed):
        state = played(seed, 60)[-1]
        assert claim.load(claim.dump(state)) == msgspec.structs.replace(state, kills=())
        stepped = state
        for _ in range(50):
            stepped = claim.step(stepped, [])
        assert claim.idle(state, 50) == stepped

    def test_bots_play_by_what_everybody_sees(self, seed):
        rng, state = random.Random(seed), played(seed, 0)[0]
        for _ in range(600):
            view = msgspec.json.decode(msgspec.json.encode(claim.view(state)))
            chosen = [(seat, claim.bot(view, seat, 0.8, rng)) for seat in range(16)]
            assert all(way == "" or way in claim.INPUTS for _, way in chosen)
            state = claim.step(state, [(seat, way) for seat, way in chosen if way])
        assert max(each.best for each in state.heads) > 60  # Somebody has claimed land.


def asleep(each: Head) -> Head:
    """The dead stay dead: where they come back the seed draws, for each number of a seat."""
    return msgspec.structs.replace(each, back=10**6) if each.status == DEAD else each


def renumbered(state: State, order: list[int]) -> State:
    to = bytes([0, *(order.index(seat) + 1 for seat in range(16))]).ljust(256, b"\0")
    kills = tuple(sorted((order.index(by), order.index(of)) for by, of in state.kills))
    heads = tuple(state.heads[seat] for seat in order)
    return State(state.seed, state.tick, state.land.translate(to), heads, kills)


def applied_first(state: State) -> dict:
    return {"land": bytearray(state.land), "heads": claim.view(state)["heads"], "trails": claim.view(state)["trails"]}


def apply(shown: dict, delta: dict) -> None:
    """As claim-state.js does."""
    runs = delta.get("l", [])
    for start, length, owner in zip(runs[::3], runs[1::3], runs[2::3], strict=True):
        shown["land"][start : start + length] = bytes([owner]) * length
    for seat, cell in enumerate(delta["h"]):
        trail = shown["trails"][seat]
        if cell < 0 or shown["land"][cell] == seat + 1:
            trail.clear()
        elif not trail or trail[-1] != cell:
            trail.append(cell)


def test_the_round_ends_at_the_bell_and_who_is_out_has_no_place():
    state = claim.join(claim.new("s", 4), [0, 1, 2])
    state = msgspec.structs.replace(state, tick=claim.LENGTH_TICKS - 1)
    assert claim.result(state) is None
    after = claim.step(state, [])
    assert claim.due(after) is None
    assert claim.result(after)[3].place == 0
    assert {each.place for each in claim.result(after)[:3]} <= {1, 2, 3}
    assert after.heads[3].status == OUT
