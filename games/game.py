"""What a game is, and which ones there are.

A new game is a folder here, or below GAMES_DIR: `__init__.py` with its `GAME`, `rules.py`, a template
`templates/games/<slug>.html` and a module `static/games/<slug>/main.js`. Nothing else changes; all that is the game's
own is in that folder. `docs/adding-a-game.md` walks through it.
"""

import functools
import importlib
import random
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils.translation import gettext_noop

from games.discovery import game_folders
from leaderboard.words import MOVE
from live.errors import GameError


class UnknownGame(GameError):
    code = "unknown_game"
    message = gettext_noop("There is no such game.")


class SignInFirst(GameError):
    code = "sign_in_first"
    message = gettext_noop("Only players can play. One click makes you a guest.")


class UnknownInput(GameError):
    code = "unknown_input"
    message = gettext_noop("The game has no such input.")


class Rules(Protocol):
    """A game as pure functions: no clock, no I/O, no randomness but the seed's. States are values and never change."""

    INPUTS: tuple[str, ...]

    def new(self, seed: str) -> Any:
        """The first state; equal seeds give equal games."""

    def apply(self, state: Any, input: str) -> Any:
        """The state after an input, or the very same object when the input changes nothing."""

    def points(self, state: Any) -> int:
        """Whole points, 0 or more, so far."""

    def over(self, state: Any) -> bool:
        """Whether no input can change the state any more."""

    def view(self, state: Any) -> dict[str, Any]:
        """What the player may see, as JSON values; never the seed."""

    def dump(self, state: Any) -> str:
        """The whole state as text."""

    def load(self, text: str) -> Any:
        """The state that `dump` wrote."""

    def suggest(self, view: dict[str, Any], skill: float, rng: random.Random) -> str:
        """An input that a bot of this skill (0 to 1) would choose, seeing what a player sees."""


@dataclass(frozen=True)
class Achievement:
    """Earned when a measure reaches the target. The slug never changes: it is kept with whoever earned it.

    A game's own measure is a whole number in the view that a run ends with, such as `best_tile`.
    """

    slug: str
    title: str
    words: str
    measure: str
    target: int
    coins: int


@dataclass(frozen=True)
class Theme:
    """A look of a game that the shop sells. The slug never changes, since ledgers hold it, and is unique in the shop.

    The game's pages carry it as `data-game-theme`; its `themes.css` says what it looks like.
    """

    slug: str
    title: str
    price: int


@dataclass(frozen=True)
class Daily:
    """A puzzle for every day: the same for everybody, one try, at most so many inputs. `words` say so to players.

    `title` is that of its board.
    """

    title: str
    inputs_max: int
    words: str


@dataclass(frozen=True)
class Game:
    """A game's name, its words for the lobby, its rules, and the most points a run can be ranked with.

    `lower_is_better`, `unit` and `format` (`points`, `time` for milliseconds, or `moves`) are those of its board at
    first. With `moves` the rules' points are moves, and the server adds the time of the whole run, so that of equal
    ones the quicker is better.
    Where lower is better only a run that is over by the rules counts: one that was broken off would win.
    `points_per_coin` is None where more points are no better play: then each run pays the same.
    `fast` and `too_fast` are inputs a second over a whole run: people hardly play so, and never.
    Words for players are marked with `gettext_noop`, and translated where they are shown; the title is a name.
    The lobby shows games by `lobby_order`, the lowest first.
    `hints` are shown one after the other on a first visit.
    `themes_title` is what the shop calls the themes together, such as "Tile themes".
    """

    slug: str
    title: str
    tagline: str
    how_to_play: str
    rules: Rules
    points_max: int
    achievements: tuple[Achievement, ...] = ()
    lower_is_better: bool = False
    unit: str = gettext_noop("points")
    format: str = "points"
    points_per_coin: int | None = 200
    fast: float = 9.0
    too_fast: float = 15.0
    themes_title: str = gettext_noop("Themes")
    themes: tuple[Theme, ...] = ()
    daily: Daily | None = None
    hints: tuple[str, ...] = ()
    lobby_order: int = 50

    @property
    def is_timed(self) -> bool:
        """Whether the time of a run is part of its result."""
        return self.format == "moves"

    def points(self, state: Any) -> int:
        """The points of a state as boards have them; of a timed game without the time."""
        return self.rules.points(state) * (MOVE if self.is_timed else 1)

    @property
    def theme_kind(self) -> str:
        """What the shop calls its themes as a kind of item."""
        return f"theme:{self.slug}"

    @property
    def picture(self) -> list[str]:
        """The templates of its picture in the lobby: its own, if it has one."""
        return [f"games/{self.slug}_picture.html", "games/picture.html"]

    def check_input(self, input: str) -> None:
        """Raise UnknownInput unless the game knows this input."""
        if input not in self.rules.INPUTS:
            raise UnknownInput


@functools.cache
def _games() -> dict[str, Game]:
    found = [importlib.import_module(f"games.{folder.name}").GAME for folder in game_folders()]
    return {game.slug: game for game in found}


def all_games() -> list[Game]:
    """Every game, as the lobby orders them."""
    return sorted(_games().values(), key=lambda game: (game.lobby_order, game.slug))


def known(slug: str) -> Game | None:
    """The game with this slug; None: it was removed, though its runs are still there."""
    return _games().get(slug)


def unseen_hints(slug: str, hints: tuple[str, ...], seen: str) -> tuple[str, ...]:
    """A game's hints for a first visit; none when the browser's cookie `hints` (`one.another`) has it."""
    return () if slug in seen.split(".") else hints


def find(slug: str) -> Game:
    """The game with this slug.

    Raises:
        UnknownGame: there is none.
    """
    try:
        return _games()[slug]
    except KeyError:
        raise UnknownGame from None
