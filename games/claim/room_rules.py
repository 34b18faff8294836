"""The rules of Claim as pure functions of ticks.

A field of 64 × 64 cells. Each player steers a head, which goes on by itself, one cell a tick. Off its own land it
leaves a trail. When the trail meets the land again, the land grows by the trail and by what is enclosed. Who steps on a
trail ends its owner's life, be it their own; heads that meet end both. Whoever lost their life, or all their land, is
back after three seconds with a new piece of land. Every second counts the cells held, and each cell taken counts once.

Everybody steps at once, and nothing depends on the order of the seats.
"""

import functools
import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from games.claim import bot as steering
from games.claim.bot import OPPOSITE, WAYS
from games.claim.land import CELLS, SIDE, beyond, cells_of, changed, enclosed, packed, sampled, unpacked
from games.rooms.game import SeatResult

TICK_MS = 100
LENGTH_TICKS = 180_000 // TICK_MS
COUNTED_TICKS, BACK_TICKS = 1_000 // TICK_MS, 3_000 // TICK_MS
#: A new piece of land reaches this many cells from its middle.
HOME = 2
INPUTS: tuple[str, ...] = WAYS
bot = steering.bot
OUT, DEAD, ALIVE = "out", "dead", "alive"
#: In views a head that is nowhere has one of these as its cell.
NOWHERE = {OUT: -2, DEAD: -1}
DRAWS = 12


class Head(msgspec.Struct, frozen=True, array_like=True):
    """One player. `trail` has the cells since they left their land, the head's own last; `back` is for the dead."""

    status: str = OUT
    cell: int = 0
    way: str = "up"
    trail: tuple[int, ...] = ()
    back: int = 0
    points: int = 0
    kills: int = 0
    best: int = 0


class State(msgspec.Struct, frozen=True):
    """`land` has for each cell 0, or 1 + the seat that holds it. `kills` are those of the last tick: (by, of)."""

    seed: str
    tick: int
    land: bytes
    heads: tuple[Head, ...]
    kills: tuple[tuple[int, int], ...] = ()


def new(seed: str, seats: int) -> State:
    return State(seed, 0, bytes(CELLS), (Head(),) * seats)


def tick(state: State) -> int:
    return state.tick


def due(state: State) -> int | None:
    return None if result(state) else state.tick + 1


def idle(state: State, ticks: int) -> State:
    for _ in range(ticks):
        state = step(state, [])
    return state


def join(state: State, seats: Sequence[int]) -> State:
    return _anew(state, seats, Head(DEAD, back=state.tick))


def forfeit(state: State, seats: Sequence[int]) -> State:
    return _anew(state, seats, Head())


def _anew(state: State, seats: Sequence[int], head: Head) -> State:
    heads = tuple(head if seat in seats else each for seat, each in enumerate(state.heads))
    return _advanced(msgspec.structs.replace(state, heads=heads, land=_without(state.land, seats)), {})


def step(state: State, inputs: Sequence[tuple[int, str]]) -> State:
    return _advanced(state, dict(inputs))


def _without(land: bytes, seats: Sequence[int]) -> bytes:
    """The land, of which these seats hold nothing any more."""
    for seat in seats:
        land = land.replace(bytes([seat + 1]), b"\0")
    return land


def _advanced(state: State, turns: dict[int, str]) -> State:
    if result(state) is not None:
        return msgspec.structs.replace(state, tick=state.tick + 1, kills=())
    heads = list(state.heads)
    moved = {seat: _moved(head, turns.get(seat, "")) for seat, head in enumerate(heads) if head.status == ALIVE}
    kills, dead = _ended(heads, moved)
    closing = {}
    for seat, head in moved.items():
        heads[seat] = head
        if seat in dead:
            continue
        if state.land[head.cell] != seat + 1:
            if not head.trail or head.trail[-1] != head.cell:
                heads[seat] = msgspec.structs.replace(head, trail=(*head.trail, head.cell))
        elif head.trail:
            closing[seat] = enclosed(state.land, seat, head.trail)
            heads[seat] = msgspec.structs.replace(head, trail=())
    land = _claimed(state.land, closing, heads)
    if closing:  # Whose last cell was taken has nowhere to come back to.
        dead |= {seat for seat in moved if seat not in dead and seat + 1 not in land}
    for by, _ in kills:
        heads[by] = msgspec.structs.replace(heads[by], kills=heads[by].kills + 1)
    for seat in dead:
        heads[seat] = msgspec.structs.replace(
            heads[seat],
            status=DEAD,
            trail=(),
            back=state.tick + BACK_TICKS,
            best=max(heads[seat].best, _held(land, seat)),
        )
    land = _with_new_lives(state, _without(land, sorted(dead)), heads)
    now = state.tick + 1
    if now % COUNTED_TICKS == 0:
        for seat, head in enumerate(heads):
            if head.status == ALIVE:
                held = _held(land, seat)
                heads[seat] = msgspec.structs.replace(head, points=head.points + held, best=max(head.best, held))
    return State(state.seed, now, land, tuple(heads), tuple(sorted(kills)))


def _moved(head: Head, turn: str) -> Head:
    """A head one cell further. It never turns right back, and waits at the edge of the field."""
    way = turn if turn and turn != OPPOSITE[head.way] else head.way
    return msgspec.structs.replace(head, way=way, cell=beyond(head.cell, way))


def _ended(before: Sequence[Head], moved: dict[int, Head]) -> tuple[list[tuple[int, int]], set[int]]:
    """Whose lives end in this step: (by, of) for each trail that somebody else stepped on, and all who died."""
    trails = {cell: seat for seat in moved for cell in before[seat].trail}
    places: dict[int, list[int]] = {}
    kills, dead = [], set()
    for seat, head in moved.items():
        places.setdefault(head.cell, []).append(seat)
        if head.cell == before[seat].cell:
            continue
        owner = trails.get(head.cell)
        if owner is not None:
            dead.add(owner)
            if owner != seat:
                kills.append((seat, owner))
    were = {before[seat].cell: seat for seat in moved}
    for seat, head in moved.items():
        other = were.get(head.cell, seat)
        if other != seat and moved[other].cell == before[seat].cell:
            dead |= {seat, other}  # They have changed places: they met on the way.
    for met in places.values():
        if len(met) > 1:
            dead.update(met)
    return kills, dead


def _claimed(land: bytes, closing: dict[int, int], heads: list[Head]) -> bytes:
    """The land after all claims of a step, and the points for it; a cell that two claim stays whose it was."""
    if not closing:
        return land
    after = bytearray(land)
    for seat, mask in closing.items():
        contested = functools.reduce(int.__or__, (theirs for other, theirs in closing.items() if other != seat), 0)
        gained = mask & ~contested
        for cell in cells_of(gained):
            after[cell] = seat + 1
        head = heads[seat]
        heads[seat] = msgspec.structs.replace(head, points=head.points + gained.bit_count())
    return bytes(after)


def _held(land: bytes, seat: int) -> int:
    return land.count(seat + 1)


def _with_new_lives(state: State, land: bytes, heads: list[Head]) -> bytes:
    """Whose time has come gets a new head and a piece of free land, those first whom the seed draws first."""
    due = [seat for seat, head in enumerate(heads) if head.status == DEAD and head.back <= state.tick]
    if not due:
        return land
    taken = {cell for head in heads for cell in head.trail} | {head.cell for head in heads if head.status == ALIVE}
    after = bytearray(land)
    for seat, drawn in sorted(((seat, _drawn(state, seat)) for seat in due), key=lambda each: each[1]):
        best, middle = 0, -1
        for draw in range(DRAWS):
            x, y = (HOME + drawn[2 * draw + part] % (SIDE - 2 * HOME) for part in range(2))
            cells = _square(x, y)
            free = sum(not after[cell] and cell not in taken for cell in cells)
            if free > best and not after[SIDE * y + x] and SIDE * y + x not in taken:
                best, middle = free, SIDE * y + x
        if middle < 0:
            continue  # No place was found; the next tick draws others.
        for cell in _square(middle % SIDE, middle // SIDE):
            if not after[cell] and cell not in taken:
                after[cell] = seat + 1
        way = INPUTS[drawn[-1] % len(INPUTS)]
        heads[seat] = msgspec.structs.replace(heads[seat], status=ALIVE, cell=middle, way=way, trail=())
        taken.add(middle)
    return bytes(after)


def _square(x: int, y: int) -> list[int]:
    around = range(-HOME, HOME + 1)
    return [SIDE * (y + down) + x + right for down in around for right in around]


def _drawn(state: State, seat: int) -> bytes:
    """Bytes that depend on the seed, the tick and the seat alone."""
    return hashlib.blake2b(f"life {state.tick} {seat}".encode(), key=state.seed.encode()[:64], digest_size=32).digest()


def view(state: State) -> dict[str, Any]:
    """A head is its cell, -1 for who is back soon, -2 for a free seat; `ways` has the first letter of each."""
    return {
        "tick": state.tick,
        "length": LENGTH_TICKS,
        "side": SIDE,
        "land": packed(state.land),
        "heads": _places(state),
        "ways": _ways(state),
        "trails": [list(head.trail) for head in state.heads],
        "points": points(state),
    }


def small(state: State) -> dict[str, Any]:
    return {"cells": sampled(state.land)}


def _places(state: State) -> list[int]:
    return [head.cell if head.status == ALIVE else NOWHERE[head.status] for head in state.heads]


def _ways(state: State) -> str:
    return "".join(head.way[0] for head in state.heads)


def delta(before: State, after: State) -> Any:
    """`h` and `w` as in the view; where they changed, `l` (start, length, owner of land, …), `p`oints, `k`ills."""
    found: dict[str, Any] = {"h": _places(after), "w": _ways(after)}
    if before.land is not after.land:
        found["l"] = changed(before.land, after.land)
    if (scored := points(after)) != points(before):
        found["p"] = scored
    if after.kills:
        found["k"] = after.kills
    return found


def points(state: State) -> list[int]:
    return [head.points for head in state.heads]


def result(state: State) -> list[SeatResult] | None:
    """At the bell; who is out has place 0."""
    if state.tick < LENGTH_TICKS:
        return None
    scored = [head.points for head in state.heads if head.status != OUT]
    return [
        SeatResult(
            place=0 if head.status == OUT else 1 + sum(other > head.points for other in scored),
            points=head.points,
            marks={"kills": head.kills, "best_cells": head.best},
        )
        for head in state.heads
    ]


class _Dumped(msgspec.Struct, array_like=True):
    seed: str
    tick: int
    land: str
    heads: tuple[Head, ...]


_decoder = msgspec.json.Decoder(_Dumped)


def dump(state: State) -> str:
    return msgspec.json.encode(_Dumped(state.seed, state.tick, packed(state.land), state.heads)).decode()


def load(text: str) -> State:
    kept = _decoder.decode(text)
    return State(kept.seed, kept.tick, unpacked(kept.land), kept.heads)
