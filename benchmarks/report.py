"""How a benchmark reports: a readable table, and one JSON line for programs."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import version

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Target:
    """A figure beside its limit."""

    what: str
    value: float
    limit: float
    ok: bool


def machine() -> str:
    return f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def versions(*packages: str) -> dict[str, str]:
    return {"python": platform.python_version(), **{package: version(package) for package in packages}}


def show(name: str, n: int, rows: list[dict], targets: list[Target], packages: tuple[str, ...], as_json: bool) -> None:
    """Print the table; with `as_json` the last line is one JSON object."""
    console = Console(highlight=False)
    console.print(f"[bold]{name}[/]  {machine()}  {versions(*packages)}  N = {n:,}")
    table = Table()
    for column in rows[0]:
        table.add_column(column, justify="left" if column == "case" else "right")
    for row in rows:
        table.add_row(*(f"{value:,.3f}" if isinstance(value, float) else str(value) for value in row.values()))
    console.print(table)
    for target in targets:
        console.print(
            f"{'met   ' if target.ok else 'MISSED'}  {target.what}: {target.value:,.2f} (limit {target.limit:,.2f})"
        )
    if as_json:
        result = {"name": name, "machine": machine(), "versions": versions(*packages), "n": n}
        print(json.dumps(result | {"rows": rows, "targets": [asdict(target) for target in targets]}))
