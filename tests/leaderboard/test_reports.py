"""Reports of ranked runs as they are stored, against a real Redis."""

import random

import pytest

from accounts.models import Player
from leaderboard import boards, reports
from leaderboard.reading import standings
from tests.leaderboard.test_boards import NOON_MS

pytestmark = pytest.mark.usefixtures("fuse")


async def test_the_rows_of_a_report_are_the_lines_of_the_board(finished, fuse):
    fuse.points_max = 2**43 - 1
    rng = random.Random(17)
    for pk in range(1, 40):
        run = finished(Player(pk=pk, name=f"p{pk}"), rng.randrange(2 ** rng.randrange(1, 43)))
        report = await boards.submit(run)
        for change in report.changes:
            lines = (await standings.top("fuse", change.kind, 100)).rows
            assert change.rows == lines[max(0, change.rank - 3) : change.rank + 2]
            assert lines[change.rank - 1].player == pk


async def test_where_fewer_points_are_better_more_change_nothing(finished, alice, bob, fuse):
    fuse.order = "asc"
    await boards.submit(finished(bob, 400), at_ms=NOON_MS)
    for points, at_ms, place in (
        (500, 0, (2, 500)),
        (300, 1000, (1, 300)),
        (350, 2000, (1, 300)),
        (300, 3000, (1, 300)),
    ):
        report = await boards.submit(finished(alice, points), at_ms=NOON_MS + at_ms)
        assert [(change.rank, change.points) for change in report.changes] == [place] * 4
    assert (report.changes[0].rank_before, report.changes[0].points_before) == (1, 300)
    assert report.changes[0].rows[0].at_ms == NOON_MS + 1000


def test_only_players_are_taken_out_of_a_report():
    """An id may also be a number of points, a score or the id of a run."""
    report = '{"run":"7","points":"7","at_ms":"7","periods":[{"rank":1,"rows":[["8","7"],["7","5.5"],["77","7.5"]]}]}'
    assert reports.without(report, {"7", "9"}) == report.replace('["7",', '["0",')
    assert reports.without('{"run":"of a batch"}', {"7"}) == '{"run":"of a batch"}'
