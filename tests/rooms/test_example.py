"""The example of docs/adding-a-game.md is a whole game, and is what the document shows."""

import random
import sys

import pytest

import games
from tests.rooms.test_stage import World
from tests.stack import ROOT

FOLDER = ROOT / "tests" / "games_elsewhere"


@pytest.fixture
def tug(monkeypatch):
    monkeypatch.setattr(games, "__path__", [*games.__path__, str(FOLDER)])
    from games.tug import ROOM_GAME

    yield ROOM_GAME
    for name in [name for name in sys.modules if name.startswith("games.tug")]:
        del sys.modules[name]


def room(tug, bots: int = 0):
    from accounts.cards import Card
    from games.rooms.rooms import Room, Seat

    seats = [Seat(number + 1, Card(f"P{number}"), bot=number >= 2 - bots, skill=0.9) for number in range(2)]
    return Room("r", tug, "seed", "waiting", True, seats, 0, "", 0, 0, 0, [], [0, 0])


def test_the_document_shows_the_very_files():
    page = (ROOT / "docs" / "adding-a-game.md").read_text()
    for path in (FOLDER / "tug").glob("*.py"):
        assert path.read_text() in page
    assert sum(len(path.read_text().splitlines()) for path in (FOLDER / "tug").glob("*.py")) < 100


def test_it_is_played_to_its_end_by_two_bots(tug):
    world = World(room(tug, bots=2))
    stage = world.own()
    for _ in range(3_000):
        world.now_ms += 50
        world.write(stage.advance(world.now_ms))
        if stage.ended:
            break
    assert stage.ended
    assert sorted(each.place for each in tug.rules.result(stage.state)) in ([1, 1], [1, 2])


@pytest.mark.parametrize("seed", range(10))
def test_its_rules_keep_what_the_runner_needs(tug, seed):
    rng, rules = random.Random(seed), tug.rules
    state = rules.new("seed", 2)
    for _ in range(200):
        assert rules.idle(state, 3) == rules.step(rules.step(rules.step(state, []), []), [])
        assert rules.load(rules.dump(state)) == state
        inputs = [(seat, "pull") for seat in range(2) if rng.random() < 0.5]
        assert rules.step(state, inputs) == rules.step(state, inputs[::-1])
        state = rules.step(state, inputs)
