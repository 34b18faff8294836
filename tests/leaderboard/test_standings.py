"""Reads beyond the property test: cursors, windows, champions, batches, closed boards, the feed."""

import asyncio

import pytest

from accounts.models import Player
from leaderboard import boards, keys
from leaderboard.boards import FinishedRun
from leaderboard.errors import BadCursor, BoardClosed, NoWindow, PeriodEnded, PlayerHidden, PointsOutOfRange
from leaderboard.models import Board
from leaderboard.reading import standings, windows
from leaderboard.reports import Report
from store.client import client

NOON_MS = 1_795_478_400_000 + 12 * 3600 * 1000
DAY_MS = 24 * 3600 * 1000

pytestmark = pytest.mark.usefixtures("fuse")


@pytest.fixture
def ten(finished):
    """Ten players with 100 to 1,000 points."""

    async def play(at_ms=None):
        for pk in range(1, 11):
            await boards.submit(finished(Player(pk=pk, name=f"p{pk}"), pk * 100), at_ms=at_ms)

    return play


def ranks(rows):
    return [row.rank for row in rows.rows]


class TestCursors:
    async def test_pages_follow_each_other_to_the_end(self, ten):
        await ten()
        first = await standings.top("fuse", "day", 4)
        second = await standings.page("fuse", "day", first.cursor, 4)
        third = await standings.page("fuse", "day", second.cursor, 4)
        assert [ranks(page) for page in (first, second, third)] == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]]
        assert third.cursor is None

    async def test_nobody_who_stayed_is_shown_twice_or_left_out_while_scores_move(self, ten, finished):
        await ten()
        first = await standings.top("fuse", "day", 4)  # 10, 9, 8, 7
        await boards.submit(finished(Player(pk=1, name="p1"), 5000))  # From the end to the top…
        await boards.submit(finished(Player(pk=2, name="p2"), 650))  # …and between 7 and 6.
        second = await standings.page("fuse", "day", first.cursor, 4)
        assert [row.player for row in second.rows] == [2, 6, 5, 4]
        assert ranks(second) == [6, 7, 8, 9]

    async def test_the_player_at_the_cursor_may_leave(self, ten):
        await ten()
        first = await standings.top("fuse", "day", 4)
        await boards.remove_players("fuse", [7])
        second = await standings.page("fuse", "day", first.cursor, 2)
        assert [(row.player, row.rank) for row in second.rows] == [(6, 4), (5, 5)]

    async def test_many_equal_scores_are_paged_through(self, finished):
        for pk in range(1, 41):
            await boards.submit(finished(Player(pk=pk, name=f"p{pk}"), 100), at_ms=NOON_MS)
        page, seen = await standings.top("fuse", "day", 7, now_ms=NOON_MS), []
        while True:
            seen += [row.player for row in page.rows]
            if page.cursor is None:
                break
            page = await standings.page("fuse", "day", page.cursor, 7, now_ms=NOON_MS)
        assert sorted(seen) == list(range(1, 41))

    async def test_a_cursor_of_an_ended_period_is_refused_with_its_own_code(self, ten):
        await ten(NOON_MS)
        first = await standings.top("fuse", "day", 4, now_ms=NOON_MS)
        with pytest.raises(PeriodEnded):
            await standings.page("fuse", "day", first.cursor, 4, now_ms=NOON_MS + DAY_MS)

    @pytest.mark.parametrize("cursor", ["", "made-up", "WyJkYXkiXQ:abc:def"])
    async def test_a_made_up_cursor_is_refused(self, cursor):
        with pytest.raises(BadCursor):
            await standings.page("fuse", "day", cursor, 4)

    async def test_a_cursor_of_another_kind_of_period_is_refused(self, ten):
        await ten()
        first = await standings.top("fuse", "day", 4)
        with pytest.raises(BadCursor):
            await standings.page("fuse", "week", first.cursor, 4)


async def test_around_is_shifted_at_the_edges(ten):
    await ten()
    for player, expected in ((10, [1, 2, 3, 4, 5]), (9, [1, 2, 3, 4, 5]), (6, [3, 4, 5, 6, 7]), (1, [6, 7, 8, 9, 10])):
        assert ranks(await standings.around("fuse", "day", player, 5)) == expected
    assert ranks(await standings.around("fuse", "day", 3, 50)) == list(range(1, 11))
    assert (await standings.around("fuse", "day", 99, 5)).rows == []


async def test_among_gives_ranks_on_the_whole_board_best_first(ten):
    await ten()
    read = await standings.among("fuse", "day", [3, 99, 8])
    assert [(row.player, row.rank) for row in read.rows] == [(8, 3), (3, 8)]


async def test_a_percentile_is_the_share_that_stands_no_higher(ten):
    await ten()
    found = [(await standings.standing("fuse", "day", player)).percentile for player in (10, 5, 1)]
    assert found == [100.0, 50.0, 10.0]


class TestBatch:
    async def test_a_thousand_runs_are_ranked_in_one_call(self, finished):
        runs = [finished(Player(pk=1 + n % 200, name="P"), n) for n in range(1000)]
        answers = await boards.submit_many(runs)
        assert all(isinstance(answer, Report) for answer in answers)
        assert [answer.run for answer in answers] == [run.id for run in runs]
        top = await standings.top("fuse", "day", 3)
        assert [(row.player, row.points) for row in top.rows] == [(200, 999), (199, 998), (198, 997)]
        assert top.size == 200
        assert await client().xlen(keys.runs("fuse")) == 1000

    async def test_each_run_has_its_own_success_or_reason(self, finished, alice, bob):
        await client().sadd(keys.hidden("fuse"), str(bob.pk))
        runs = [finished(alice, 5), finished(alice, -1), finished(bob, 7), finished(alice, 9)]
        answers = await boards.submit_many(runs)
        assert [type(answer) for answer in answers] == [Report, PointsOutOfRange, PlayerHidden, Report]
        assert (await standings.standing("fuse", "day", alice.pk)).points == 9
        assert (await standings.standing("fuse", "day", bob.pk)).rank is None

    async def test_the_same_batch_again_changes_nothing(self, finished, alice):
        runs = [finished(alice, n) for n in range(50)]
        first = await boards.submit_many(runs)
        assert await boards.submit_many(runs) == first
        assert await client().xlen(keys.runs("fuse")) == 50

    async def test_a_redis_that_forgot_the_script_is_told_it_again(self, finished, alice):
        await client().script_flush()
        answers = await boards.submit_many([finished(alice, n) for n in range(100)])
        assert all(isinstance(answer, Report) for answer in answers)

    async def test_more_than_a_thousand_are_refused(self, finished, alice):
        with pytest.raises(ValueError):
            await boards.submit_many([finished(alice, 1, id="x")] * 1001)


async def test_a_closed_board_takes_no_run(fuse, finished, alice):
    fuse.is_open = False
    with pytest.raises(BoardClosed):
        await boards.submit(finished(alice, 1))
    assert await client().exists(keys.runs("fuse")) == 0


async def test_a_hidden_player_is_refused_and_nothing_changes(finished, alice, prefix):
    await client().sadd(keys.hidden("fuse"), str(alice.pk))
    with pytest.raises(PlayerHidden):
        await boards.submit(finished(alice, 1))
    assert await client().keys(f"{prefix}:*") == [keys.hidden("fuse")]


async def test_a_total_that_would_not_fit_is_refused_and_nothing_changes(fuse, finished, alice):
    fuse.operator, fuse.points_max = "total", 2**43 - 1
    await boards.submit(finished(alice, 2**43 - 10))
    with pytest.raises(PointsOutOfRange):
        await boards.submit(finished(alice, 10))
    assert (await standings.standing("fuse", "all", alice.pk)).points == 2**43 - 10


async def test_a_board_ranks_only_the_periods_it_keeps(fuse, finished, alice):
    fuse.keeps_day = fuse.keeps_month = False
    report = await boards.submit(finished(alice, 1))
    assert [change.kind for change in report.changes] == ["week", "all"]


class TestWindows:
    async def test_it_holds_the_best_of_the_last_days_and_not_of_those_before(self, finished, alice, bob):
        await boards.submit(finished(alice, 500), at_ms=NOON_MS - 6 * DAY_MS)
        await boards.submit(finished(alice, 300), at_ms=NOON_MS)
        await boards.submit(finished(bob, 900), at_ms=NOON_MS - 7 * DAY_MS)
        week = await windows.window("fuse", 7, 10, at_ms=NOON_MS)
        assert [(row.player, row.points) for row in week.rows] == [(alice.pk, 500)]
        month = await windows.window("fuse", 30, 10, at_ms=NOON_MS)
        assert [(row.player, row.points) for row in month.rows] == [(bob.pk, 900), (alice.pk, 500)]

    async def test_ties_go_to_whoever_was_first_within_it(self, finished, alice, bob):
        await boards.submit(finished(bob, 500), at_ms=NOON_MS - DAY_MS)
        await boards.submit(finished(alice, 500), at_ms=NOON_MS)
        await boards.submit(finished(bob, 500), at_ms=NOON_MS + 5000)
        week = await windows.window("fuse", 7, 10, at_ms=NOON_MS)
        assert [row.player for row in week.rows] == [bob.pk, alice.pk]

    async def test_fifty_readers_at_once_compute_it_once(self, finished, alice, monkeypatch):
        await boards.submit(finished(alice, 500))
        computed = []
        compute = windows._compute

        async def counted(*args):
            computed.append(1)
            await asyncio.sleep(0.05)
            await compute(*args)

        monkeypatch.setattr(windows, "_compute", counted)
        reads = await asyncio.gather(*(windows.window("fuse", 7, 10) for _ in range(50)))
        assert all([row.player for row in read.rows] == [alice.pk] for read in reads)
        assert len(computed) == 1

    @pytest.mark.parametrize(("field", "value"), [("operator", "total"), ("operator", "latest"), ("keeps_day", False)])
    async def test_a_board_that_cannot_have_one_says_so(self, fuse, field, value):
        setattr(fuse, field, value)
        with pytest.raises(NoWindow):
            await windows.window("fuse", 7, 10)

    async def test_there_are_only_two_of_them(self):
        with pytest.raises(NoWindow):
            await windows.window("fuse", 8, 10)


@pytest.mark.django_db(transaction=True)
async def test_champions_add_up_their_games_by_weight(finished, alice, bob):
    await Board.objects.acreate(slug="coin", title="Coin", game="coin", points_max=100, champion_weight=10)
    await Board.objects.acreate(slug="race", title="Race", game="race", points_max=100, order="asc")
    await boards.submit(finished(alice, 100))
    await boards.submit(finished(bob, 90))
    for player, points in ((alice, 1), (bob, 5)):
        await boards.submit(FinishedRun(f"coin{player.pk}", "coin", player.pk, player.card, points, 0, "{}"))
        await boards.submit(FinishedRun(f"race{player.pk}", "race", player.pk, player.card, 1, 0, "{}"))
    found = await windows.champions("day", 10)
    assert [(row.rank, row.player, row.points) for row in found] == [(1, bob.pk, 140), (2, alice.pk, 110)]


@pytest.mark.django_db
class TestDefinition:
    def test_order_and_operator_of_a_played_board_stay_with_the_reason(self, client):
        from django.core.exceptions import ValidationError

        from leaderboard.models import Run

        board = Board.objects.get(pk="fuse")
        board.order = "asc"
        board.clean()
        board.refresh_from_db()
        bob = Player.objects.create(name="Bob")
        moment = "2026-11-24T00:00Z"
        Run.objects.create(id="r", board=board, player=bob, points=1, started_at=moment, accepted_at=moment, sequence=1)
        for field, value in (("order", "asc"), ("operator", "total")):
            board.refresh_from_db()
            setattr(board, field, value)
            with pytest.raises(ValidationError, match="would make them wrong"):
                board.clean()

    def test_a_board_keeps_at_least_one_period(self):
        from django.core.exceptions import ValidationError

        board = Board.objects.get(pk="fuse")
        board.keeps_day = board.keeps_week = board.keeps_month = board.keeps_all = False
        with pytest.raises(ValidationError):
            board.clean()
