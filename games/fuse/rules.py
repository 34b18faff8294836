"""The rules of Fuse as pure functions.

16 cells in reading order, 0 for an empty one. A move slides every tile as far as it goes; equal
neighbours fuse once, first those nearest the wall, and score the value they become. After a move that
changed something a 2 (nine in ten) or a 4 appears on an empty cell.
"""

import functools
import hashlib
import random
from typing import Any

import msgspec

INPUTS: tuple[str, ...] = ("left", "right", "up", "down")
SIDE = 4

_ROWS = [tuple(range(SIDE * row, SIDE * row + SIDE)) for row in range(SIDE)]
_COLUMNS = [tuple(range(column, SIDE * SIDE, SIDE)) for column in range(SIDE)]
# The cells of each line, from the wall that tiles slide towards.
LINES = {
    "left": _ROWS,
    "right": [line[::-1] for line in _ROWS],
    "up": _COLUMNS,
    "down": [line[::-1] for line in _COLUMNS],
}


class State(msgspec.Struct, frozen=True):
    """`step` counts the moves that changed something; `spawn` is the cell of the newest tile."""

    seed: str
    cells: tuple[int, ...]
    points: int = 0
    step: int = 0
    spawn: int = -1


def new(seed: str) -> State:
    """Two tiles on an empty board."""
    cells, _ = _spawned(seed, 0, (0,) * (SIDE * SIDE))
    cells, spawn = _spawned(seed, 1, cells)
    return State(seed, cells, step=1, spawn=spawn)


def apply(state: State, input: str) -> State:
    """Slide, then let a tile appear; the same object when nothing can slide that way."""
    cells, gained = slide(state.cells, input)
    if cells == state.cells:
        return state
    cells, spawn = _spawned(state.seed, state.step + 1, cells)
    return State(state.seed, cells, state.points + gained, state.step + 1, spawn)


def slide(cells: tuple[int, ...], input: str) -> tuple[tuple[int, ...], int]:
    """The cells after sliding, before a tile appears, and the points gained."""
    after, gained = list(cells), 0
    for line in LINES[input]:
        values, points = fuse(tuple(cells[cell] for cell in line), SIDE)
        gained += points
        for cell, value in zip(line, values, strict=True):
            after[cell] = value
    return tuple(after), gained


@functools.lru_cache(maxsize=65536)
def fuse(line: tuple[int, ...], length: int) -> tuple[tuple[int, ...], int]:
    """The values of a line after sliding to its beginning, filled up to its length, and the points gained."""
    fused: list[int] = []
    gained, open_to_fuse = 0, False
    for value in filter(None, line):
        if open_to_fuse and fused[-1] == value:
            fused[-1] = 2 * value
            gained += 2 * value
            open_to_fuse = False
        else:
            fused.append(value)
            open_to_fuse = True
    return (*fused, *(0,) * (length - len(fused))), gained


def _spawned(seed: str, step: int, cells: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
    # A keyed hash, not a generator: what a player sees of its output says nothing about the next one.
    digest = hashlib.blake2b(step.to_bytes(8, "big"), key=seed.encode(), digest_size=16).digest()
    empty = [cell for cell, value in enumerate(cells) if not value]
    spawn = empty[int.from_bytes(digest[:8], "big") % len(empty)]
    value = 4 if int.from_bytes(digest[8:], "big") % 10 == 0 else 2
    return cells[:spawn] + (value,) + cells[spawn + 1 :], spawn


def points(state: State) -> int:
    return state.points


def over(state: State) -> bool:
    return all(slide(state.cells, input)[0] == state.cells for input in INPUTS)


def view(state: State) -> dict[str, Any]:
    return {"cells": list(state.cells), "spawn": state.spawn, "best_tile": max(state.cells)}


def dump(state: State) -> str:
    return msgspec.json.encode(state).decode()


def load(text: str) -> State:
    return _decoder.decode(text)


_decoder = msgspec.json.Decoder(State)


def suggest(view: dict[str, Any], skill: float, rng: random.Random) -> str:
    """Random among the possible moves, or with luck of `skill` the one that fuses most and keeps to a corner."""
    cells = tuple(view["cells"])
    moves = {input: slide(cells, input) for input in INPUTS}
    possible = [input for input in INPUTS if moves[input][0] != cells] or list(INPUTS)
    if rng.random() >= skill:
        return rng.choice(possible)
    corner = {"left": 3, "down": 2, "right": 1, "up": 0}
    return max(possible, key=lambda input: (_promise(moves[input][0]) + moves[input][1], corner[input]))


def _promise(cells: tuple[int, ...]) -> int:
    largest = max(cells)
    return 16 * cells.count(0) + (2 * largest if cells[12] == largest else 0)
