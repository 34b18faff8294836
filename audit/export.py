"""Rows of a table as CSV, streamed, with an audit row that says who took them and why.

UTF-8 with commas, and no byte-order mark, which programs would take for a part of the first header. Excel is told so
when it opens the file: Data, From Text/CSV, 65001.
"""

import csv
import io
import json
import re
import unicodedata
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import Model, QuerySet

from audit.trail import record

READ_AT_ONCE = 2_000


#: What nobody sees: control and format characters, and spaces.
_UNSEEN = "".join(chr(code) for code in range(0x10000) if unicodedata.category(chr(code)) in ("Cc", "Cf", "Zs"))
#: What spreadsheets begin a formula with, in full width, too; what may stand unseen before it; and where some of them
#: take a cell to end, quotes or not, by their language: the semicolon, the tab and the line's end.
_FORMULA = re.compile(f"(^|[;\\t\\r\\n])([\\s{re.escape(_UNSEEN)}'\"]*)([-=+@\uff1d\uff0b\uff0d\uff20])")


def safe(value: object) -> object:
    """A value of which no spreadsheet makes a formula: an apostrophe goes before what would begin one.

    Objects and lists become JSON, and stay JSON.
    """
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
    if not isinstance(text, str):
        return text
    text = _FORMULA.sub(lambda found: f"{found[1]}'{found[2]}{found[3]}", text)
    return f"'{text}" if text[:1] in ("\t", "\r", "\n") else text


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
