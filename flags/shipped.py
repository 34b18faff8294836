"""The flags that features of ours stand behind."""

from typing import Any

SHIPPED = {"replays": "Watching kept runs: the replay page and the links that lead to it."}


def ensure(**_: Any) -> None:
    """Have every shipped flag, on for everybody at first; one that an operator changed is left as it is."""
    from flags.models import Flag

    for slug, description in SHIPPED.items():
        Flag.objects.get_or_create(slug=slug, defaults={"description": description, "state": Flag.State.EVERYONE})
