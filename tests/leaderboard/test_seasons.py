"""Closing the periods that have ended."""

import asyncio

import pytest

from accounts.models import Player
from leaderboard import boards, keys
from leaderboard.boards import FinishedRun
from leaderboard.models import Board, Placement, Run, Season
from leaderboard.seasons import archive, closing
from leaderboard.stream import feed, history, readers
from moderation import visibility
from store.client import blocking, client
from store.lock import LockHeld
from store.stream import GroupReader

pytestmark = pytest.mark.django_db(transaction=True)

NOON_MS = 1_795_478_400_000 + 12 * 3600 * 1000  # A Tuesday.
DAY_MS = 24 * 3600 * 1000


@pytest.fixture
async def players():
    return [await Player.objects.acreate(name=f"Player{number}") for number in range(5)]


async def play(player, points, at_ms):
    play.count = getattr(play, "count", 0) + 1
    run = FinishedRun(f"season-run{play.count}", "fuse", player.pk, player.card, points, at_ms, "{}")
    await boards.submit(run, at_ms=at_ms)


async def placements(period):
    rows = Placement.objects.filter(season__period=period).order_by("rank")
    return [(row.rank, row.player_id, row.points) async for row in rows]


async def test_nothing_is_closed_before_its_end(players):
    await play(players[0], 10, NOON_MS)
    assert await closing.close_ended(at_ms=NOON_MS + DAY_MS // 2 - 1) == 0
    assert not await Season.objects.aexists()


async def test_an_ended_day_is_archived_with_every_players_rank(players):
    for number, player in enumerate(players):
        await play(player, number * 10, NOON_MS)
    assert await closing.close_ended(at_ms=NOON_MS + DAY_MS) == 1
    expected = [(rank, players[5 - rank].pk, (5 - rank) * 10) for rank in range(1, 6)]
    assert await placements("day:2026-11-24") == expected
    season = await Season.objects.aget()
    assert season.closed_at is not None
    assert [row.has_crown for row in await archive.shown(season, 9)] == [True, True, True, False, False]


async def test_after_the_archive_the_standings_end_by_themselves(players):
    await play(players[0], 10, NOON_MS)
    await closing.close_ended(at_ms=NOON_MS + DAY_MS)
    name = keys.standings("fuse", "day:2026-11-24")
    assert 0 < await client().ttl(name) <= closing.KEPT_AFTER_CLOSING_S
    assert await client().ttl(keys.standings("fuse", "week:2026-W48")) == -1


async def test_the_crowned_are_announced_once(players):
    for number, player in enumerate(players):
        await play(player, number * 10, NOON_MS)
    await closing.close_ended(at_ms=NOON_MS + DAY_MS)
    await closing.close_ended(at_ms=NOON_MS + DAY_MS)
    lines = [line for _, line in await feed.lines() if line.kind == "season"]
    assert [line.winners for line in lines] == [["Player4", "Player3", "Player2"]]


async def test_a_downtime_is_caught_up_with_each_missed_period_once(players):
    for back in range(10):
        await play(players[back % 5], back, NOON_MS - back * DAY_MS)
    closed = await closing.close_ended(at_ms=NOON_MS + 40 * DAY_MS)
    kinds = [season.kind async for season in Season.objects.all()]
    assert closed == len(kinds) == 14
    assert (kinds.count("day"), kinds.count("week"), kinds.count("month")) == (10, 3, 1)
    assert await closing.close_ended(at_ms=NOON_MS + 40 * DAY_MS) == 0


async def test_ten_workers_at_once_close_it_once(players):
    for number, player in enumerate(players):
        await play(player, number * 10, NOON_MS)
    closed = await asyncio.gather(*(closing.close_ended(at_ms=NOON_MS + DAY_MS) for _ in range(10)))
    assert sum(closed) == 1
    assert len(await placements("day:2026-11-24")) == 5


async def test_a_late_run_lands_in_the_period_that_accepted_it(players):
    end_ms = NOON_MS + DAY_MS // 2
    await play(players[0], 10, end_ms - 1)
    await play(players[1], 20, end_ms)
    await closing.close_ended(at_ms=end_ms)
    assert await placements("day:2026-11-24") == [(1, players[0].pk, 10)]


async def test_what_a_dead_worker_left_half_done_is_done_anew(players):
    await play(players[0], 10, NOON_MS)
    board = await Board.objects.aget(pk="fuse")
    end_ms = NOON_MS + DAY_MS // 2
    season = await Season.objects.acreate(board=board, period="day:2026-11-24", kind="day", ends_at="2026-11-25T00:00Z")
    await Placement.objects.acreate(season=season, rank=1, player=players[3], points=1, reached_at="2026-11-24T00:00Z")
    assert await closing.close(board, "day:2026-11-24", end_ms)
    assert await placements("day:2026-11-24") == [(1, players[0].pk, 10)]


async def test_a_stalled_worker_that_wakes_up_writes_nothing_more(players):
    await play(players[0], 10, NOON_MS)
    board = await Board.objects.aget(pk="fuse")
    season = await Season.objects.acreate(
        board=board, period="day:2026-11-24", kind="day", ends_at="2026-11-25T00:00Z", fence=7
    )
    with pytest.raises(closing.Fenced):
        await closing._archive(board, season, fence=6)
    assert await placements("day:2026-11-24") == []


async def test_a_season_that_somebody_is_closing_is_left_to_them(players):
    from store.lock import hold

    await play(players[0], 10, NOON_MS)
    board = await Board.objects.aget(pk="fuse")
    async with hold("season:fuse:day:2026-11-24"):
        with pytest.raises(LockHeld):
            await closing.close(board, "day:2026-11-24", NOON_MS + DAY_MS // 2)
        assert await closing.close_ended(at_ms=NOON_MS + DAY_MS) == 0
    assert await closing.close_ended(at_ms=NOON_MS + DAY_MS) == 1


async def test_a_board_where_lower_is_better_crowns_the_lowest(players):
    from leaderboard import known_boards

    await Board.objects.filter(pk="fuse").aupdate(order="asc")
    known_boards.forget()
    for number, player in enumerate(players):
        await play(player, number * 10, NOON_MS)
    await closing.close_ended(at_ms=NOON_MS + DAY_MS)
    assert (await placements("day:2026-11-24"))[0] == (1, players[0].pk, 0)


async def test_hidden_players_are_not_shown_in_archives_and_come_back(players):
    for number, player in enumerate(players):
        await play(player, number * 10, NOON_MS)
    await closing.close_ended(at_ms=NOON_MS + DAY_MS)
    season = await Season.objects.aget()
    await visibility.hide_player(players[4], reason="cheated", by=None)
    assert (await archive.shown(season, 9))[0].placement.player_id == players[3].pk
    await visibility.restore_player(players[4], reason="did not", by=None)
    assert (await archive.shown(season, 9))[0].placement.player_id == players[4].pk


async def write_history():
    connection = blocking(1)
    while await GroupReader(history.GROUP, "w", readers.streams).step(connection, block_ms=None):
        pass
    await connection.aclose()


async def shown(period):
    season = await Season.objects.aget(period=period)
    return [(row.rank, row.placement.player_id, row.has_crown) for row in await archive.shown(season, 9)]


async def test_ranks_and_crowns_of_an_archive_close_up_behind_a_hidden_player(players):
    for number, player in enumerate(players):
        await play(player, number * 10, NOON_MS)
    await closing.close_ended(at_ms=NOON_MS + DAY_MS)
    await visibility.hide_player(players[4], reason="a bot", by=None)
    expected = [(rank, players[4 - rank].pk, rank <= 3) for rank in range(1, 5)]
    assert await shown("day:2026-11-24") == expected
    season = await Season.objects.aget()
    assert (await archive.shown_of(season, players[0].pk)).rank == 4
    assert await archive.shown_of(season, players[4].pk) is None


async def test_hiding_a_run_changes_the_archive_and_restoring_it_changes_it_back(players):
    await play(players[0], 100, NOON_MS)
    await play(players[1], 50, NOON_MS)
    await play(players[0], 20, NOON_MS)
    await write_history()
    await closing.close_ended(at_ms=NOON_MS + DAY_MS)
    before = await placements("day:2026-11-24")
    best = await Run.objects.select_related("player").aget(points=100)
    await visibility.hide_run(best, reason="odd", by=None)
    assert await placements("day:2026-11-24") == [(1, players[1].pk, 50), (2, players[0].pk, 20)]
    await visibility.restore_run(best, reason="fine", by=None)
    assert await placements("day:2026-11-24") == before


async def test_a_player_hidden_while_a_season_ended_is_in_its_archive_once_restored(players):
    await play(players[0], 100, NOON_MS)
    await play(players[1], 50, NOON_MS)
    await write_history()
    await visibility.hide_player(players[0], reason="odd", by=None)
    await closing.close_ended(at_ms=NOON_MS + DAY_MS)
    assert await shown("day:2026-11-24") == [(1, players[1].pk, True)]
    await visibility.restore_player(players[0], reason="fine", by=None)
    assert await shown("day:2026-11-24") == [(1, players[0].pk, True), (2, players[1].pk, True)]


async def test_a_season_that_cannot_be_closed_holds_up_no_other(players, monkeypatch):
    for back in range(3):
        await play(players[0], 10, NOON_MS - back * DAY_MS)
    archive_season = closing._archive

    async def fail_once(board, season, fence):
        if season.period == "day:2026-11-22":
            raise ValueError("odd")
        await archive_season(board, season, fence)

    monkeypatch.setattr(closing, "_archive", fail_once)
    assert await closing.close_ended(at_ms=NOON_MS + DAY_MS) == 3
    monkeypatch.undo()
    assert await closing.close_ended(at_ms=NOON_MS + DAY_MS) == 1
