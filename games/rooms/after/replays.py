"""Kept matches played again from their logs, and the bots that take a seat."""

import itertools
import random
from collections.abc import Iterator
from typing import Any

import msgspec
from asgiref.sync import sync_to_async
from django.db.models import QuerySet

from accounts.cards import Card
from games.kept_runs.replay import FRAMES_MAX
from games.models import Match
from games.rooms.game import RoomGame, all_room_games, find_room_game
from games.rooms.rooms import Seat
from games.rooms.running.log import Entry, after, states
from leaderboard.models import HiddenPlayer

BOT_NAMES = ("Bot Ada", "Bot Bix", "Bot Cleo", "Bot Dov", "Bot Eve", "Bot Fay", "Bot Gus", "Bot Hal")

#: The replay of an arena shows every fourth tick.
SHOWN_TICKS = 4

_log = msgspec.json.Decoder(list[Entry])


def shown() -> QuerySet[Match]:
    """The kept matches that may be seen: of games that there are, and without a hidden player."""
    found = Match.objects.filter(game__in=[game.slug for game in all_room_games()])
    return found.exclude(seats__player__in=HiddenPlayer.objects.values("player_id"))


def length(match: Match) -> int:
    """How many frames its replay has after the first."""
    return _length(find_room_game(match.game), _log.decode(match.log))


async def frames(match: Match, start: int) -> dict[str, Any]:
    """At most 2,000 frames from a place on: each the view after one more step, in an arena after four more ticks."""
    return await sync_to_async(_frames, thread_sensitive=False)(match, start)


def _frames(match: Match, start: int) -> dict[str, Any]:
    game, log = find_room_game(match.game), _log.decode(match.log)
    found = _ticked(game, match.seed, log) if game.arena else states(game, match.seed, log)
    shown = [
        {"input": "", "points": list(game.rules.points(state)), "view": game.rules.view(state)}
        for state in itertools.islice(found, start, start + FRAMES_MAX)
    ]
    return {"start": start, "total": _length(game, log) + 1, "frames": shown}


def _ticked(game: RoomGame, seed: str, log: list[Entry]) -> Iterator[Any]:
    """Every fourth state of a match that goes on by itself, from the first to the last."""
    rules, state = game.rules, game.rules.new(seed, game.seats)
    yield state
    for entry in log:
        while rules.tick(state) < entry.tick:
            state = rules.idle(state, 1)
            if rules.tick(state) % SHOWN_TICKS == 0:
                yield state
        state, before = after(game, state, entry), rules.tick(state)
        if rules.tick(state) > before and rules.tick(state) % SHOWN_TICKS == 0:
            yield state


def _length(game: RoomGame, log: list[Entry]) -> int:
    if not game.arena or not log:
        return len(log)
    last = log[-1]  # One in which nobody did anything is kept as the tick up to which nothing happened.
    known = any(input in game.rules.INPUTS for _, _, input in last.inputs)
    return (last.tick + bool(known or last.forfeits or last.joins)) // SHOWN_TICKS


def bot_seat(number: int | None = None) -> Seat:
    """A bot for a free seat, marked as one; for the same number always the same one."""
    if number is None:
        return Seat(0, Card(random.choice(BOT_NAMES)), bot=True, skill=random.uniform(0.6, 0.95))
    return Seat(0, Card(BOT_NAMES[number % len(BOT_NAMES)]), bot=True, skill=0.5 + number * 0.29 % 0.45)
