"""The rules of Fuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from games.fuse import rules

EMPTY = (0,) * 12
TILES = st.tuples(*[st.sampled_from([0, 0, 2, 4, 8, 16, 32])] * 16)
INPUTS = st.sampled_from(rules.INPUTS)


@pytest.mark.parametrize(
    ("row", "after", "points"),
    [
        ((2, 0, 0, 2), (4, 0, 0, 0), 4),
        ((2, 2, 2, 0), (4, 2, 0, 0), 4),
        ((2, 2, 2, 2), (4, 4, 0, 0), 8),
        ((4, 2, 2, 0), (4, 4, 0, 0), 4),
        ((2, 4, 2, 4), (2, 4, 2, 4), 0),
        ((0, 0, 0, 8), (8, 0, 0, 0), 0),
    ],
)
def test_it_slides_a_row_to_the_left(row, after, points):
    assert rules.slide(row + EMPTY, "left") == (after + EMPTY, points)


def test_three_equal_tiles_fuse_nearest_the_wall():
    assert rules.slide((2, 2, 2, 0) + EMPTY, "right")[0][:4] == (0, 0, 2, 4)


def test_columns_slide_up_and_down():
    cells = (2, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0)
    assert rules.slide(cells, "up")[0][::4] == (4, 4, 0, 0)
    assert rules.slide(cells, "down")[0][::4] == (0, 0, 4, 4)


@given(TILES, INPUTS)
def test_sliding_keeps_the_sum_of_the_tiles(cells, input):
    assert sum(rules.slide(cells, input)[0]) == sum(cells)


@given(TILES, INPUTS)
def test_points_are_what_the_fused_tiles_became(cells, input):
    after, points = rules.slide(cells, input)
    fused = len([c for c in cells if c]) - len([c for c in after if c])
    assert (points == 0) == (fused == 0)
    assert points >= 4 * fused


def test_a_new_game_has_two_tiles():
    assert len([cell for cell in rules.new("seed").cells if cell]) == 2


def test_equal_seeds_give_equal_games_and_other_seeds_others():
    assert rules.new("one") == rules.new("one")
    assert len({rules.new(str(seed)).cells for seed in range(50)}) > 20


@given(st.text("0123456789abcdef", min_size=1, max_size=32), st.lists(INPUTS, max_size=60))
def test_a_move_that_changes_something_brings_one_tile_and_another_none(seed, inputs):
    state = rules.new(seed)
    for input in inputs:
        after = rules.apply(state, input)
        slid, points = rules.slide(state.cells, input)
        if slid == state.cells:
            assert after is state
        else:
            assert sum(after.cells) - sum(slid) in (2, 4)
            assert after.points == state.points + points
            assert after.step == state.step + 1
        state = after


def test_nine_in_ten_new_tiles_are_twos():
    spawned = [rules._spawned("seed", step, (0,) * 16) for step in range(4000)]
    fours = sum(cells[spawn] == 4 for cells, spawn in spawned)
    assert 320 < fours < 480


def test_new_tiles_fall_on_every_cell():
    assert {rules._spawned("seed", step, (0,) * 16)[1] for step in range(400)} == set(range(16))


def test_it_is_over_when_nothing_can_move():
    full = (2, 4, 2, 4, 4, 2, 4, 2) * 2
    assert rules.over(rules.State("s", full))
    assert not rules.over(rules.State("s", (*full[:15], 0)))
    assert not rules.over(rules.State("s", (*full[:14], 4, 4)))


def test_the_view_never_holds_the_seed():
    assert "verysecret" not in str(rules.view(rules.new("verysecret")))


@given(st.lists(INPUTS, max_size=40))
def test_a_state_survives_being_kept(inputs):
    state = rules.new("seed")
    for input in inputs:
        state = rules.apply(state, input)
    assert rules.load(rules.dump(state)) == state
