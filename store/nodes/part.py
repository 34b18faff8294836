"""A command as it goes to one node of a cluster, and what becomes of it after the reply."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import redis
from redis.exceptions import AskError, ClusterDownError, MovedError, ReadOnlyError, TryAgainError

from store.address import Host
from store.nodes.slot_map import SlotMap
from store.nodes.slots import Args, Target

#: A command is tried this often where a node is gone. A slot on the move is waited for until the time limit.
TRIES_MAX = 2

_TIMEOUTS = (redis.TimeoutError, TimeoutError)
_GONE = (redis.ConnectionError, OSError, ClusterDownError, ReadOnlyError)


@dataclasses.dataclass(slots=True)
class Part:
    """A command for one node: where it goes, and what came back. `host` is set where it must go to that very node."""

    target: Target
    args: Args
    options: dict[str, Any]
    host: Host | None = None
    asking: Host | None = None
    #: The part that a WAIT is for.
    follows: "Part | None" = None
    tries: int = 0
    reply: Any = None


def verdicts_of(parts: Sequence[Part], slots: SlotMap) -> list[tuple[Part, str | None]]:
    """Whether each part is sent again: "now", after a "pause", as its slot "moved", or with a new "map"; None: no."""
    verdicts = {id(part): _verdict(part, slots) for part in parts}
    for part in parts:
        if part.follows is not None and verdicts.get(id(part.follows)):  # It waited for what was not done.
            verdicts[id(part)], part.asking = "now", part.follows.asking
    return [(part, verdicts[id(part)]) for part in parts]


def _verdict(part: Part, slots: SlotMap) -> str | None:
    error = part.reply
    if isinstance(error, MovedError):  # Before AskError, of which it is a kind.
        slots.moved(error.slot_id, error.host, error.port)
        return "moved"
    if isinstance(error, AskError):
        part.asking = (error.host, error.port)
        return "now"
    if isinstance(error, TryAgainError):
        return "pause"
    if isinstance(error, _TIMEOUTS):
        # It may have been done, so it is not sent again. Perhaps another node has the slot by now.
        if slots.is_old:
            slots.start()
        return None
    return "map" if isinstance(error, _GONE) and part.host is None and part.tries < TRIES_MAX else None
