"""Days in a row, with one free miss a week; the calendar."""

from datetime import date, timedelta

import pytest

from games.daily.standing import calendar, streak

SATURDAY = date(2026, 11, 28)


def back(*days: int) -> set[date]:
    return {SATURDAY - timedelta(days=each) for each in days}


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ((), 0),
        ((0,), 1),
        ((1,), 1),  # Today may still come.
        ((0, 1, 2), 3),
        ((0, 2), 2),  # Friday was free.
        ((0, 3), 1),  # Friday and Thursday of one week.
        ((2,), 1),  # Today may still come, and Friday was free.
        ((3,), 0),
        ((0, 1, 2, 3, 4, 5, 7), 7),  # The Sunday before is of another week.
        ((0, 2, 3, 4, 5, 7), 6),  # One free day in each of two weeks.
        ((0, 1, 9), 2),
    ],
)
def test_days_in_a_row(days, expected):
    assert streak(back(*days), SATURDAY) == expected


def test_the_calendar_has_five_weeks_up_to_this_one():
    weeks = calendar({SATURDAY: 7}, SATURDAY)
    assert [len(week) for week in weeks] == [7] * 5
    assert weeks[0][0].day == date(2026, 10, 26)
    assert (weeks[4][5].points, weeks[4][5].is_today) == (7, True)
    assert weeks[4][6].is_later
