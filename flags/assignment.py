"""Which players a flag includes: a fixed number for each flag and player, and bitmaps made from these. Pure.

Players stay in: a share of 30 % includes everybody of a former 10 %. The numbers of different flags are independent.
"""

import functools
import hashlib
import struct

# One hash gives the numbers of this many players: a million of them take a tenth of a second.
BLOCK = 32
SCALE = 1 << 16
_numbers = struct.Struct(f">{BLOCK}H")


@functools.lru_cache(maxsize=4096)
def _block(slug: str, number: int) -> tuple[int, ...]:
    digest = hashlib.blake2b(number.to_bytes(8, "big"), key=slug.encode()[:64], digest_size=2 * BLOCK).digest()
    return _numbers.unpack(digest)


def number(slug: str, player: int) -> int:
    """The player's number under a flag, from 0 to 65,535, the same for ever."""
    return _block(slug, player // BLOCK)[player % BLOCK]


def is_in(slug: str, player: int, percentage: float) -> bool:
    """Whether a player is within a share of 0 to 100 %."""
    return number(slug, player) < percentage * SCALE / 100


def bitmap(slug: str, highest: int, above: float, below: float) -> bytes:
    """The bits of the players 1 to `highest` whose number lies from `above` % to `below` %; bit 0 is clear."""
    low, high = above * SCALE / 100, below * SCALE / 100
    text = "".join(
        "".join(["1" if low <= value < high else "0" for value in _block.__wrapped__(slug, block)])
        for block in range(highest // BLOCK + 1)
    )
    return _packed("0" + text[1 : highest + 1])


def all_set(highest: int) -> bytes:
    """The bits of everybody up to `highest`, and bit 0."""
    return _packed("1" * (highest + 1))


def some_set(players: list[int]) -> bytes:
    """The bits of these players."""
    bits = bytearray(max(players, default=0) // 8 + 1)
    for player in players:
        bits[player // 8] |= 128 >> player % 8
    return bytes(bits)


def _packed(text: str) -> bytes:
    length = -(-len(text) // 8)
    return int(text.ljust(8 * length, "0"), 2).to_bytes(length, "big")
