"""The land of Claim as bytes: for each cell 0, or 1 + the seat that holds it. Packed, changed, walked, enclosed."""

import functools
import re
from collections.abc import Iterator, Sequence

SIDE = 64
CELLS = SIDE * SIDE

_RUN = re.compile(rb"(.)\1*", re.DOTALL)
_CHANGED = re.compile(rb"[^\0]+")


def beyond(cell: int, way: str) -> int:
    """The next cell; the same one at the edge."""
    if way == "left":
        return cell - 1 if cell % SIDE else cell
    if way == "right":
        return cell + 1 if cell % SIDE < SIDE - 1 else cell
    if way == "up":
        return cell - SIDE if cell >= SIDE else cell
    return cell + SIDE if cell < CELLS - SIDE else cell


_MASKS = [bytes(49 if value == seat + 1 else 48 for value in range(256)) for seat in range(64)]
_FIELD = (1 << CELLS) - 1
_LEFT = int("0" + ("1" + "0" * (SIDE - 1)) * SIDE, 2)  # The cells of the first column; the first cell is the top bit.
_RIGHT = int(("0" * (SIDE - 1) + "1") * SIDE, 2)
_TOP, _BOTTOM = ((1 << SIDE) - 1) << (CELLS - SIDE), (1 << SIDE) - 1
_EDGE = _LEFT | _RIGHT | _TOP | _BOTTOM


def enclosed(land: bytes, seat: int, trail: Sequence[int]) -> int:
    """The cells of a trail and all that it encloses together with the land, as a mask; the land itself is not in it."""
    own = int(land.translate(_MASKS[seat]), 2)
    wall = own
    for cell in trail:
        wall |= 1 << (CELLS - 1 - cell)
    free = _FIELD & ~wall
    outside = free & _EDGE
    while True:
        grown = outside | (outside & ~_LEFT) << 1 | (outside & ~_RIGHT) >> 1 | outside << SIDE | outside >> SIDE
        grown &= free
        if grown == outside:
            return _FIELD & ~outside & ~own
        outside = grown


def cells_of(mask: int) -> Iterator[int]:
    """The cells of a mask, in order."""
    text = f"{mask:0{CELLS}b}"
    cell = text.find("1")
    while cell >= 0:
        yield cell
        cell = text.find("1", cell + 1)


def packed(land: bytes) -> str:
    """Runs of equal cells: a letter (A: nobody's, B: seat 0, …) and how many."""
    return "".join(f"{chr(65 + run[0][0])}{len(run[0])}" for run in _RUN.finditer(land))


@functools.lru_cache(maxsize=256)
def unpacked(text: str) -> bytes:
    """The land that `packed` wrote."""
    return b"".join(bytes([ord(letter) - 65]) * int(count) for letter, count in re.findall(r"(\D)(\d+)", text))


def changed(before: bytes, after: bytes) -> list[int]:
    """What differs, as start, length, owner of each run."""
    differs = int.from_bytes(before, "big") ^ int.from_bytes(after, "big")
    runs = []
    for part in _CHANGED.finditer(differs.to_bytes(CELLS, "big")):
        for run in _RUN.finditer(after, part.start(), part.end()):
            runs += [run.start(), run.end() - run.start(), run[0][0]]
    return runs


def sampled(land: bytes) -> str:
    """Every fourth cell of every fourth row, as letters like those of `packed`."""
    rows = [land[SIDE * y + 1 : SIDE * (y + 1) : 4] for y in range(1, SIDE, 4)]
    return "".join(chr(65 + value) for row in rows for value in row)
