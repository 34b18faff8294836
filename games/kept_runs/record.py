"""What of a run is kept for ever: what replays it, and what it reached."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from games.game import Game


class Record(msgspec.Struct, frozen=True):
    """What replays a run; `marks` are the whole numbers of its last view, such as the largest tile.

    `pauses_ms` lie between the inputs, as the server took them.
    """

    game: str = ""
    seed: str = ""
    inputs: list[str] = []
    marks: dict[str, int] = {}
    pauses_ms: list[int] = []


_decoder = msgspec.json.Decoder(Record)


def record(game: Game, seed: str, inputs: list[str], state: Any, pauses_ms: Sequence[int] = ()) -> str:
    """The record of a run that ended in this state, in JSON."""
    marks = {name: value for name, value in game.rules.view(state).items() if type(value) is int}
    return msgspec.json.encode(Record(game.slug, seed, inputs, marks, list(pauses_ms))).decode()


def decode(text: str) -> Record:
    """The record in this JSON. Raises msgspec.DecodeError when it is none."""
    return _decoder.decode(text)


def states(game: Game, seed: str, inputs: Iterable[str]) -> Iterator[Any]:
    """Every state of a run, worked out by the rules: the first, then one after each input."""
    state = game.rules.new(seed)
    yield state
    for input in inputs:
        state = game.rules.apply(state, input)
        yield state
