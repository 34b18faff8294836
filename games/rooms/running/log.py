"""What a room has done, as it is kept: the log of its steps, and the checkpoint from which a successor goes on."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from games.rooms.game import RoomGame
from games.rooms.rooms import Seat


class Entry(msgspec.Struct, array_like=True):
    """A step: its tick, where inputs are read up to, its version, (seat, number, input), who gave up, who came.

    Those who come to an arena are (seat, player), player 0 a bot. They come, give up or play: one of these in a step.
    """

    tick: int
    position: str
    version: int
    inputs: list[tuple[int, int, str]]
    forfeits: list[int] = []
    joins: list[tuple[int, int]] = []


class Gone(msgspec.Struct):
    """Somebody who left an arena late in a round, and their points then."""

    seat: Seat
    points: int


class Checkpoint(msgspec.Struct):
    """The state after `logged` entries of the log, and all else that a successor has to know."""

    version: int
    position: str
    logged: int
    state: str
    acked: list[int]
    status: str
    connections: list[str]
    gave_up: list[bool]
    out: list[int]  # Who gave up and whose giving up is in the log.
    elapsed_ms: int  # Since tick 0; below 0 in the countdown.
    inside: list[int | None] = []  # In an arena: who plays each seat; 0 is a bot.
    left: list[Gone] = []


_entry = msgspec.json.Decoder(Entry)
_checkpoint = msgspec.json.Decoder(Checkpoint)


def entries(texts: Sequence[str]) -> list[Entry]:
    """The entries of a log, oldest first."""
    return [_entry.decode(text) for text in texts]


def checkpoint(text: str) -> Checkpoint:
    """A checkpoint as it was kept."""
    return _checkpoint.decode(text)


def after(game: RoomGame, state: Any, entry: Entry) -> Any:
    """The state after an entry. Inputs that the game does not know have their number, and do nothing."""
    rules = game.rules
    if entry.tick > rules.tick(state):
        state = rules.idle(state, entry.tick - rules.tick(state))
    if entry.forfeits:
        state = rules.forfeit(state, entry.forfeits)
    if entry.joins and game.arena:
        state = game.arena.join(state, [seat for seat, _ in entry.joins])
    played = [(seat, input) for seat, _, input in entry.inputs if input in rules.INPUTS]
    return rules.step(state, played) if played else state


def states(game: RoomGame, seed: str, log: Iterable[Entry]) -> Iterable[Any]:
    """Every state of a match, worked out by the rules: the first, then one after each entry."""
    state = game.rules.new(seed, game.seats)
    yield state
    for entry in log:
        state = after(game, state, entry)
        yield state


def before(entry_id: str) -> str:
    """The stream id right before this one: reading after it reads this one again."""
    ms, _, count = entry_id.partition("-")
    return f"{ms}-{int(count) - 1}" if int(count) else f"{int(ms) - 1}-{2**64 - 1}"
