"""Which games there are: every folder here, or below GAMES_DIR, with a `rules.py`. Free of Django: settings ask."""

from pathlib import Path

import games


def look_in(folder: Path) -> None:
    """Take further games from a folder outside of the project."""
    if str(folder) not in games.__path__:
        games.__path__.append(str(folder))


def room_folders() -> list[Path]:
    """The folders of the room games, by name: with a `room_rules.py`, beside solo games or inside one."""
    patterns = ("*/room_rules.py", "*/*/room_rules.py")
    found = [path.parent for root in games.__path__ for each in patterns for path in Path(root).glob(each)]
    return sorted(found, key=lambda folder: folder.name)


def game_folders(*roots: Path) -> list[Path]:
    """The folders of the games, by name; those below some other folders when they are named."""
    found = [path.parent for root in roots or map(Path, games.__path__) for path in root.glob("*/rules.py")]
    return sorted(found, key=lambda folder: folder.name)
