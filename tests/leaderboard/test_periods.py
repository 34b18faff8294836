"""The four periods and where they turn over."""

from datetime import UTC, datetime

import pytest

from leaderboard.periods import all_current, current, in_words


def ms(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("kind", "moment", "id", "start", "end"),
    [
        ("day", (2026, 11, 24, 23, 59, 59), "day:2026-11-24", (2026, 11, 24), (2026, 11, 25)),
        ("day", (2026, 11, 25), "day:2026-11-25", (2026, 11, 25), (2026, 11, 26)),
        ("week", (2027, 1, 3, 12), "week:2026-W53", (2026, 12, 28), (2027, 1, 4)),
        ("month", (2026, 12, 31, 23), "month:2026-12", (2026, 12, 1), (2027, 1, 1)),
        ("month", (2028, 2, 29), "month:2028-02", (2028, 2, 1), (2028, 3, 1)),
    ],
)
def test_a_moment_falls_into_its_period(kind, moment, id, start, end):
    period = current(kind, ms(*moment))
    assert (period.id, period.start_ms, period.end_ms) == (id, ms(*start), ms(*end))


@pytest.mark.parametrize(
    ("id", "words"),
    [
        ("day:2026-11-03", "3 Nov 2026"),
        ("week:2026-W05", "Week 5, 2026"),
        ("month:2026-02", "February 2026"),
        ("all", "all time"),
    ],
)
def test_a_period_has_a_name_for_people(id, words):
    assert in_words(id) == words


def test_all_time_has_no_end():
    assert current("all", ms(2026, 1, 1)).end_ms is None


def test_there_is_no_other_kind():
    with pytest.raises(KeyError):
        current("year", 0)


def test_every_current_period_holds_the_moment():
    now = ms(2026, 11, 24, 12)
    assert all(period.start_ms <= now < (period.end_ms or now + 1) for period in all_current(now))
