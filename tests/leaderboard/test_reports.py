"""Reports of ranked runs as they are stored, against a real Redis."""

import json
import random

import pytest

from accounts.models import Player
from leaderboard import boards, keys, reports
from leaderboard.reading import standings
from store.client import client

pytestmark = pytest.mark.usefixtures("fuse")


async def stored(run_id: str) -> dict:
    return json.loads(await client().get(keys.report("fuse", run_id)))


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


async def test_a_report_that_was_stored_with_pairs_is_still_answered(finished, alice, bob):
    await boards.submit(finished(bob, 700))
    first = await boards.submit(finished(alice, 500, id="same"))
    old = await stored("same")
    for change in old["periods"]:
        change["rows"] = list(zip(change["rows"][::2], change["rows"][1::2], strict=True))
    await client().set(keys.report("fuse", "same"), json.dumps(old), keepttl=True)
    assert await boards.submit(finished(alice, 500, id="same")) == first
    gone = json.loads(reports.without(json.dumps(old), {str(bob.pk)}))
    assert all(change["rows"][::2] == [reports.NOBODY, str(alice.pk)] for change in gone["periods"])


def test_only_players_are_taken_out_of_a_report():
    """An id may also be a number of points, a score or the id of a run."""
    report = {"run": "7", "points": "7", "at_ms": "7", "periods": [{"rank": 1, "rows": ["8", "7", "7", "5.5"]}]}
    assert json.loads(reports.without(json.dumps(report), {"7"})) == report | {
        "periods": [{"rank": 1, "rows": ["8", "7", "0", "5.5"]}]
    }
    untouched = '{"run": "a\\/b", "periods": [{"rows": ["8", "7"]}]}'
    assert reports.without(untouched, {"7"}) is untouched
    assert reports.without('{"run": "of a batch"}', {"7"}) == '{"run": "of a batch"}'
