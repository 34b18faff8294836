"""Rows of a table as CSV, streamed, with an audit row that says who took them and why.

UTF-8 with commas and without a byte-order mark, which programs would take for a part of the first header. In Excel,
open the file with Data, From Text/CSV and the encoding 65001.
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


#: Invisible characters: control and format characters, and spaces.
_UNSEEN = "".join(chr(code) for code in range(0x10000) if unicodedata.category(chr(code)) in ("Cc", "Cf", "Zs"))
#: The start of a formula: `=` and the like, also in full width, after any quotes or invisible characters. It may be at
#: the start of the text, or after a semicolon, tab or line end, where some spreadsheets end a cell even in quotes.
_FORMULA = re.compile(f"(^|[;\\t\\r\\n])([\\s{re.escape(_UNSEEN)}'\"]*)([-=+@\uff1d\uff0b\uff0d\uff20])")


def safe(value: object) -> object:
    """A value that no spreadsheet reads as a formula: an apostrophe is put before anything that would start one.

    Objects and lists become JSON, and remain valid JSON.
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
    """Yield a header and a line for each row, ordered by primary key, with at most 2,000 rows in memory.

    The audit entry is written before the first line. `where` describes which rows were chosen.
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
