"""Turns a player's best points per day into the coordinates of a line chart."""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

WIDTH, HEIGHT, MARGIN = 600, 160, 8


class Point(msgspec.Struct, frozen=True):
    """A day with a run: its best points, and their position in the drawing."""

    day: date
    points: int
    x: float
    y: float


class Chart(msgspec.Struct, frozen=True):
    """The days with runs within a span, oldest first; `line` is the SVG polyline through them."""

    first: date
    last: date
    best: int
    days: list[Point]

    @property
    def line(self) -> str:
        return " ".join(f"{point.x:.1f},{point.y:.1f}" for point in self.days)


def chart(bests: Sequence[tuple[date, int]], last: date, span: int, *, lower_is_better: bool = False) -> Chart | None:
    """The chart of each day's best over `span` days up to `last`; None without any. Better is always higher up."""
    first = last - timedelta(days=span - 1)
    kept = [(day, points) for day, points in bests if first <= day <= last]
    if not kept:
        return None
    best = (min if lower_is_better else max)(points for _, points in kept)
    days = [
        Point(
            day,
            points,
            MARGIN + (WIDTH - 2 * MARGIN) * (day - first).days / max(1, span - 1),
            HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * _share(points, best, lower_is_better),
        )
        for day, points in kept
    ]
    return Chart(first, last, best, days)


def _share(points: int, best: int, lower_is_better: bool) -> float:
    """The height of points in the chart, from 0 to 1 (the best)."""
    return best / max(1, points) if lower_is_better else points / max(1, best)


def line(values: Sequence[int]) -> str:
    """An SVG polyline through at least two values, one after the other; the lowest is at the bottom."""
    low, high = min(values), max(values)
    places = [
        (
            MARGIN + (WIDTH - 2 * MARGIN) * number / (len(values) - 1),
            HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * (value - low) / max(1, high - low),
        )
        for number, value in enumerate(values)
    ]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
