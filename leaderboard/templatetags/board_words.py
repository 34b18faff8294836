"""Template filters that format numbers and times; in the browser, scripts make times relative and local."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from django import template

from leaderboard import words

register = template.Library()


@register.filter
def thousands(value: object) -> str:
    """`12345` → `12,345`; any other value stays as it is."""
    return f"{value:,}" if isinstance(value, int) else str(value)


@register.filter
def points(value: object, board: Any) -> str:
    """Points in the board's format, without the unit. Empty when there are none; `12,345` when there is no board."""
    if not isinstance(value, int):
        return ""
    return words.result(value, board) if hasattr(board, "format") else f"{value:,}"


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
    """UTC milliseconds → `2026-11-24 09:30 UTC`."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M} UTC" if isinstance(ms, int) else ""
