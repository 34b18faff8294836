"""Demo players and what is left when they go."""

from datetime import UTC, datetime

import pytest
from django.db.models.deletion import Collector

from accounts.models import Player
from games.game import find
from games.kept_runs.record import decode, states
from leaderboard import boards, keys
from leaderboard.models import Run
from leaderboard.reading import standings
from leaderboard.stream import history
from leaderboard.stream.readers import streams
from leaderboard.words import MOVE
from store.client import blocking, client
from store.stream import GroupReader
from tools import demo

NOW = datetime(2026, 1, 1, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(demo, "PLAYER_COUNT", 6)


async def plant_all():
    for step in demo.plan():
        await demo.plant(step)


async def write_history():
    connection = blocking(1)
    while await GroupReader(history.GROUP, "w", streams).step(connection, block_ms=None):
        pass
    await connection.aclose()


def test_the_plan_is_the_same_every_time():
    assert demo.plan() == demo.plan()
    assert len({step.country for step in demo.plan()}) > 8
    assert len({step.name for step in demo.plan()}) == demo.PLAYER_COUNT


async def test_they_are_marked_and_ranked(few):
    await plant_all()
    size, rows = (read := await standings.top("fuse", "all", 50)).size, read.rows
    assert size == 6
    assert all(row.card.demo for row in rows)
    assert all([player.is_demo async for player in Player.objects.all()])


async def test_their_runs_are_real_and_replay_to_their_points(few):
    await plant_all()
    await write_history()
    assert await Run.objects.acount() >= 6
    async for run in Run.objects.all():
        kept = decode(run.record)
        game = find(kept.game)
        *_, last = states(game, kept.seed, kept.inputs)
        assert game.points(last) == run.points - run.points % MOVE * game.is_timed


async def test_removing_them_leaves_everybody_else(few, finished):
    await plant_all()
    bob = await Player.objects.acreate(name="Bob")
    await boards.submit(finished(bob, 100))
    await write_history()
    assert await demo.remove() == 6
    assert [player.name async for player in Player.objects.all()] == ["Bob"]
    for name in await client().keys(keys.standings("fuse", "*")):
        assert await client().zrange(name, 0, -1) in ([], [str(bob.pk)])
    assert await client().hkeys(keys.cards("fuse")) == [str(bob.pk)]
    assert await Run.objects.acount() == 1


async def test_a_row_that_the_worker_writes_meanwhile_does_not_stop_the_removal(few, monkeypatch):
    """The worker writes between the reading of what hangs on the players and the end of the transaction."""
    await plant_all()
    await write_history()
    own, written = Collector.delete, []

    def delete(collector):
        if not written and Player in collector.data:
            player = Player.objects.filter(is_demo=True).first()
            Run.objects.create(
                id="meanwhile", board_id="fuse", player_id=player.pk, points=5, started_at=NOW, accepted_at=NOW,
                sequence=5, record="{}",
            )  # fmt: skip
            written.append(player.pk)
        return own(collector)

    monkeypatch.setattr(Collector, "delete", delete)
    assert await demo.remove() == 6
    assert written
    assert not await Player.objects.filter(is_demo=True).aexists()
