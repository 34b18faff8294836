"""The rules of Lights as pure functions: 5 × 5 lights, and pressing one turns it and its neighbours. All off wins.

Lights and presses are masks of 25 bits; bit n is the cell in row n // 5, column n % 5.
"""

import functools
import hashlib
import random
from typing import Any

import msgspec

SIDE = 5
CELLS = SIDE * SIDE
INPUTS: tuple[str, ...] = tuple(f"{column}{row}" for row in range(1, SIDE + 1) for column in "abcde")
#: A puzzle needs at least so many presses.
PAR_MIN = 6


def _turned(cell: int) -> int:
    """What a press on a cell turns."""
    row, column = divmod(cell, SIDE)
    near = [(row, column), (row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)]
    return sum(1 << (SIDE * y + x) for y, x in near if 0 <= y < SIDE and 0 <= x < SIDE)


TURNS = tuple(_turned(cell) for cell in range(CELLS))
#: Presses that together turn nothing: each puzzle has four ways to be solved, of which one is the shortest.
QUIET = (0, 0b10101_10101_00000_10101_10101, 0b11011_00000_11011_00000_11011, 0b01110_10101_11011_10101_01110)


class State(msgspec.Struct, frozen=True, array_like=True):
    """`lit` is a mask of the lights that are on; `par` is the fewest presses that the puzzle can be solved with."""

    lit: int
    par: int
    presses: int = 0


def new(seed: str) -> State:
    """A puzzle that can be solved, and not too soon."""
    for number in range(1_000):
        digest = hashlib.blake2b(f"lights {number}".encode(), key=seed.encode()[:64], digest_size=8).digest()
        pressed = int.from_bytes(digest, "big") >> (64 - CELLS)
        if (par := shortest(pressed).bit_count()) >= PAR_MIN:
            return State(after(0, pressed), par)
    raise AssertionError("one of a thousand puzzles is long enough")


def after(lit: int, pressed: int) -> int:
    """The lights after all of these presses; their order does not matter."""
    for cell in range(CELLS):
        if pressed >> cell & 1:
            lit ^= TURNS[cell]
    return lit


def shortest(pressed: int) -> int:
    """The fewest presses that turn the same lights as these."""
    return min((pressed ^ quiet for quiet in QUIET), key=int.bit_count)


def apply(state: State, input: str) -> State:
    if over(state):
        return state
    return msgspec.structs.replace(state, lit=state.lit ^ TURNS[INPUTS.index(input)], presses=state.presses + 1)


def points(state: State) -> int:
    return state.presses


def progress(state: State) -> int:
    return state.lit.bit_count()


def over(state: State) -> bool:
    return state.lit == 0


def view(state: State) -> dict[str, Any]:
    """`lit` has a 1 for each light that is on; `at_par` is 1 after a solution with the fewest presses."""
    return {
        "lit": [state.lit >> cell & 1 for cell in range(CELLS)],
        "par": state.par,
        "presses": state.presses,
        "at_par": int(over(state) and state.presses == state.par),
    }


def dump(state: State) -> str:
    return msgspec.json.encode(state).decode()


def load(text: str) -> State:
    return _decoder.decode(text)


_decoder = msgspec.json.Decoder(State)


def solved(lit: int) -> int:
    """The fewest presses that turn these lights off, as a mask; 0 when nothing does."""
    pressed = 0
    for row, cell, presses in _eliminated():
        if lit >> cell & 1:
            lit, pressed = lit ^ row, pressed ^ presses
    return shortest(pressed) if not lit else 0


@functools.cache
def _eliminated() -> list[tuple[int, int, int]]:
    """Combinations of presses in echelon form: what each turns, the first cell that only it turns, the presses."""
    rows: list[tuple[int, int, int]] = []
    for cell in range(CELLS):
        turned, presses = TURNS[cell], 1 << cell
        for row, first, combined in rows:
            if turned >> first & 1:
                turned, presses = turned ^ row, presses ^ combined
        if not turned:
            continue
        lead = turned.bit_length() - 1
        rows = [
            (row ^ turned, first, combined ^ presses) if row >> lead & 1 else (row, first, combined)
            for row, first, combined in rows
        ]
        rows.append((turned, lead, presses))
    return rows


def suggest(view: dict[str, Any], skill: float, rng: random.Random) -> str:
    """Mostly a press of the shortest solution, the surer the more skill, else any: it ends with every skill."""
    wanted = solved(sum(on << cell for cell, on in enumerate(view["lit"])))
    cells = [cell for cell in range(CELLS) if wanted >> cell & 1]
    return INPUTS[cells[0]] if cells and rng.random() < 0.75 + 0.25 * skill else rng.choice(INPUTS)
