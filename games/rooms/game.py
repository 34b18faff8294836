"""What a room game is: rules for several seats, stepped in ticks by whoever owns the room.

A room game is a folder with `room_rules.py`, beside solo games or inside one; its `__init__.py` has its `ROOM_GAME`.
`docs/adding-a-game.md` walks through a whole one.
"""

import functools
import importlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from django.contrib.staticfiles import finders
from django.utils.translation import gettext_noop as _

from games.discovery import room_folders
from games.game import Achievement, UnknownGame


@dataclass(frozen=True)
class SeatResult:
    """How a match ended for one seat: `place` counts from 1, equal ones are level; `marks` are for achievements."""

    place: int
    points: int
    marks: dict[str, int]


class RoomRules(Protocol):
    """A game of several as pure functions of ticks: no clock, no I/O, only the seed's randomness. States are values."""

    TICK_MS: int
    INPUTS: tuple[str, ...]

    def new(self, seed: str, seats: int) -> Any:
        """The state at tick 0; equal seeds give equal games."""

    def step(self, state: Any, inputs: Sequence[tuple[int, str]]) -> Any:
        """The state one tick later; at most one input of each seat. The order of the seats decides nothing."""

    def idle(self, state: Any, ticks: int) -> Any:
        """The state after so many ticks without an input: the same as that many steps."""

    def due(self, state: Any) -> int | None:
        """The next tick at which something happens without an input, such as the bell; None: nothing will."""

    def tick(self, state: Any) -> int:
        """How many ticks have passed."""

    def view(self, state: Any) -> dict[str, Any]:
        """What everybody may know, as JSON values; never the seed."""

    def delta(self, before: Any, after: Any) -> Any:
        """What everybody may know of the way from one state to another, as small JSON; the page applies it."""

    def forfeit(self, state: Any, seats: Sequence[int]) -> Any:
        """The state one tick later, in which these seats have given up, all at once; each is told once.

        Of two who play, the other has won; of more, the others go on.
        """

    def points(self, state: Any) -> Sequence[int]:
        """Whole points of each seat so far."""

    def result(self, state: Any) -> Sequence[SeatResult] | None:
        """The result of each seat; None while it goes on."""

    def small(self, state: Any) -> dict[str, Any]:
        """What the small picture in the list of live rooms needs; it may be the view."""

    def dump(self, state: Any) -> str:
        """The whole state as text."""

    def load(self, text: str) -> Any:
        """The state that `dump` wrote."""

    def bot(self, view: dict[str, Any], seat: int, skill: float, rng: random.Random) -> str:
        """The input that a bot of this skill (0 to 1) would choose, seeing what players see."""


@dataclass(frozen=True)
class Arena:
    """What makes a room an arena: people come in and leave in the middle of a round, and rounds follow one another.

    Bots have those of the first `bots_until` seats that nobody has. With fewer than `rated_from` people a round is not
    rated. The next one begins `pause_s` after the end. `join` gives the state one tick later, in which new players have
    come to these seats, whoever was there before. The rules' results have place 0 for a seat that nobody has, and `due`
    is the next tick: an arena goes on by itself. Who leaves from `late_tick` on is rated as last.
    """

    join: Callable[[Any, Sequence[int]], Any]
    bots_until: int
    late_tick: int
    rated_from: int = 4
    pause_s: int = 10


@dataclass(frozen=True)
class RoomGame:
    """A room game's name, its words, its rules, and how many play it.

    `bot_pause_ms` is how long a bot waits between its inputs. Rated matches pay `match_coins`, or `win_coins` who won.
    The measures of `achievements` are marks of the results, or `wins`, `win_streak` and `drew` (1 after a draw).
    An arena's points go on a board of their own, beside the one of ratings.
    """

    slug: str
    title: str
    tagline: str
    how_to_play: str
    rules: RoomRules
    seats: int = 2
    bot_pause_ms: int = 450
    match_coins: int = 3
    win_coins: int = 10
    achievements: tuple[Achievement, ...] = ()
    arena: Arena | None = None
    lobby_order: int = 50
    hints: tuple[str, ...] = ()
    emotes: tuple[str, ...] = (_("Hi!"), _("Good luck!"), _("Nice!"), _("Wow!"), _("Oops!"), "GG")

    @property
    def ratings_board(self) -> str:
        """The slug of its board of ratings."""
        return f"{self.slug}-rating" if self.arena else self.slug

    @property
    def picture(self) -> list[str]:
        """The templates of its picture in the lobby: its own, if it has one."""
        return [f"games/{self.slug}_picture.html", "games/picture.html"]

    @property
    def small(self) -> list[str]:
        """The templates of its small picture in a list, with the `view`: its own, if it has one."""
        return [f"games/_{self.slug}_small.html", "games/rooms/_small.html"]

    @property
    def small_styles(self) -> str:
        """The static file that its small picture needs; empty when it has none."""
        return _if_there(f"games/{self.slug}/small.css")


@functools.cache
def _if_there(static_file: str) -> str:
    return static_file if finders.find(static_file) else ""


@functools.cache
def _games() -> dict[str, RoomGame]:
    found = [importlib.import_module(_module(folder)).ROOM_GAME for folder in room_folders()]
    return {game.slug: game for game in found}


def _module(folder: Path) -> str:
    """`games.<game>.<name>` for a folder inside a game's, `games.<name>` for one beside it."""
    return ".".join(["games", *([folder.parent.name] if (folder.parent / "rules.py").exists() else []), folder.name])


def all_room_games() -> list[RoomGame]:
    """Every room game, as the lobby orders them."""
    return sorted(_games().values(), key=lambda game: (game.lobby_order, game.slug))


def known_room_game(slug: str) -> RoomGame | None:
    """The room game with this slug; None: there is none."""
    return _games().get(slug)


def find_room_game(slug: str) -> RoomGame:
    """The room game with this slug.

    Raises:
        UnknownGame: there is none.
    """
    try:
        return _games()[slug]
    except KeyError:
        raise UnknownGame from None
