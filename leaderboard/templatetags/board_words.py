"""Numbers and moments in words, for templates; the browser's scripts make them relative and local."""

from datetime import UTC, datetime
from urllib.parse import quote

from django import template

register = template.Library()


@register.filter
def thousands(value: object) -> str:
    """`12345` → `12,345`; anything that is no number stays as it is."""
    return f"{value:,}" if isinstance(value, int) else str(value)


@register.filter
def points(value: object, board: object) -> str:
    """Points as their board writes them: `12,345`, or milliseconds as `1:05.250`. Empty for no points."""
    if not isinstance(value, int):
        return ""
    if getattr(board, "format", "points") != "time":
        return f"{value:,}"
    minutes, ms = divmod(value, 60_000)
    return f"{minutes}:{ms // 1000:02}.{ms % 1000:03}"


@register.filter
def profile_url(name: object) -> str:
    """The address of the player of this name."""
    return f"/players/{quote(str(name), safe='')}/"


@register.filter
def utc_minute(ms: object) -> str:
    """UTC milliseconds → `2026-11-24 09:30 UTC`."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M} UTC" if isinstance(ms, int) else ""
