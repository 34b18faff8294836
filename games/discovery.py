"""Which games there are: every folder here with a `rules.py`. Free of Django, since settings ask too."""

from pathlib import Path


def game_folders(root: Path) -> list[Path]:
    """The folders of the games, by name."""
    return sorted(path.parent for path in root.glob("*/rules.py"))
