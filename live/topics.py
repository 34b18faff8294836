"""Topics: states that browsers watch. Each is read as a snapshot and sent as diffs.

The apps declare theirs in their own `topics.py` with `@kind("board")`.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from live.errors import UnknownTopic
from live.protocol import Diff, Lines, Message, Snapshot

State = dict[str, Any]


class Topic:
    """A watched state. `snapshot` gives a flat dict of JSON values; the hub does everything else."""

    #: A mark of this subject causes the topic to be read again.
    subject: str
    #: At most one frame in this time, however often the state changes.
    interval_ms = 100
    #: Read again after this long without a mark, in case a mark was lost or the state changes with time.
    refresh_s = 15.0
    #: Whether the delay of its frames is measured as the time from score to screen.
    shows_scores = False
    #: Reads the personal parts of the watchers, for all topics of a kind at once; see `live.personal`.
    personal: "PersonalReader | None" = None

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

    def whole(self, version: int, state: State, after: str) -> Message:
        """The message with the whole state; `after` is for topics of events."""
        return Snapshot(self.name, version, state)

    def change(self, version: int, old: State, new: State) -> Message | None:
        """The message that turns the old state into the new one; None when they are the same."""
        changed, dropped = diff(old, new)
        return Diff(self.name, version, changed, dropped) if changed or dropped else None

    def news(self, before: Message | None, now: Message) -> Message | None:
        """The message for a watcher whose personal part was `before` (None: none yet) and is `now`, or None."""
        return None if now == before else now


class EventTopic(Topic):
    """A list of events. `snapshot` gives `{id: event}`, oldest first. Ids are unique and sort by arrival."""

    def whole(self, version: int, state: State, after: str) -> Message:
        known = after in state
        ids = list(state)
        missed = ids[ids.index(after) + 1 :] if known else ids
        return Lines(self.name, version, [line(id, state[id]) for id in missed], order=ids)

    def change(self, version: int, old: State, new: State) -> Message | None:
        # An event that changed in place, such as a board's new title, comes again under its id.
        changed, dropped = diff(old, new)
        lines = [line(id, event) for id, event in new.items() if id in changed]
        return Lines(self.name, version, lines, drop=dropped) if lines or dropped else None


def line(id: str, event: dict[str, Any]) -> dict[str, Any]:
    """An event as `lines` carries it."""
    return {"id": id, **event}


#: Takes topics with their watching players. Returns the messages, by topic name and player id; absent: no message.
PersonalReader = Callable[[Sequence[tuple[Any, Sequence[Any]]]], Awaitable[dict[tuple[str, int], Message]]]

_kinds: dict[str, Callable[[str, str], Topic]] = {}


def kind(name: str) -> Callable[[Callable[[str, str], Topic]], Callable[[str, str], Topic]]:
    """Declare a kind of topic. The decorated callable gets a topic's full name and the part after the colon."""

    def declare(make: Callable[[str, str], Topic]) -> Callable[[str, str], Topic]:
        _kinds[name] = make
        return make

    return declare


def kinds() -> dict[str, Callable[[str, str], Topic]]:
    """The callable of each declared kind. Its docstring describes the topic's name and state."""
    return dict(_kinds)


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
    """The state after a diff. Browsers do the same; this is for tests and other clients."""
    return {key: value for key, value in {**old, **changed}.items() if key not in dropped}


def apply_lines(old: State, message: Lines) -> State:
    """The events after a `lines` message, oldest first."""
    known = old | {each["id"]: {name: value for name, value in each.items() if name != "id"} for each in message.lines}
    if message.order is not None:
        return {id: known[id] for id in message.order}
    return {id: event for id, event in known.items() if id not in message.drop}
