"""Rows of a table as CSV, streamed, with an audit row that says who took them and why."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import Model, QuerySet

from audit.trail import record

READ_AT_ONCE = 2_000


def safe(value: object) -> object:
    """Text that no spreadsheet takes for a formula: a quote goes before =, +, -, @, tab and carriage return."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def line(cells: Sequence[object]) -> str:
    """One line of CSV. Texts that people typed must be `safe`."""
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


async def lines(
    rows: QuerySet[Any], fields: Sequence[str], *, reason: str, by: Model | None, where: str = ""
) -> AsyncIterator[str]:
    """A header and a line for each row, in the order of their keys; memory stays at 2,000 rows.

    Audited before the first line; `where` says in words which rows were chosen.
    """
    target = rows.model._meta.model_name
    after = {"fields": list(fields)} | ({"where": where} if where else {})
    await sync_to_async(record)("export_csv", target, "list", by=by, reason=reason, after=after)
    yield line([name.replace("__", "_") for name in fields])
    ordered, last = rows.order_by("pk").values_list("pk", *fields), None
    while True:
        further = ordered if last is None else ordered.filter(pk__gt=last)
        page = [row async for row in further[:READ_AT_ONCE]]
        for last, *cells in page:  # noqa: B007 (it is read above)
            yield line([safe(_plain(value)) for value in cells])
        if len(page) < READ_AT_ONCE:
            return


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    return int(value) if isinstance(value, bool) else value
