"""How a bot steers in Claim, by what everybody sees."""

import random
import re
from collections.abc import Sequence
from typing import Any

from games.claim.land import SIDE, beyond, unpacked

WAYS = ("left", "right", "up", "down")
OPPOSITE = {"left": "right", "right": "left", "up": "down", "down": "up"}


def bot(view: dict[str, Any], seat: int, skill: float, rng: random.Random) -> str:
    """Goes out, turns, comes home before its trail grows long, and steps on trails that it sees right ahead."""
    cell, land, trail = view["heads"][seat], unpacked(view["land"]), view["trails"][seat]
    if cell < 0:
        return ""
    way = next(each for each in WAYS if each[0] == view["ways"][seat])
    own = set(trail)
    ways = [
        each for each in WAYS
        if each != OPPOSITE[way] and beyond(cell, each) != cell and beyond(cell, each) not in own
    ]  # fmt: skip
    if not ways:
        return ""
    others = {each for number, cells in enumerate(view["trails"]) if number != seat for each in cells}
    if others and rng.random() < skill:
        for each in ways:
            ahead = cell
            for _ in range(4):
                ahead = beyond(ahead, each)
                if ahead in others:
                    return each
    if len(trail) >= 4 + skill * 16:
        return _homewards(land, seat, cell, ways)
    if way in ways and rng.random() < 0.85:
        return ""
    return rng.choice(ways)


def _homewards(land: bytes, seat: int, cell: int, ways: Sequence[str]) -> str:
    """The way that leads nearest to some cell of the own land."""
    x, y = cell % SIDE, cell // SIDE
    ends = [end for run in re.finditer(bytes([seat + 1]) + b"+", land) for end in (run.start(), run.end() - 1)]
    home = min(ends, key=lambda each: abs(each % SIDE - x) + abs(each // SIDE - y), default=cell)

    def far(way: str) -> int:
        after = beyond(cell, way)
        return abs(after % SIDE - home % SIDE) + abs(after // SIDE - home // SIDE)

    return min(ways, key=far)
