"""Numbers and moments in words, for templates; the browser's scripts make them relative and local."""

from datetime import UTC, datetime

from django import template

register = template.Library()


@register.filter
def thousands(value: object) -> str:
    """`12345` → `12,345`; anything that is no number stays as it is."""
    return f"{value:,}" if isinstance(value, int) else str(value)


@register.filter
def utc_minute(ms: object) -> str:
    """UTC milliseconds → `2026-11-24 09:30 UTC`."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M} UTC" if isinstance(ms, int) else ""
