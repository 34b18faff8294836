"""The rules of Lights: a press turns five, every puzzle can be solved, and par is the fewest moves."""

import itertools
import random

import pytest

from games.lights import rules as lights


def test_a_press_turns_a_light_and_its_neighbours():
    state = lights.apply(lights.State(1 << 24, 0), "a1")
    assert [cell for cell, on in enumerate(lights.view(state)["lit"]) if on] == [0, 1, 5, 24]
    middle = lights.apply(lights.State(0b1, 0), "c3")
    assert [cell for cell, on in enumerate(lights.view(middle)["lit"]) if on] == [0, 7, 11, 12, 13, 17]


def test_quiet_presses_turn_nothing_and_there_are_no_others():
    assert all(lights.after(0, quiet) == 0 for quiet in lights.QUIET)
    assert {one ^ other for one, other in itertools.product(lights.QUIET, repeat=2)} == set(lights.QUIET)
    assert len(lights._eliminated()) == 23  # Of 25 presses two follow from the others.


@pytest.mark.parametrize("seed", range(30))
def test_every_puzzle_is_solved_in_par_and_not_in_fewer(seed):
    state = lights.new(f"seed {seed}")
    assert state == lights.new(f"seed {seed}")
    assert state.par >= lights.PAR_MIN
    presses = lights.solved(state.lit)
    assert presses.bit_count() == state.par
    for cell in range(lights.CELLS):
        if presses >> cell & 1:
            assert not lights.over(state)
            state = lights.apply(state, lights.INPUTS[cell])
    assert lights.over(state)
    assert lights.view(state)["at_par"] == 1
    assert lights.apply(state, "a1") is state


def test_lights_that_no_presses_turn_off_have_no_solution():
    assert lights.solved(1) == 0


@pytest.mark.parametrize("skill", [0.0, 0.5, 1.0])
def test_a_bot_of_any_skill_ends_its_run(skill):
    rng, state = random.Random(1), lights.new("bot")
    for _ in range(5_000):
        if lights.over(state):
            break
        state = lights.apply(state, lights.suggest(lights.view(state), skill, rng))
    assert lights.over(state)
    assert lights.load(lights.dump(state)) == state
