"""The flags that features of ours stand behind."""

from typing import Any

# Name, description, whether it is on for everyone at first.
SHIPPED = [
    ("replays", "Watching kept runs: the replay page and the links that lead to it.", True),
    ("quarantine", "Runs that look played by a program are hidden until a moderator decides.", False),
]

SHIPPED_NAMES = {slug for slug, _, _ in SHIPPED}


def ensure(**_: Any) -> None:
    """Have every shipped flag, on for everybody at first; one that an operator changed is left as it is."""
    from flags.models import Flag

    for slug, description, is_on in SHIPPED:
        state = Flag.State.EVERYONE if is_on else Flag.State.OFF
        Flag.objects.get_or_create(slug=slug, defaults={"description": description, "state": state})
