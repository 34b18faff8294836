"""Template filters for numbers and times, as the language in use writes them; scripts make times relative and local."""

from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext

from leaderboard import words
from leaderboard.periods import in_words

register = template.Library()


@register.filter
def thousands(value: object) -> str:
    """`12345` → `12,345`; any other value stays as it is."""
    return words.number(value) if isinstance(value, int) else str(value)


@register.filter
def points(value: object, board: Any) -> str:
    """Points in the board's format, without the unit. Empty when there are none; `12,345` when there is no board."""
    if not isinstance(value, int):
        return ""
    return words.result(value, board) if hasattr(board, "format") else words.number(value)


@register.filter
def gap(value: object, board: Any) -> str:
    """How far two results are apart, in the board's format."""
    return words.gap(value, board) if isinstance(value, int) else ""


@register.filter
def with_unit(value: int, board: words.Written) -> str:
    """Points in the board's format, with the unit if they need one."""
    return words.with_unit(value, board)


@register.filter
def profile_url(name: object) -> str:
    """The URL of the profile page of the player with this name."""
    return f"/players/{quote(str(name), safe='')}/"


@register.filter
def utc_minute(ms: object) -> str:
    """UTC milliseconds → `24 Nov 2026, 09:30 UTC`."""
    return date_format(datetime.fromtimestamp(ms / 1000, UTC), "DATETIME_FORMAT") if isinstance(ms, int) else ""


@register.filter
def moment(at: object) -> str:
    """A time → `24 Nov 2026, 09:30 UTC`; a script shows it in the reader's own time zone."""
    if not isinstance(at, datetime):
        return ""
    words = date_format(at, "DATETIME_FORMAT")
    return format_html('<local-time at-ms="{}">{}</local-time>', int(at.timestamp() * 1000), words)


@register.filter
def day(at: object) -> str:
    """A date, or the UTC day of a time → `24 Nov 2026`."""
    return date_format(at) if isinstance(at, date) else ""


@register.filter
def period(period_id: str) -> str:
    """The id of a period → `Week 47, 2026`."""
    return in_words(period_id)


@register.filter
def in_language(text: object) -> str:
    """A word that the code has in English and marked, such as a board's unit, in the language in use."""
    return gettext(str(text)) if text else ""
