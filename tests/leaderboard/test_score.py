"""The tie rule in one number."""

from hypothesis import given
from hypothesis import strategies as st

from leaderboard import score

POINTS = st.integers(0, 2**22 - 1)
# 2024 to 2057.
MOMENTS = st.integers(score.EPOCH_S + 1, score.EPOCH_S + score.SPAN_S - 1).map(lambda seconds: seconds * 1000)


@given(POINTS, MOMENTS)
def test_points_and_moment_come_back_exactly(points, at_ms):
    value = score.encode(points, at_ms)
    assert score.points(value) == points
    assert score.reached_at_ms(value) == at_ms


@given(POINTS, MOMENTS, st.integers(1, 10**6))
def test_the_earlier_of_equal_points_is_higher(points, at_ms, later_s):
    assert score.encode(points, at_ms) > score.encode(points, at_ms + later_s * 1000)


@given(POINTS, MOMENTS, MOMENTS)
def test_more_points_are_higher_whenever_they_were_reached(points, one_ms, other_ms):
    assert score.encode(points + 1, one_ms) > score.encode(points, other_ms)


# In the epoch's first days earliness is so near 1 that large points would round up to the next whole one.
@given(st.integers(0, score.POINTS_LIMIT - 1), MOMENTS.filter(lambda ms: ms > 1_705_276_800_000))
def test_points_are_exact_up_to_the_limit(points, at_ms):
    assert score.points(score.encode(points, at_ms)) == points


def test_the_resolution_grows_with_the_points():
    assert score.resolution_s(2**22 - 1) == 1.0
    assert score.resolution_s(2**30) == 256.0
