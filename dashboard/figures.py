"""The operators' figures, gathered from the floors below."""

import time
from typing import TypedDict

from leaderboard import boards
from leaderboard.models import Board
from presence import visitors
from presence.online import online


class Figures(TypedDict):
    """Counts now; `as_of_ms` is when they were read, UTC."""

    visitors_day: int
    visitors_week: int
    visitors_month: int
    online: int
    runs_day: int
    as_of_ms: int


async def read() -> Figures:
    """All figures of the dashboard. Redis: three round trips; SQL: the boards' slugs."""
    slugs = [slug async for slug in Board.objects.values_list("slug", flat=True)]
    day, week, month = await visitors.unique()
    count, _ = await online(0)
    return Figures(
        visitors_day=day,
        visitors_week=week,
        visitors_month=month,
        online=count,
        runs_day=await boards.accepted_today(slugs),
        as_of_ms=time.time_ns() // 1_000_000,
    )
