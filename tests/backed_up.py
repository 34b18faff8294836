"""Commands on the data folders of real sites, and what is in them, for tests of backups."""

import subprocess
from pathlib import Path

from gameapp.launch.running import found
from operators.backup import archive
from tests.forks import Forks
from tests.stack import Site, clean_environment

_forks: dict[tuple[str, ...], Forks] = {}


def manage(data: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Run a command on a data folder; those of one folder and environment are forked from one process."""
    running = found(data) is not None
    key = (str(data), str(running), *sorted(map(str, environment.items())))
    if key not in _forks:
        _forks[key] = Forks(clean_environment(DATA_DIR=str(data), **environment))
    return _forks[key].run(*arguments)


def the_archive(data: Path) -> Path:
    [found] = archive.listed(data / "backups")
    return found


def board_of(site: Site) -> list[tuple[str, int]]:
    text = manage(site.data, "operate", "export", "fuse", "--kind", "all", **site.given).stdout
    return [(line.split(",")[1], int(line.split(",")[5])) for line in text.strip().splitlines()[1:]]


def files_of(data: Path) -> dict[str, bytes]:
    kept = [
        path
        for path in data.rglob("*")
        if path.is_file() and "backups" not in path.parts and "static" not in path.parts
    ]
    return {str(path.relative_to(data)): path.read_bytes() for path in kept if path.suffix != ".log"}


def close_forks() -> None:
    """End the processes that commands were forked from."""
    while _forks:
        _forks.popitem()[1].close()
