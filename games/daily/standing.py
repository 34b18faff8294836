"""What a player's days add up to: the streak and the calendar."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from games.modes import daily_board
from leaderboard.models import Run

WEEKS = 5


def streak(days: Collection[date], on: date) -> int:
    """How many days in a row were played up to `on`, which may still come; one day of each week (Monday on) is free."""
    played, missed, count, day = set(days), set(), 0, on
    if on not in played:
        day -= timedelta(days=1)
    while True:
        if day in played:
            count += 1
        elif (week := day.isocalendar()[:2]) in missed or not any(each < day for each in played):
            return count
        else:
            missed.add(week)
        day -= timedelta(days=1)


@dataclass(frozen=True)
class Day:
    """A day of the calendar: what was reached, or None; whether it is still to come."""

    day: date
    points: int | None
    is_today: bool
    is_later: bool


async def played_days(game: str, player: int) -> dict[date, int]:
    """What a player reached on each day: the first try counts, should a guest have brought another along."""
    tries = Run.objects.filter(board=daily_board(game), player=player).order_by("-sequence")
    runs = tries.values_list("accepted_at", "points")
    return {at.date(): points async for at, points in runs}


def calendar(reached: dict[date, int], on: date) -> list[list[Day]]:
    """The last five weeks, from Monday to Sunday."""
    monday = on - timedelta(days=on.weekday() + 7 * (WEEKS - 1))
    days = [monday + timedelta(days=each) for each in range(7 * WEEKS)]
    shown = [Day(day, reached.get(day), day == on, day > on) for day in days]
    return [shown[at : at + 7] for at in range(0, len(shown), 7)]
