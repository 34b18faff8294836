"""What a run is for: free play, today's puzzle, a former day's, or beating somebody's run on its seed.

The server alone says which seed a run has, whether it is ranked, and on which board.
"""

from datetime import UTC, date, datetime

import msgspec
from django.utils.translation import gettext_noop

from games.game import Game
from live.errors import GameError

FREE, DAILY, ARCHIVE, BEAT = "", "daily", "archive", "beat"
DAILY_SUFFIX = "-daily"


class UnknownMode(GameError):
    code = "unknown_mode"
    message = gettext_noop("There is no such way to play this game.")


class Mode(msgspec.Struct, frozen=True):
    """One of the four; `of` is the day of a puzzle (ISO), or the run to beat."""

    kind: str = FREE
    of: str = ""

    @property
    def text(self) -> str:
        """As messages and keys have it: empty, `daily/2026-11-28`, `archive/2026-11-27`, `beat/<run>`."""
        return f"{self.kind}/{self.of}" if self.kind else ""

    @property
    def day(self) -> date | None:
        """The day whose puzzle it is."""
        return date.fromisoformat(self.of) if self.kind in (DAILY, ARCHIVE) else None

    def board(self, game: Game) -> str | None:
        """The board that ranks its runs; None: they are not ranked."""
        return {FREE: game.slug, DAILY: daily_board(game.slug)}.get(self.kind)


FREE_PLAY = Mode()


def parse(text: str) -> Mode:
    """The mode in a message or a key. Raises UnknownMode when it is none."""
    if not text:
        return FREE_PLAY
    kind, _, of = text.partition("/")
    if kind not in (DAILY, ARCHIVE, BEAT) or not of or len(of) > 40:
        raise UnknownMode
    # A day has one spelling, since the text names its one try.
    if kind != BEAT and _spelt(of) != of:
        raise UnknownMode
    return Mode(kind, of)


def _spelt(day: str) -> str:
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:
        return ""


def day_end_ms(day: date) -> int:
    """When a day ends, UTC ms."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() + 24 * 60 * 60) * 1000


def daily_board(game: str) -> str:
    """The slug of the board of a game's puzzles of the day."""
    return f"{game}{DAILY_SUFFIX}"


def daily_game(board: str) -> str | None:
    """The game whose puzzles of the day a board ranks; None: it is no such board."""
    game = board.removesuffix(DAILY_SUFFIX)
    return game if game != board else None


def today() -> date:
    """The day of today's puzzle: it begins at 00:00 UTC."""
    return datetime.now(UTC).date()
