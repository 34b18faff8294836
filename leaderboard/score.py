"""The tie rule: points and the moment they were reached, kept together in one sorted-set score.

`score = points + earliness`, where earliness falls from 1 towards 0 over the 34 years after 2024, so
that among equal points whoever got there first stands higher. `lua/submit.lua` makes the same sum.
Points are exact below 2^43 from mid-January 2024 on; before, earliness so near 1 could round up.
"""

import math

EPOCH_S = 1_704_067_200  # 2024-01-01 UTC
SPAN_S = 2**30
# Above this a double has no bit left for the time at all.
POINTS_LIMIT = 2**43


def encode(points: int, at_ms: int) -> float:
    """The score of `points` reached at `at_ms` (UTC milliseconds)."""
    return points + (SPAN_S - (at_ms // 1000 - EPOCH_S)) / SPAN_S


def points(score: float) -> int:
    """The points in a score."""
    return math.floor(score)


def reached_at_ms(score: float) -> int:
    """When they were reached, to the second while points are below 2^22 and coarser above."""
    earliness = score - math.floor(score)
    return (EPOCH_S + SPAN_S - round(earliness * SPAN_S)) * 1000


def resolution_s(points_max: int) -> float:
    """How far apart in time two equal results near `points_max` must be for the earlier one to win, in seconds."""
    return max(1.0, math.ulp(float(points_max)) * SPAN_S)
