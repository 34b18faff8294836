"""Being passed on a board: who is told, about what, and how often."""

import pytest

from accounts.models import Player
from leaderboard import boards
from leaderboard.messages import Passed
from leaderboard.reading import standings
from leaderboard.stream import overtaken
from store.limits import Policy

pytestmark = pytest.mark.usefixtures("fuse")


@pytest.fixture
def told(monkeypatch):
    found = []

    async def tell_player(player, message):
        found.append((player, message))

    monkeypatch.setattr(overtaken, "tell_player", tell_player)
    return found


async def play(finished, player, points, id=""):
    report = await boards.submit(finished(player, points, id))
    await overtaken.tell("fuse", player.pk, report)
    return report


async def test_the_one_who_was_passed_is_told_by_whom_and_by_how_much(finished, alice, bob, told):
    await play(finished, alice, 500)
    await play(finished, bob, 620)
    assert told == [(alice.pk, Passed("board:fuse:all", "Fuse", "all", "Bob", 120, "points", 2))]


async def test_a_run_that_is_sent_again_tells_nobody_again(finished, alice, bob, told, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"passed": Policy(100, 60)}
    await play(finished, alice, 500)
    for _ in range(3):
        await play(finished, bob, 620, "same")
    assert len(told) == 1


async def test_a_player_is_told_at_most_once_a_minute(finished, alice, told):
    await play(finished, alice, 500)
    for pk in range(10, 20):
        await play(finished, Player(pk=pk, name=f"P{pk}"), 600 + pk)
    assert [player for player, _ in told].count(alice.pk) == 1


async def test_a_run_that_passes_nobody_tells_nobody(finished, alice, bob, told):
    await play(finished, alice, 500)
    await play(finished, bob, 300)
    await play(finished, bob, 400)
    await play(finished, alice, 900)
    assert told == []


async def test_who_was_below_before_is_not_told(finished, told):
    players = [Player(pk=pk, name=f"P{pk}") for pk in range(10, 16)]
    for player in players:
        await boards.submit(finished(player, player.pk * 100))
    # From fourth to second: the two in between, and not those who were below already.
    await play(finished, players[2], 1450)
    assert {player for player, _ in told} == {13, 14}
    assert [row.player for row in (await standings.top("fuse", "all", 3)).rows] == [15, 12, 14]


async def test_where_lower_is_better_the_difference_is_still_positive(fuse, finished, alice, bob, told):
    fuse.order = "asc"
    await play(finished, alice, 500)
    await play(finished, bob, 450)
    assert [(player, message.points) for player, message in told] == [(alice.pk, 50)]
