"""The rules of Sprint. The time is counted in presses, so that equal runs take equal time."""

import json
import random
from typing import Any, NamedTuple

INPUTS = ("1", "2", "3", "4", "5", "6")
PRESS_MS, MISTAKE_MS = 1_250, 2_000


class State(NamedTuple):
    """Where the numbers lie, which is next, and the time so far."""

    numbers: tuple[int, ...]
    next: int
    ms: int
    mistakes: int


def new(seed: str) -> State:
    numbers = list(range(1, 7))
    random.Random(seed).shuffle(numbers)
    return State(tuple(numbers), 1, 0, 0)


def apply(state: State, input: str) -> State:
    pressed = int(input)
    if over(state) or pressed < state.next:
        return state
    if pressed > state.next:
        return state._replace(ms=state.ms + MISTAKE_MS, mistakes=state.mistakes + 1)
    return state._replace(ms=state.ms + PRESS_MS, next=state.next + 1)


def points(state: State) -> int:
    return state.ms


def over(state: State) -> bool:
    return state.next > len(state.numbers)


def view(state: State) -> dict[str, Any]:
    return {"numbers": list(state.numbers), "next": state.next, "clean": int(over(state) and not state.mistakes)}


def dump(state: State) -> str:
    return json.dumps(state)


def load(text: str) -> State:
    numbers, *rest = json.loads(text)
    return State(tuple(numbers), *rest)


def suggest(view: dict[str, Any], skill: float, rng: random.Random) -> str:
    return str(view["next"]) if rng.random() < skill else rng.choice(INPUTS)
