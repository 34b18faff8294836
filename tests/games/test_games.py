"""What a game is: a second one is a folder and nothing else."""

import textwrap

import pytest

from games import game as registry
from games.game import UnknownGame, all_games, find
from games.settle import settle
from leaderboard import keys as board_keys
from store.client import client
from tests.sockets import Socket

COIN = '''
    """Heads or tails: three throws, a point for each head called right."""
    import hashlib
    import json

    INPUTS = ("heads", "tails")

    def new(seed):
        return (seed, 0, 0)

    def apply(state, input):
        seed, thrown, points = state
        if thrown == 3:
            return state
        side = INPUTS[hashlib.blake2b(str(thrown).encode(), key=seed.encode()).digest()[0] % 2]
        return (seed, thrown + 1, points + (side == input))

    def points(state):
        return state[2]

    def over(state):
        return state[1] == 3

    def view(state):
        return {"thrown": state[1]}

    def dump(state):
        return json.dumps(state)

    def load(text):
        return tuple(json.loads(text))

    def suggest(view, skill, rng):
        return rng.choice(INPUTS)
'''


@pytest.fixture
def coin(tmp_path, monkeypatch):
    """A second game in a folder of its own."""
    import games

    folder = tmp_path / "coin"
    folder.mkdir()
    (folder / "rules.py").write_text(textwrap.dedent(COIN))
    (folder / "__init__.py").write_text(
        "from games.coin import rules\nfrom games.game import Game\n"
        "GAME = Game('coin', 'Coin', 'Call it.', 'Heads or tails.', rules, 3)\n"
    )
    monkeypatch.setattr(games, "__path__", [*games.__path__, str(tmp_path)])
    registry._games.cache_clear()
    yield
    registry._games.cache_clear()


def test_the_games_are_found():
    assert [game.slug for game in all_games()] == ["fuse", "lights"]


def test_there_is_no_other_game():
    with pytest.raises(UnknownGame):
        find("chess")


@pytest.mark.django_db(transaction=True)
async def test_a_second_game_can_be_played_and_ranked(coin, alice):
    from asgiref.sync import sync_to_async

    from games.apps import _ensure_boards
    from leaderboard.reading import standings

    await sync_to_async(_ensure_boards)()
    async with Socket("/ws/play/coin/", alice) as socket:
        await socket.say(type="start")
        run = await socket.next("run")
        for seq in (1, 2, 3):
            await socket.say(type="move", run=run["run"], seq=seq, input="heads")
        finished = await socket.next("finished")
        assert 0 <= finished["points"] <= 3
    # A run without points is no result.
    assert (await standings.standing("coin", "day", alice.pk)).points == (finished["points"] or None)


@pytest.mark.django_db(transaction=True)
async def test_a_run_left_behind_is_ranked_by_the_worker(monkeypatch):
    from accounts.models import Player
    from games import ranking, runs
    from leaderboard.reading import standings

    bob = await Player.objects.acreate(name="Bob")
    monkeypatch.setattr(ranking, "SETTLE_AFTER_MS", -1)
    run = await runs.begin(find("fuse"), bob.pk)
    while not run.points:
        for input in ("left", "down", "right", "up"):
            run = await runs.move(run, input) or run
    await runs.end(run)
    await client().set(board_keys.cards("fuse"), "no hash")
    assert await settle() == 1  # It cannot be ranked; nothing else is held up, and it stays.
    await client().delete(board_keys.cards("fuse"))
    assert await settle() == 1
    assert (await standings.standing("fuse", "day", bob.pk)).rank == 1
    assert await settle() == 0


@pytest.mark.django_db(transaction=True)
async def test_a_run_whose_board_is_gone_is_let_go(monkeypatch):
    from accounts.models import Player
    from games import ranking, runs
    from leaderboard.errors import UnknownBoard

    async def gone(_: str):
        raise UnknownBoard

    bob = await Player.objects.acreate(name="Bob")
    monkeypatch.setattr(ranking, "SETTLE_AFTER_MS", -1)
    monkeypatch.setattr(ranking, "find_board", gone)
    await runs.end(await runs.begin(find("fuse"), bob.pk))
    assert await settle() == 1
    assert await settle() == 0
