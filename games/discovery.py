"""Which games there are: every folder here, or below GAMES_DIR, with a `rules.py`. Free of Django: settings ask."""

from pathlib import Path

import games


def look_in(folder: Path) -> None:
    """Take further games from a folder outside of the project."""
    if str(folder) not in games.__path__:
        games.__path__.append(str(folder))


def game_folders(*roots: Path) -> list[Path]:
    """The folders of the games, by name; those below some other folders when they are named."""
    found = [path.parent for root in roots or map(Path, games.__path__) for path in root.glob("*/rules.py")]
    return sorted(found, key=lambda folder: folder.name)
