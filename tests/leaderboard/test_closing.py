"""Seasons whose Redis was lost, whose clock was wrong, and archives that moderators change while they are written."""

import asyncio
import random

import pytest

from accounts.models import Player
from leaderboard import boards, keys, known_boards
from leaderboard.boards import FinishedRun
from leaderboard.models import Board, Placement, Run, Season
from leaderboard.repair import rebuild
from leaderboard.repair.counting import Flying
from leaderboard.seasons import archive, closing
from leaderboard.stream import feed
from moderation import visibility
from store.client import client
from store.keys import every_key
from tests.worker import drain

pytestmark = pytest.mark.django_db(transaction=True)

NOON_MS = 1_795_478_400_000 + 12 * 3600 * 1000  # A Tuesday.
DAY_MS = 24 * 3600 * 1000
DAY = "day:2026-11-24"


@pytest.fixture
async def players():
    return [await Player.objects.acreate(name=f"Player{number}") for number in range(8)]


_count = iter(range(1_000_000))


async def play(player, points, at_ms=NOON_MS):
    run = FinishedRun(f"closing{next(_count)}", "fuse", player.pk, player.card, points, at_ms, "{}")
    await boards.submit(run, at_ms=at_ms)
    return run.id


async def placed(period=DAY):
    rows = Placement.objects.filter(season__period=period).order_by("rank")
    return [(row.rank, row.player_id, row.points) async for row in rows]


async def lose_redis():
    async for name in client().scan_iter(match=every_key()):
        await client().delete(name)


async def test_a_redis_that_was_lost_over_a_periods_end_leaves_nothing_unarchived(players):
    for number, player in enumerate(players[:3]):
        await play(player, 10 * number)
    await drain()
    await lose_redis()
    at_ms = NOON_MS + 40 * DAY_MS
    board = await Board.objects.aget(slug="fuse")
    assert await closing.close_ended(at_ms=at_ms) == 0  # Redis knows of none.
    assert len([line for line in await rebuild.archive_differences(board) if "not archived" in line]) == 1
    assert await closing.close_missing(at_ms=at_ms) == 3
    expected = [(1, players[2].pk, 20), (2, players[1].pk, 10), (3, players[0].pk, 0)]
    for period in (DAY, "week:2026-W48", "month:2026-11"):
        assert await placed(period) == expected
    assert await closing.close_missing(at_ms=at_ms) == 0
    assert await rebuild.archive_differences(board) == []


async def test_an_older_redis_gives_no_wrong_crowns(players):
    await play(players[0], 10)
    await play(players[1], 90)
    await drain()
    # As it stood before the better run.
    await client().zrem(keys.standings("fuse", DAY), str(players[1].pk))
    assert await closing.close_ended(at_ms=NOON_MS + DAY_MS) == 1
    assert await placed() == [(1, players[1].pk, 90), (2, players[0].pk, 10)]


async def test_repairs_write_an_archive_anew_that_is_wrong(players):
    await play(players[0], 10)
    await play(players[1], 90)
    await drain()
    await closing.close_ended(at_ms=NOON_MS + DAY_MS)
    await Placement.objects.filter(player=players[1]).aupdate(points=5)
    board = await Board.objects.aget(slug="fuse")
    assert any(DAY in line for line in await rebuild.archive_differences(board))
    await rebuild.rebuild_archives(board)
    assert await placed() == [(1, players[1].pk, 90), (2, players[0].pk, 10)]


async def test_players_hidden_while_an_archive_is_written_leave_nobody_out(players, monkeypatch):
    monkeypatch.setattr(archive, "BATCH", 1)
    for number, player in enumerate(players):
        await play(player, 100 - number)
    hides = [visibility.hide_player(player, reason="x", by=None) for player in players[:3]]
    await asyncio.gather(closing.close_ended(at_ms=NOON_MS + DAY_MS), *hides)
    assert await placed() == [(number + 1, player.pk, 100 - number) for number, player in enumerate(players)]
    season = await Season.objects.aget(period=DAY)
    assert [row.placement.player_id for row in await archive.shown(season, 9)] == [each.pk for each in players[3:]]


async def test_a_season_that_a_wrong_clock_closed_is_opened_again_and_ends_with_all_its_runs(players):
    await play(players[0], 10)
    assert await closing.close_ended(at_ms=NOON_MS + DAY_MS) == 1  # All clocks were ahead.
    assert [line.winners for _, line in await feed.lines() if line.kind == "season"] == [["Player0"]]
    assert await closing.close_ended(at_ms=NOON_MS + 1000) == 0  # They are right again.
    assert not await Season.objects.filter(period=DAY, closed_at__isnull=False).aexists()
    await play(players[1], 90, NOON_MS + 2000)
    assert await client().ttl(keys.standings("fuse", DAY)) == -1
    assert await closing.close_ended(at_ms=NOON_MS + DAY_MS) == 1
    assert await placed() == [(1, players[1].pk, 90), (2, players[0].pk, 10)]
    assert [line.winners for _, line in await feed.lines() if line.kind == "season"] == [["Player1", "Player0"]]


async def test_a_first_place_is_told_however_late_the_worker_comes(players):
    for number, player in enumerate(players[:4]):
        await play(player, 100 - number, NOON_MS)
    await play(players[3], 99, NOON_MS + 1_000)
    await play(players[3], 500, NOON_MS + 30_000)  # First, within a minute of the line before.
    await play(players[3], 600, NOON_MS + 40_000)  # First still: no news within the minute.
    await play(players[3], 700, NOON_MS + 120_000)
    await drain()
    own = [(line.kind, line.rank, line.points) for _, line in await feed.lines() if line.player == players[3].pk]
    assert own == [("best", 1, 700), ("place", 1, 500), ("place", 3, 99)]


@pytest.mark.parametrize(
    ("order", "operator"), [("desc", "best"), ("asc", "best"), ("desc", "total"), ("desc", "latest")]
)
async def test_moving_one_place_is_the_same_as_writing_the_archive_anew(players, order, operator):
    await Board.objects.filter(slug="fuse").aupdate(order=order, operator=operator)
    known_boards.forget()
    board = await Board.objects.aget(slug="fuse")
    rng = random.Random(7)
    for _ in range(40):
        await play(rng.choice(players), rng.randint(1, 9), NOON_MS + rng.randint(0, 3) * 1000)
    await drain()
    await closing.close_ended(at_ms=NOON_MS + DAY_MS)
    season = await Season.objects.aget(period=DAY)
    runs = [run async for run in Run.objects.select_related("player")]
    for _ in range(25):
        run = rng.choice(runs)
        run.is_hidden = not run.is_hidden
        await run.asave(update_fields=["is_hidden"])
        await archive.put_right(board, run.player_id, run.accepted_at)
        moved = [
            (row.rank, row.player_id, row.points, row.reached_at)
            async for row in Placement.objects.filter(season=season).order_by("rank")
        ]
        await asyncio.to_thread(archive.rewrite, board, season, Flying([], ""))
        anew = [
            (row.rank, row.player_id, row.points, row.reached_at)
            async for row in Placement.objects.filter(season=season).order_by("rank")
        ]
        assert moved == anew
