"""The four periods of a board. All of them turn over at 00:00 UTC; weeks begin on Monday."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy

DAY_MS = 24 * 60 * 60 * 1000
KINDS = ("day", "week", "month", "all")
TITLES = {
    "day": gettext_lazy("Today"),
    "week": gettext_lazy("This week"),
    "month": gettext_lazy("This month"),
    "all": gettext_lazy("All time"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """A span of time on a board, from `start_ms` up to, but not including, `end_ms` (None: no end)."""

    kind: str
    id: str
    start_ms: int
    end_ms: int | None


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def current(kind: str, now_ms: int) -> Period:
    """The period of a kind (`day`, `week`, `month`, `all`) that holds this moment.

    Raises:
        KeyError: no such kind.
    """
    return _of_day(kind, now_ms // DAY_MS)


@functools.lru_cache(maxsize=512)
def _of_day(kind: str, days: int) -> Period:
    day = datetime.fromtimestamp(days * DAY_MS / 1000, UTC)
    if kind == "day":
        return Period(kind, f"day:{day:%Y-%m-%d}", _ms(day), _ms(day + timedelta(days=1)))
    if kind == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(kind, f"week:{monday:%G-W%V}", _ms(monday), _ms(monday + timedelta(days=7)))
    if kind == "month":
        first = day.replace(day=1)
        after = (first + timedelta(days=32)).replace(day=1)
        return Period(kind, f"month:{first:%Y-%m}", _ms(first), _ms(after))
    if kind == "all":
        return Period(kind, "all", 0, None)
    raise KeyError(kind)


def find(period_id: str) -> Period:
    """The period with this id.

    Raises:
        ValueError: no period has it.
    """
    kind, _, name = period_id.partition(":")
    if kind == "day":
        start = date.fromisoformat(name)
    elif kind == "week":
        year, _, week = name.partition("-W")
        start = date.fromisocalendar(int(year), int(week), 1)
    elif kind == "month":
        start = date.fromisoformat(f"{name}-01")
    elif period_id == "all":
        return current("all", 0)
    else:
        raise ValueError(period_id)
    return current(kind, _ms(datetime(start.year, start.month, start.day, tzinfo=UTC)))


def all_current(now_ms: int) -> Sequence[Period]:
    """The four periods that hold this moment, in the order of `KINDS`."""
    return [current(kind, now_ms) for kind in KINDS]


def in_words(period_id: str) -> str:
    """A period's id for people: `23 Nov 2026`, `Week 47, 2026`, `November 2026`, `all time`.

    An archive from before a reset is called `<period id>~<number of the reset>`.
    """
    period_id, _, reset = period_id.partition("~")
    if reset:
        return gettext("{period}, before reset {count}").format(period=in_words(period_id), count=reset)
    kind, _, name = period_id.partition(":")
    if kind == "day":
        return date_format(date.fromisoformat(name))
    if kind == "week":
        year, _, week = name.partition("-W")
        return gettext("Week {week}, {year}").format(week=int(week), year=year)
    if kind == "month":
        return date_format(date.fromisoformat(f"{name}-01"), "YEAR_MONTH_FORMAT")
    return gettext("all time")
