"""Demo players with real runs: bots of differing skill play by the rules, and their runs are ranked like any other.

Names, skills and inputs are always the same, so that every new arcade looks alike; only the dates differ.
"""

import random
import secrets
import time
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError

from accounts.models import Player
from games.game import Game, all_games
from games.kept_runs.record import record
from leaderboard import boards
from leaderboard.boards import FinishedRun
from visitors import active_days
from wallet import coins

PLAYER_COUNT = 40
#: A demo player takes so long for an input.
PAUSE_MS = 350
SEED = "gameapp demo"
#: The worker may be writing while demo players are removed.
DELETE_TRIES = 10
DAY_MS = 24 * 60 * 60 * 1000

_FIRST = """
    Pixel Turbo Neon Retro Combo Lazy Mega Ninja Cosmo Disco Ultra Quantum Laser Hyper Sonic Velvet
""".split()
_LAST = """
    Panda Mango Waffle Comet Badger Pickle Falcon Noodle Otter Biscuit Rocket Marmot Tango Yeti
""".split()
_COUNTRIES = """
    DE US BR JP FR IN GB KR PL MX NG SE IT ES CA AU NL UA ZA AR
""".split()


@dataclass(frozen=True)
class Step:
    """One demo player of a game: how skilled, and when each of their runs ended, in ms before now."""

    game: Game
    name: str
    country: str
    skill: float
    ages_ms: tuple[int, ...]


def plan() -> list[Step]:
    """What will be planted, the same every time."""
    rng = random.Random(SEED)
    names = rng.sample([first + last for first in _FIRST for last in _LAST], PLAYER_COUNT)
    return [
        Step(
            game=game,
            name=name,
            country=rng.choices(_COUNTRIES, range(len(_COUNTRIES), 0, -1))[0],
            skill=rng.betavariate(1.4, 1.6),
            # Most runs are recent, some weeks old; the newest players came minutes ago.
            ages_ms=tuple(int(45 * DAY_MS * rng.random() ** 6) + 60_000 for _ in range(rng.randint(1, 6))),
        )
        for game in all_games()
        for name in names
    ]


async def plant(step: Step) -> None:
    """Play and rank one demo player's runs. Doing it twice adds no player, only more runs."""
    player, _ = await Player.objects.aget_or_create(
        name=step.name, is_demo=True, defaults={"country": step.country, "password": "!"}
    )
    now_ms = time.time_ns() // 1_000_000
    for number, age_ms in enumerate(sorted(step.ages_ms, reverse=True)):
        seed = f"{SEED} {step.name} {number}"
        inputs, state = _play(step.game, seed, step.skill)
        ended_ms = now_ms - age_ms
        finished = FinishedRun(
            id=secrets.token_urlsafe(12),
            board=step.game.slug,
            player=player.pk,
            card=player.card,
            points=step.game.points(state) + (PAUSE_MS * len(inputs) if step.game.is_timed else 0),
            started_ms=ended_ms - PAUSE_MS * len(inputs),
            record=record(step.game, seed, inputs, state),
        )
        await boards.submit(finished, at_ms=ended_ms)


def _play(game: Game, seed: str, skill: float) -> tuple[list[str], Any]:
    rng, rules = random.Random(seed), game.rules
    state, inputs = rules.new(seed), []
    while not rules.over(state):
        input = rules.suggest(rules.view(state), skill, rng)
        after = rules.apply(state, input)
        if after is not state:
            inputs.append(input)
        state = after
    return inputs, state


async def remove() -> int:
    """Take every demo player and their runs out of SQL and off the boards; returns how many players."""
    players = [pk async for pk in Player.objects.filter(is_demo=True).values_list("pk", flat=True)]
    if players:
        for game in all_games():
            await boards.remove_players(game.slug, players)
        for player in players:
            await coins.forget(player)
            await active_days.forget(player)
        await _delete(players)
    return len(players)


async def _delete(players: list[int]) -> None:
    """Delete players, again when the worker has written a row of theirs between the reading and the end of it."""
    for tries_left in reversed(range(DELETE_TRIES)):
        try:
            await Player.objects.filter(pk__in=players).adelete()
            return
        except IntegrityError:
            if not tries_left:
                raise
