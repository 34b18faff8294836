"""Which server wrote the files of a data folder, and whether another one can read them.

This is checked because an older server reports no error for the files of a newer one: it starts empty and
overwrites them.
"""

import contextlib
import functools
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

#: The file that names the server that last wrote to a folder.
NOTE = "written_by"
#: For each server: from which version on it reads which RDB version. From the release notes.
_READS = {
    "Redis": [((6, 2), 9), ((7, 0), 10), ((7, 2), 11), ((7, 4), 12), ((8, 4), 13)],
    "Valkey": [((7, 2), 11), ((9, 0), 80)],
}
_NOT_KNOWN = 9_999
_RDB = re.compile(rb"REDIS(\d{4})")


class Made(NamedTuple):
    """A server: `Redis` or `Valkey`, and its version."""

    name: str
    version: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.name} {'.'.join(map(str, self.version))}"

    @property
    def rdb_max(self) -> int:
        """The newest RDB version that it reads."""
        known = [rdb for first, rdb in _READS[self.name] if self.version >= first]
        # The last version in the list, and any newer one, may read formats that we do not know.
        return _NOT_KNOWN if len(known) == len(_READS[self.name]) else known[-1] if known else 0


@functools.cache
def made_by(binary: Path) -> Made | None:
    """The name and version that a server's binary reports. None when it does not run."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        text = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=10).stdout
        if found := re.search(r"v=(\d+)\.(\d+)\.(\d+)", text):
            return Made("Valkey" if text.startswith("Valkey") else "Redis", tuple(map(int, found.groups())))
    return None


def parse(text: str) -> Made | None:
    """A server by its name and version, such as `Redis 7.0.15`; None for any other text."""
    found = re.fullmatch(r"(Redis|Valkey) (\d+)\.(\d+)(?:\.(\d+))?", text.strip())
    return Made(found[1], tuple(int(part) for part in found.groups()[1:] if part)) if found else None


def note(folder: Path, made: Made | None) -> None:
    """Record in a folder which server writes to it from now on."""
    (folder / NOTE).write_text(f"{made}\n")


def unreadable(folder: Path, made: Made) -> str:
    """Why a server cannot read what is in a folder, in one line that names both versions; empty when it can."""
    files = _files(folder)
    if not files:
        return ""
    with contextlib.suppress(OSError):
        before = parse((folder / NOTE).read_text())
        if before and not reads(made, before):
            return _words(folder, str(before), made)
    newest = max(rdb_version(path) for path in files)
    if newest > made.rdb_max:
        return _words(folder, f"a newer server, RDB version {newest}", made)
    if made.name == "Redis" and made.version < (7,) and (folder / "appendonlydir").is_dir():
        return _words(folder, "Redis 7.0 or newer", made)
    return ""


def reads(made: Made, before: Made) -> bool:
    """Whether a server reads what another one wrote."""
    if made.name == before.name:
        return made.version[:2] >= before.version[:2]
    # Each reads the other's data up to Redis 7.2 and Valkey 8; newer formats differ.
    return before.version[:2] <= ((7, 2) if before.name == "Redis" else (8, 9))


def _words(folder: Path, before: str, made: Made) -> str:
    return (
        f"the data in {folder} was written by {before}, and the server found here is {made}, which cannot read it. "
        f"Install a newer one, or restore a backup."
    )


def _files(folder: Path) -> list[Path]:
    return [*folder.glob("*.rdb"), *folder.glob("appendonly.aof"), *folder.glob("appendonlydir/*")]


def rdb_version(path: Path) -> int:
    """The RDB version at the beginning of a file; 0 when there is none."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        if found := _RDB.match(file.read(9)):
            return int(found[1])
    return 0
