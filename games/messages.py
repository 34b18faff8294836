"""What a play socket says besides what every socket does."""

from typing import Annotated, Any, ClassVar

import msgspec

from live.protocol import ClientMessage, ServerMessage, SiteMessage


class Start(ClientMessage, tag="start"):
    """Give me my open run of this game, or a new one when none is open; answered by `run`.

    `mode` says what for: empty for free play, `daily/<day>` for today's puzzle, which there is one try at,
    `archive/<day>` for a former day's, `beat/<run>` for somebody's run. The latter two are not ranked.
    """

    cost: ClassVar[int] = 10

    mode: Annotated[str, msgspec.Meta(max_length=60)] = ""


class Resume(ClientMessage, tag="resume"):
    """Show me this run of mine as it stands, ended or not; answered by `run`."""

    cost: ClassVar[int] = 20

    run: str


class Move(ClientMessage, tag="move"):
    """One input. `seq` counts from 1 within the run: a repeated one is ignored, a gap is answered by `run`."""

    run: str
    seq: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    input: str


class End(ClientMessage, tag="end"):
    """End my run where it stands and rank it; answered by `finished`."""

    cost: ClassVar[int] = 20

    run: str


class RunState(ServerMessage, tag="run"):
    """A run as it stands: answer to `start` and `resume`, and to a `move` that did not fit. `started_ms` is UTC."""

    run: str
    seq: int
    points: int
    over: bool
    view: dict[str, Any]
    started_ms: int


class Moved(ServerMessage, tag="moved"):
    """Move `seq` was played; `view` is the game's own picture of the state after it."""

    run: str
    seq: int
    points: int
    over: bool
    view: dict[str, Any]


class Finished(ServerMessage, tag="finished"):
    """The run is over and ranked; `report` says what it changed on each period of the board.

    Not `counts`: it was broken off where only a run that is played to its end is a result. It pays so many `coins`,
    within seconds.
    """

    run: str
    points: int
    report: dict[str, Any]
    counts: bool = True
    coins: int = 0


PlayMessage = SiteMessage | Start | Resume | Move | End
