"""The rules of Tug: a rope between two, pulled one step at a time."""

import json
from typing import NamedTuple

from games.rooms.game import SeatResult

TICK_MS = 50
LENGTH_TICKS = 30_000 // TICK_MS
INPUTS = ("pull",)
AHEAD = 10


class State(NamedTuple):
    """How often each has pulled, and who gave up."""

    tick: int
    pulls: tuple[int, ...]
    gone: tuple[int, ...] = ()


def new(seed, seats):
    return State(0, (0,) * seats)


def step(state, inputs):
    if result(state):
        return idle(state, 1)
    pulled = {seat for seat, _ in inputs}
    return State(state.tick + 1, tuple(count + (seat in pulled) for seat, count in enumerate(state.pulls)), state.gone)


def idle(state, ticks):
    return state._replace(tick=state.tick + ticks)


def due(state):
    return None if result(state) else LENGTH_TICKS


def tick(state):
    return state.tick


def forfeit(state, seats):
    return state if result(state) else state._replace(tick=state.tick + 1, gone=(*state.gone, *seats))


def points(state):
    return list(state.pulls)


def view(state):
    return {"tick": state.tick, "length": LENGTH_TICKS, "pulls": list(state.pulls)}


def small(state):
    return view(state)


def delta(before, after):
    return list(after.pulls)


def result(state):
    standing = [(seat not in state.gone, count) for seat, count in enumerate(state.pulls)]
    if not state.gone and state.tick < LENGTH_TICKS and max(state.pulls) - min(state.pulls) < AHEAD:
        return None
    return [SeatResult(1 + sum(other > own for other in standing), own[1], {"pulls": own[1]}) for own in standing]


def dump(state):
    return json.dumps(state)


def load(text):
    ticks, pulls, gone = json.loads(text)
    return State(ticks, tuple(pulls), tuple(gone))


def bot(view, seat, skill, rng):
    return "pull" if rng.random() < skill else ""
