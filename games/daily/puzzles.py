"""The puzzles of the days, and who may begin which run: today's once, a former day's or somebody's for fun."""

import secrets
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from django.core import signing
from django.http import parse_cookie
from django.utils.translation import gettext_noop

from accounts.models import Player
from games.game import Game, find
from games.kept_runs import replay
from games.models import Puzzle
from games.modes import ARCHIVE, BEAT, DAILY, FREE, Mode, UnknownMode, daily_board, daily_game, today
from games.runs import INPUTS_MAX, Played, current
from leaderboard.models import Run
from live.errors import GameError

#: The signed cookie in which a browser has its tries of the day: game → [day, player].
COOKIE, SALT = "tries", "games.daily"
COOKIE_S = 2 * 24 * 60 * 60


class NotYet(GameError):
    code = "not_yet"
    message = gettext_noop("The puzzle of that day is not out yet. It comes at 00:00 UTC.")


class DayGone(GameError):
    code = "day_gone"
    message = gettext_noop("That day is over. Its puzzle can be played in the archive, unranked.")


class PlayedHere(GameError):
    code = "played_here"
    message = gettext_noop("A guest has begun today’s puzzle in this browser, and there is one try.")


class OpenThePage(GameError):
    code = "open_the_page"
    message = gettext_noop("Open the page of today’s puzzle and press Play first.")


class PlayFirst(GameError):
    code = "play_first"
    message = gettext_noop("Today’s puzzle can be watched once you have had your own try.")


async def seed_of(game: Game, day: date) -> str:
    """The seed of a day's puzzle, drawn when somebody first needs it: before its day there is none.

    Raises:
        NotYet: the day has not begun.
        UnknownMode: there was no puzzle on that day.
    """
    if day > today():
        raise NotYet
    if day == today():
        puzzle, _ = await Puzzle.objects.aget_or_create(
            game=game.slug, day=day, defaults={"seed": secrets.token_hex(16)}
        )
        return puzzle.seed
    kept = await Puzzle.objects.filter(game=game.slug, day=day).afirst()
    if kept is None:
        raise UnknownMode
    return kept.seed


class Start(NamedTuple):
    """What a run begins with: its seed, empty for one of its own, and its most inputs."""

    seed: str = ""
    inputs_max: int = INPUTS_MAX


async def start_of(game: Game, player: Player, mode: Mode, cookie: str) -> Start:
    """What a run begins with that a player begins in a mode.

    `cookie` is the browser's `tries`: a guest has today's try in the browser that pressed Play, and only there.

    Raises:
        NotYet, DayGone, Played, PlayedHere, OpenThePage: today's puzzle is not theirs to begin.
        UnknownMode: there is no such puzzle, or no such run to beat.
    """
    if mode.kind == FREE:
        return Start()
    if mode.kind == BEAT:
        return await _to_beat(game, mode.of)
    day = mode.day
    if day is None or game.daily is None:
        raise UnknownMode
    if mode.kind == ARCHIVE:
        if day == today():
            raise NotYet
        return Start(await seed_of(game, day), game.daily.inputs_max)
    if day < today():
        raise DayGone
    seed = await seed_of(game, day)
    await _check_browser(game, player, cookie)
    # Whatever Redis has forgotten, and whoever they were then: a try that SQL has is theirs.
    if await current(game, player.pk, mode) is None and await has_played(game.slug, player, day):
        raise Played
    return Start(seed, game.daily.inputs_max)


async def has_played(game: str, player: Player | None, day: date) -> bool:
    """Whether a player's try at a day's puzzle is kept."""
    return player is not None and await runs_of(game, day).filter(player=player).aexists()


async def has_tried(game: Game, player: Player | None) -> bool:
    """Whether a player has had their try at today's puzzle, be it one that brought no result."""
    if player is None:
        return False
    try:
        run = await current(game, player.pk, Mode(DAILY, today().isoformat()))
    except Played:
        return True
    return (run is not None and run.over) or await has_played(game.slug, player, today())


def runs_of(game: str, day: date) -> Any:
    """The kept tries at a day's puzzle."""
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Run.objects.filter(
        board=daily_board(game), accepted_at__gte=begins, accepted_at__lt=begins + timedelta(days=1)
    )


def day_of(run: Run) -> date | None:
    """The day whose puzzle a kept run was a try at; None: it was none."""
    return run.accepted_at.astimezone(UTC).date() if daily_game(run.board_id) else None


async def may_watch(run: Run, viewer: Player | None) -> bool:
    """Whether a run may be watched now: one of today's puzzle only by whoever has had their own try."""
    game = daily_game(run.board_id)
    if game is None or day_of(run) != today() or (viewer and viewer.pk == run.player_id):
        return True
    return await has_tried(find(game), viewer)


async def _to_beat(game: Game, run_id: str) -> Start:
    try:
        kept = await replay.load(run_id)
    except replay.NoReplay:
        raise UnknownMode from None
    found = replay.record_of(kept)
    if found.game != game.slug:
        raise UnknownMode
    day = day_of(kept)
    if day == today():
        raise NotYet  # Else today's puzzle could be practised.
    return Start(found.seed, game.daily.inputs_max if day and game.daily else INPUTS_MAX)


# What a browser has tried

Tries = dict[str, list[Any]]


def tries(cookie: str) -> Tries:
    """What the cookie says; nothing when it was forged or is too old."""
    try:
        found = signing.loads(cookie, salt=SALT, max_age=COOKIE_S) if cookie else {}
    except signing.BadSignature:
        return {}
    return found if isinstance(found, dict) else {}


async def noted(cookie: str, game: Game, player: Player) -> str:
    """The cookie after a player has begun today's try in this browser.

    Raises:
        PlayedHere: a guest has, and it is another one, or they have signed in since and not brought the guest along.
    """
    found = tries(cookie)
    if await _is_anothers(found.get(game.slug), player):
        raise PlayedHere
    return signing.dumps(found | {game.slug: [today().isoformat(), player.pk]}, salt=SALT)


async def _check_browser(game: Game, player: Player, cookie: str) -> None:
    held = tries(cookie).get(game.slug)
    if player.is_guest and (not held or held[0] != today().isoformat()):
        raise OpenThePage
    if await _is_anothers(held, player):
        raise PlayedHere


async def _is_anothers(held: list[Any] | None, player: Player) -> bool:
    """Whether today's try in this browser is a guest's who is not this player; members share a browser as they like."""
    if not held or held[0] != today().isoformat() or held[1] == player.pk:
        return False
    holder = await Player.objects.filter(pk=held[1]).afirst()
    return player.is_guest or bool(holder and holder.is_guest and not holder.is_gone)


def cookie_in(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The `tries` cookie of a socket's handshake."""
    return parse_cookie(dict(headers).get(b"cookie", b"").decode("latin1")).get(COOKIE, "")
