"""The rules of Fuse Duel as pure functions of ticks.

Two players, each on a board of Fuse with the same sequence of new tiles. A tile of 128 or more that somebody fuses
sends the other a stone: it takes an empty cell before their next tile, stays where it is, and crumbles after ten of
their moves. Who is stuck loses at once; at the bell fewer points lose, and equal ones are a draw.
"""

import hashlib
import random
from collections.abc import Sequence
from typing import Any

import msgspec

from games.fuse.rules import LINES, SIDE, fuse
from games.rooms.game import SeatResult

TICK_MS = 20
LENGTH_TICKS = 120_000 // TICK_MS
INPUTS: tuple[str, ...] = ("left", "right", "up", "down")
SENDS_FROM = 128
STONE_MOVES = 10
CELLS = SIDE * SIDE


class Side(msgspec.Struct, frozen=True, array_like=True):
    """One player's board. A cell is a tile's value, 0, or below zero a stone: how many moves until it crumbles.

    `stones` wait to fall. `placed` is what appeared on the last move, as (cell, value) pairs.
    """

    cells: tuple[int, ...]
    points: int = 0
    moves: int = 0
    stones: int = 0
    sent: int = 0
    last: str = ""
    placed: tuple[tuple[int, int], ...] = ()


class State(msgspec.Struct, frozen=True, array_like=True):
    """`lost` has the seats that are stuck or gave up."""

    seed: str
    tick: int
    sides: tuple[Side, ...]
    lost: tuple[int, ...] = ()


def new(seed: str, seats: int) -> State:
    side = _with_tile(seed, Side((0,) * CELLS), 0)
    side = _with_tile(seed, side, -1)
    return State(seed, 0, (msgspec.structs.replace(side, placed=()),) * seats)


def tick(state: State) -> int:
    return state.tick


def due(state: State) -> int | None:
    return None if result(state) else LENGTH_TICKS


def idle(state: State, ticks: int) -> State:
    return msgspec.structs.replace(state, tick=state.tick + ticks)


def step(state: State, inputs: Sequence[tuple[int, str]]) -> State:
    if result(state) is not None:
        return idle(state, 1)
    sides, sending = list(state.sides), [0] * len(state.sides)
    for seat, input in inputs:
        sides[seat], sending[seat] = _moved(state.seed, state.sides[seat], input)
    # Stones fly after all have moved: the order of the seats decides nothing.
    for seat, side in enumerate(sides):
        coming = sum(count for other, count in enumerate(sending) if other != seat)
        if coming or sending[seat]:
            sides[seat] = msgspec.structs.replace(side, stones=side.stones + coming, sent=side.sent + sending[seat])
    moved = {seat for seat, _ in inputs}
    lost = tuple(seat for seat in moved if _is_stuck(sides[seat]))
    return State(state.seed, state.tick + 1, tuple(sides), (*state.lost, *sorted(lost)))


def forfeit(state: State, seats: Sequence[int]) -> State:
    if result(state) is not None:
        return idle(state, 1)
    return msgspec.structs.replace(state, tick=state.tick + 1, lost=(*state.lost, *seats))


def _moved(seed: str, side: Side, input: str) -> tuple[Side, int]:
    """A side after a move, and how many stones it sends; the same side when nothing can slide that way."""
    cells, gained, sends = _slide(side.cells, input)
    if cells == side.cells:
        return side, 0
    cells = tuple(cell + 1 if cell < 0 else cell for cell in cells)
    after = Side(cells, side.points + gained, side.moves + 1, side.stones, side.sent, input)
    while after.stones and 0 in after.cells:
        after = _with_stone(seed, after)
    return (_with_tile(seed, after, after.moves) if 0 in after.cells else after), sends


def _slide(cells: tuple[int, ...], input: str) -> tuple[tuple[int, ...], int, int]:
    """The cells after sliding, the points gained, and how many tiles of 128 or more came to be. Stones stand still."""
    after, gained, sends = list(cells), 0, 0
    for line in LINES[input]:
        for part in _between_stones(cells, line):
            values, points = fuse(tuple(cells[cell] for cell in part), len(part))
            gained += points
            if points >= SENDS_FROM:
                sends += sum(value >= SENDS_FROM for value in values) - _kept([cells[cell] for cell in part], values)
            for cell, value in zip(part, values, strict=True):
                after[cell] = value
    return tuple(after), gained, sends


def _kept(before: Sequence[int], values: Sequence[int]) -> int:
    """How many of the tiles of 128 or more slid without fusing."""
    left = [value for value in before if value >= SENDS_FROM]
    kept = 0
    for value in values:
        if value in left:
            left.remove(value)
            kept += 1
    return kept


def _between_stones(cells: tuple[int, ...], line: Sequence[int]) -> list[list[int]]:
    parts: list[list[int]] = [[]]
    for cell in line:
        if cells[cell] < 0:
            parts.append([])
        else:
            parts[-1].append(cell)
    return [part for part in parts if part]


def _drawn(seed: str, what: str, number: int) -> tuple[int, int]:
    """Two numbers that depend on the seed, what they are for, and the number of the move alone."""
    digest = hashlib.blake2b(f"{what}{number}".encode(), key=seed.encode()[:64], digest_size=16).digest()
    return int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big")


def _with_tile(seed: str, side: Side, number: int) -> Side:
    place, luck = _drawn(seed, "tile", number)
    return _placed(side, place, 4 if luck % 10 == 0 else 2)


def _with_stone(seed: str, side: Side) -> Side:
    place, _ = _drawn(seed, "stone", side.moves * 100 + side.stones)
    return _placed(msgspec.structs.replace(side, stones=side.stones - 1), place, -STONE_MOVES)


def _placed(side: Side, place: int, value: int) -> Side:
    empty = [cell for cell, held in enumerate(side.cells) if not held]
    cell = empty[place % len(empty)]
    cells = (*side.cells[:cell], value, *side.cells[cell + 1 :])
    return msgspec.structs.replace(side, cells=cells, placed=(*side.placed, (cell, value)))


def _is_stuck(side: Side) -> bool:
    return all(_slide(side.cells, input)[0] == side.cells for input in INPUTS)


def view(state: State) -> dict[str, Any]:
    return {
        "tick": state.tick,
        "length": LENGTH_TICKS,
        "sides": [
            {"cells": list(side.cells), "points": side.points, "moves": side.moves, "stones": side.stones,
             "sent": side.sent}
            for side in state.sides
        ],
        "lost": list(state.lost),
    }  # fmt: skip


small = view


def points(state: State) -> list[int]:
    return [side.points for side in state.sides]


def delta(before: State, after: State) -> Any:
    """For each side that changed [seat, way, placed, points, stones]; way is one letter, or nothing."""
    sides = [
        [
            seat,
            new.last[0] if new.moves != old.moves else "",
            [part for pair in new.placed for part in pair] if new.moves != old.moves else [],
            new.points,
            new.stones,
        ]
        for seat, (old, new) in enumerate(zip(before.sides, after.sides, strict=True))
        if old != new
    ]
    return [sides, list(after.lost)] if after.lost != before.lost else [sides]


def result(state: State) -> list[SeatResult] | None:
    if not state.lost and state.tick < LENGTH_TICKS:
        return None
    standing = [(seat not in state.lost, side.points) for seat, side in enumerate(state.sides)]
    if state.lost:  # Who is stuck loses whatever the points are; when both are, the points decide.
        standing = [(alive, points if len(state.lost) == len(state.sides) else 0) for alive, points in standing]
    return [
        SeatResult(
            place=1 + sum(other > own for other in standing),
            points=side.points,
            marks={"best_tile": max(side.cells), "stones_sent": side.sent, "moves": side.moves},
        )
        for own, side in zip(standing, state.sides, strict=True)
    ]


def dump(state: State) -> str:
    return msgspec.json.encode(state).decode()


def load(text: str) -> State:
    return _decoder.decode(text)


_decoder = msgspec.json.Decoder(State)


def bot(view: dict[str, Any], seat: int, skill: float, rng: random.Random) -> str:
    """Random among the possible moves, or with luck of `skill` the one that fuses most and keeps cells free."""
    cells = tuple(view["sides"][seat]["cells"])
    found = {input: _slide(cells, input) for input in INPUTS}
    possible = [input for input in INPUTS if found[input][0] != cells] or list(INPUTS)
    if rng.random() >= skill:
        return rng.choice(possible)
    corner = {"left": 3, "down": 2, "right": 1, "up": 0}
    return max(possible, key=lambda input: (found[input][1] + 16 * found[input][0].count(0), corner[input]))
