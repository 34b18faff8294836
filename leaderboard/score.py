"""The tie rule: one sorted-set score holds the points and the time they were reached.

Where higher is better, `score = points + earliness`; earliness falls from 1 towards 0 over the 34 years
after 2024. Where lower is better, `score = points + lateness`, which rises from 0. Either way, of equal
points those reached first rank higher. `lua/score.lua` computes the same score. Points are exact below 2^43
from mid-January 2024 on; before that, an earliness so close to 1 could round up.
"""

import math
from collections.abc import Sequence

EPOCH_S = 1_704_067_200  # 2024-01-01 UTC
SPAN_S = 2**30
# Above this a double has no bits left for the time.
POINTS_LIMIT = 2**43


def encode(points: int, at_ms: int, *, lower_is_better: bool = False) -> float:
    """The score of `points` reached at `at_ms` (UTC milliseconds)."""
    since_s = at_ms // 1000 - EPOCH_S
    return points + (since_s if lower_is_better else SPAN_S - since_s) / SPAN_S


def points(score: float) -> int:
    """The points in a score."""
    return math.floor(score)


def reached_at_ms(score: float, *, lower_is_better: bool = False) -> int:
    """When they were reached, to the second while points are below 2^22 and coarser above."""
    return decode([score], lower_is_better=lower_is_better)[1][0]


def decode(scores: Sequence[float], *, lower_is_better: bool = False) -> tuple[list[int], list[int]]:
    """The points in scores, and when they were reached: `points` and `reached_at_ms` of each, for many at once."""
    whole = list(map(math.floor, scores))
    base_s, span_s = (EPOCH_S, SPAN_S) if lower_is_better else (EPOCH_S + SPAN_S, -SPAN_S)
    # Half a second more, because int() rounds down.
    return whole, [int(base_s + 0.5 + score % 1.0 * span_s) * 1000 for score in scores]


def resolution_s(points_max: int) -> float:
    """How far apart in time two equal results near `points_max` must be for the earlier one to win, in seconds."""
    return max(1.0, math.ulp(float(points_max)) * SPAN_S)
