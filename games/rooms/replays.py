"""Kept matches played again from their logs, and the bots that take a seat."""

import itertools
import random
from typing import Any

import msgspec
from asgiref.sync import sync_to_async
from django.db.models import QuerySet

from accounts.cards import Card
from games.models import Match
from games.replay import FRAMES_MAX
from games.rooms.game import all_room_games, find_room_game
from games.rooms.rooms import Seat
from games.rooms.running.log import Entry, states
from leaderboard.models import HiddenPlayer

BOT_NAMES = ("Bot Ada", "Bot Bix", "Bot Cleo", "Bot Dov")

_log = msgspec.json.Decoder(list[Entry])


def shown() -> QuerySet[Match]:
    """The kept matches that may be seen: of games that there are, and without a hidden player."""
    found = Match.objects.filter(game__in=[game.slug for game in all_room_games()])
    return found.exclude(seats__player__in=HiddenPlayer.objects.values("player_id"))


def length(match: Match) -> int:
    """How many steps a match took."""
    return len(_log.decode(match.log))


async def frames(match: Match, start: int) -> dict[str, Any]:
    """At most 2,000 frames from a place on: each the view after one more step; frame 0 is the first view."""
    return await sync_to_async(_frames, thread_sensitive=False)(match, start)


def _frames(match: Match, start: int) -> dict[str, Any]:
    game, log = find_room_game(match.game), _log.decode(match.log)
    shown = [
        {"input": "", "points": list(game.rules.points(state)), "view": game.rules.view(state)}
        for state in itertools.islice(states(game, match.seed, log), start, start + FRAMES_MAX)
    ]
    return {"start": start, "total": len(log) + 1, "frames": shown}


def bot_seat() -> Seat:
    """A bot for a free seat, marked as one."""
    return Seat(0, Card(random.choice(BOT_NAMES)), 0, True, bot=True, skill=random.uniform(0.6, 0.95))
