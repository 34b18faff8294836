"""What a topic is: a state that browsers watch, read as a snapshot and sent on as diffs.

The apps declare theirs in their own `topics.py` with `@kind("board")`.
"""

from collections.abc import Callable
from typing import Any

from live.errors import UnknownTopic

State = dict[str, Any]


class Topic:
    """A watched state. `snapshot` gives a flat dict of JSON values; the hub does everything else."""

    #: What a mark must say for this topic to be read again.
    subject: str
    #: At most one frame in this time, however often the state changes.
    interval_ms = 100
    #: Read again after this long without a mark: heals lost marks and lets time itself change the state.
    refresh_s = 15.0

    def __init__(self, name: str, subject: str) -> None:
        self.name = name
        self.subject = subject

    def allows(self, player: Any) -> bool:
        """Whether this player (None: not signed in) may watch."""
        return True

    async def snapshot(self) -> State:
        """The state now, in one read.

        Raises:
            StoreUnavailable: no answer from Redis; the hub keeps the last state and tries again.
        """
        raise NotImplementedError


_kinds: dict[str, Callable[[str, str], Topic]] = {}


def kind(name: str) -> Callable[[Callable[[str, str], Topic]], Callable[[str, str], Topic]]:
    """Declare how topics whose name starts with `name` are made from the full name and what follows the colon."""

    def declare(make: Callable[[str, str], Topic]) -> Callable[[str, str], Topic]:
        _kinds[name] = make
        return make

    return declare


def find(name: str) -> Topic:
    """The topic of this name.

    Raises:
        UnknownTopic: no app declared it.
    """
    head, _, rest = name.partition(":")
    make = _kinds.get(head)
    if make is None:
        raise UnknownTopic
    return make(name, rest)


def diff(old: State, new: State) -> tuple[State, list[str]]:
    """The keys to set and the keys to drop that turn `old` into `new`."""
    missing = object()
    changed = {key: value for key, value in new.items() if old.get(key, missing) != value}
    return changed, [key for key in old if key not in new]


def apply(old: State, changed: State, dropped: list[str]) -> State:
    """The state after a diff; what browsers do, kept here for the tests and other clients."""
    return {key: value for key, value in {**old, **changed}.items() if key not in dropped}
