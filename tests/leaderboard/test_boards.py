"""Ranking runs, against a real Redis."""

import asyncio
import contextlib
import math

import pytest

from accounts.cards import Card
from leaderboard import boards, keys
from leaderboard.boards import FinishedRun
from leaderboard.errors import PointsOutOfRange, UnknownBoard, UnknownPeriod
from leaderboard.known_boards import now_ms
from leaderboard.periods import KINDS, all_current, current
from leaderboard.reading import standings
from live.keys import marks
from store.client import client, subscription

NOON_MS = 1_795_478_400_000 + 12 * 3600 * 1000
DAY_MS = 24 * 3600 * 1000

pytestmark = pytest.mark.usefixtures("fuse")


async def ranking(kind: str = "day", now_ms: int | None = None) -> list[tuple[int, int]]:
    rows = (await standings.top("fuse", kind, 100, now_ms=now_ms)).rows
    return [(row.player, row.points) for row in rows]


async def test_a_run_is_ranked_on_all_four_periods(finished, alice):
    report = await boards.submit(finished(alice, 500))
    assert [change.kind for change in report.changes] == list(KINDS)
    for kind in KINDS:
        assert await ranking(kind) == [(alice.pk, 500)]


async def test_the_report_says_what_was_before_and_what_is_now(finished, alice, bob):
    await boards.submit(finished(alice, 500))
    await boards.submit(finished(bob, 700))
    day = (await boards.submit(finished(alice, 900))).changes[0]
    assert (day.rank_before, day.points_before) == (2, 500)
    assert (day.rank, day.points, day.size, day.to_next) == (1, 900, 2, None)
    assert [(row.rank, row.player, row.points) for row in day.rows] == [(1, alice.pk, 900), (2, bob.pk, 700)]


async def test_the_first_run_has_nothing_before_it(finished, alice):
    day = (await boards.submit(finished(alice, 0))).changes[0]
    assert (day.rank_before, day.points_before, day.rank, day.points) == (None, None, 1, 0)


async def test_points_to_the_next_place_pass_it_and_do_not_only_reach_it(finished, alice, bob):
    await boards.submit(finished(alice, 500))
    day = (await boards.submit(finished(bob, 400))).changes[0]
    assert day.to_next == 101
    await boards.submit(finished(bob, 400 + 101))
    assert await ranking() == [(bob.pk, 501), (alice.pk, 500)]


async def test_fewer_points_change_nothing(finished, alice):
    await boards.submit(finished(alice, 500))
    report = await boards.submit(finished(alice, 300))
    assert report.changes[0].points == 500
    assert await ranking() == [(alice.pk, 500)]


async def test_the_neighbours_are_two_on_each_side(finished):
    from accounts.models import Player

    for pk in range(1, 10):
        await boards.submit(finished(Player(pk=pk, name=f"p{pk}"), pk * 100))
    day = (await boards.submit(finished(Player(pk=5, name="p5"), 510))).changes[0]
    assert [row.rank for row in day.rows] == [3, 4, 5, 6, 7]
    assert [row.player for row in day.rows] == [7, 6, 5, 4, 3]


async def test_among_equals_whoever_got_there_first_stands_higher(finished, alice, bob):
    await boards.submit(finished(bob, 500), at_ms=NOON_MS)
    await boards.submit(finished(alice, 500), at_ms=NOON_MS + 1000)
    assert await ranking(now_ms=NOON_MS) == [(bob.pk, 500), (alice.pk, 500)]


async def test_reaching_the_same_points_again_later_keeps_the_earlier_moment(finished, alice, bob):
    await boards.submit(finished(bob, 500), at_ms=NOON_MS)
    await boards.submit(finished(alice, 500), at_ms=NOON_MS + 1000)
    await boards.submit(finished(bob, 500), at_ms=NOON_MS + 9000)
    assert await ranking(now_ms=NOON_MS) == [(bob.pk, 500), (alice.pk, 500)]


async def test_a_row_tells_when_and_by_whom(finished, alice):
    await boards.submit(finished(alice, 500), at_ms=NOON_MS)
    [row] = (await standings.top("fuse", "day", 10, now_ms=NOON_MS)).rows
    assert (row.at_ms, row.card) == (NOON_MS, Card("Alice", "DE"))


async def test_sending_a_run_twice_changes_nothing_and_answers_the_same(finished, alice, bob):
    first = await boards.submit(finished(alice, 500, id="same"))
    await boards.submit(finished(bob, 900))
    assert await boards.submit(finished(alice, 500, id="same")) == first
    assert await client().xlen(keys.runs("fuse")) == 2


async def test_the_same_run_sent_fifty_times_at_once_is_ranked_once(finished, alice):
    reports = await asyncio.gather(*(boards.submit(finished(alice, 500, id="same")) for _ in range(50)))
    assert all(report == reports[0] for report in reports)
    assert await client().xlen(keys.runs("fuse")) == 1
    assert await boards.accepted_today(["fuse"]) == 1


async def test_many_at_once_leave_everybody_with_their_best(finished, alice, bob):
    runs = [finished(player, points) for points in range(0, 400, 4) for player in (alice, bob)]
    await asyncio.gather(*map(boards.submit, runs))
    assert sorted(await ranking()) == [(alice.pk, 396), (bob.pk, 396)]
    assert await client().xlen(keys.runs("fuse")) == len(runs)


@pytest.mark.parametrize("points", [-1, 3_932_101, 2**60, 1.5, math.nan, math.inf, True, "500", None])
async def test_points_out_of_range_are_refused_and_change_nothing(finished, alice, points):
    with pytest.raises(PointsOutOfRange):
        await boards.submit(finished(alice, points))
    assert await ranking() == []
    assert await client().xlen(keys.runs("fuse")) == 0


@pytest.mark.django_db
async def test_an_unknown_board_is_refused(finished, alice):
    run = FinishedRun("r1", "chess", alice.pk, alice.card, 1, 0, "{}")
    with pytest.raises(UnknownBoard):
        await boards.submit(run)


async def test_there_is_no_other_period():
    with pytest.raises(UnknownPeriod):
        await standings.top("fuse", "year", 10)


async def test_a_period_that_turned_over_on_the_way_is_found_by_redis_own_clock(finished, alice, monkeypatch):
    # Our clock is a day behind: the script refuses those periods and says what time it is.
    real_now_ms = now_ms()
    monkeypatch.setattr(boards, "now_ms", lambda: real_now_ms - DAY_MS)
    await boards.submit(finished(alice, 500))
    today, yesterday = current("day", real_now_ms), current("day", real_now_ms - DAY_MS)
    assert await client().zcard(keys.standings("fuse", today.id)) == 1
    assert await client().zcard(keys.standings("fuse", yesterday.id)) == 0


async def test_yesterdays_run_is_not_on_todays_board(finished, alice):
    await boards.submit(finished(alice, 500), at_ms=NOON_MS - DAY_MS)
    assert await ranking("day", NOON_MS) == []
    assert await ranking("all", NOON_MS) == [(alice.pk, 500)]


async def test_every_period_with_an_end_is_noted_once_to_be_closed_then(finished, alice, bob):
    for player in (alice, bob):
        await boards.submit(finished(player, 500), at_ms=NOON_MS)
    noted = await client().zrange(keys.open_periods("fuse"), 0, -1, withscores=True)
    ends = {period.id: period.end_ms for period in all_current(NOON_MS) if period.end_ms}
    assert dict(noted) == ends


async def test_a_standing_agrees_with_the_list(finished):
    from accounts.models import Player

    players = [Player(pk=pk, name=f"p{pk}") for pk in range(1, 30)]
    for player in players:
        await boards.submit(finished(player, (player.pk * 7) % 5 * 10))
    rows = (await standings.top("fuse", "day", 100)).rows
    for row in rows:
        standing = await standings.standing("fuse", "day", row.player)
        assert (standing.rank, standing.points, standing.size) == (row.rank, row.points, 29)


async def test_somebody_who_never_played_has_no_rank(alice):
    assert (await standings.standing("fuse", "day", alice.pk)).rank is None


async def test_an_accepted_run_is_in_the_stream(finished, alice):
    await boards.submit(finished(alice, 500, id="r1"), at_ms=NOON_MS)
    [(_, fields)] = await client().xrange(keys.runs("fuse"))
    assert fields == {
        "run": "r1",
        "player": "1",
        "points": "500",
        "started_ms": "0",
        "at_ms": str(NOON_MS),
        "record": "{}",
        "card": alice.card.encode(),
        "rank": "1",
        "day_rank": "1",
        "rank_before": "",
        "score_before": "",
    }


async def test_an_accepted_run_marks_its_board(finished, alice):
    heard = subscription()
    heard.add(marks("board:fuse"))
    async with asyncio.timeout(10), contextlib.aclosing(heard.heard()) as messages:
        assert await anext(messages) == (marks("board:fuse"), None)
        await boards.submit(finished(alice, 500))
        assert await anext(messages) == (marks("board:fuse"), "board:fuse")


async def test_large_points_keep_their_last_digit(finished, alice, fuse):
    # Lua's own number-to-string would keep 14 digits of the score.
    fuse.points_max = 2**43 - 1
    await boards.submit(finished(alice, 2**43 - 2))
    assert await ranking() == [(alice.pk, 2**43 - 2)]


async def test_a_new_name_shows_on_the_board(finished, alice):
    await boards.submit(finished(alice, 500))
    await boards.update_card(["fuse"], alice.pk, Card("Alicia"))
    [row] = (await standings.top("fuse", "day", 10)).rows
    assert row.card.name == "Alicia"


async def test_a_new_name_is_not_undone_by_a_run_that_knows_the_old_one(finished, alice):
    await boards.submit(finished(alice, 500))
    await boards.update_card(["fuse"], alice.pk, Card("Alicia"))
    await boards.submit(finished(alice, 600))
    [row] = (await standings.top("fuse", "day", 10)).rows
    assert (row.card.name, row.points) == ("Alicia", 600)


async def test_removed_players_are_on_no_period(finished, alice, bob):
    await boards.submit(finished(alice, 500), at_ms=now_ms() - 40 * DAY_MS)
    await boards.submit(finished(bob, 400))
    await boards.submit(finished(alice, 500))
    await boards.remove_players("fuse", [alice.pk])
    for name in await client().keys(keys.standings("fuse", "*")):
        assert await client().zscore(name, alice.pk) is None
    assert await ranking() == [(bob.pk, 400)]


async def test_every_key_of_a_submit_has_the_boards_hash_tag(finished, alice, prefix):
    await boards.submit(finished(alice, 500))
    names = await client().keys(f"{prefix}:*")
    assert len(names) in (9, 10)  # `marked` lives for 50 ms only
    assert all("{fuse}" in name for name in names)


async def test_a_redis_that_forgot_its_scripts_is_told_them_again(finished, alice):
    await boards.submit(finished(alice, 500))
    await client().script_flush()
    await boards.submit(finished(alice, 600))
    assert await ranking() == [(alice.pk, 600)]
