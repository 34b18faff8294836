"""The flags and experiments that the site's own code uses."""

from typing import Any

# Name, description, whether it is on for everyone at first.
SHIPPED = [
    ("replays", "Watching kept runs: the replay page and the links that lead to it.", True),
    ("quarantine", "Runs that look played by a program are hidden until a moderator decides.", False),
]

# Name and description; not running until an operator starts it.
EXPERIMENTS = [("hint-first", "Arm b shows how a game is played above it, not below.")]

SHIPPED_NAMES = {slug for slug, _, _ in SHIPPED}


def ensure(**_: Any) -> None:
    """Create the shipped flags and experiments that are missing. Existing ones stay as they are."""
    from flags.models import Experiment, Flag

    for slug, description in EXPERIMENTS:
        Experiment.objects.get_or_create(slug=slug, defaults={"description": description})

    for slug, description, is_on in SHIPPED:
        state = Flag.State.EVERYONE if is_on else Flag.State.OFF
        Flag.objects.get_or_create(slug=slug, defaults={"description": description, "state": state})
