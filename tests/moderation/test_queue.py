"""Suspicious runs from the stream to a decision."""

import pytest

from accounts.models import Player
from audit.models import Entry
from leaderboard import boards
from leaderboard.boards import FinishedRun
from leaderboard.models import Run
from leaderboard.reading import standings
from moderation import suspicion, visibility
from moderation.models import Suspicion
from store.sync_loop import run_sync
from tests.worker import drain

GOOD = "correct horse"


pytestmark = pytest.mark.django_db(transaction=True)


async def submit(player: Player, id: str, points: int, record: str = "{}", started_ms: int = 0) -> None:
    await boards.submit(FinishedRun(id, "fuse", player.pk, player.card, points, started_ms, record))


def top(kind: str = "day") -> list[tuple[int, int]]:
    return [(row.player, row.points) for row in run_sync(standings.top("fuse", kind, 10)).rows]


class TestSuspicion:
    @pytest.mark.parametrize(
        ("facts", "expected"),
        [
            ((100, 30.0, [280, 310, 450, 200] * 25, 3), []),
            ((100, 10.0, [], 3), ["medium"]),
            ((100, 5.0, [], 3), ["high"]),
            ((100, 40.0, [250] * 99, 3), ["high"]),
            ((100, 40.0, [250, 300] * 50, 3), ["medium"]),
            ((30, 1.0, [30] * 29, 3), []),
            ((30, 60.0, [], 150), ["medium"]),
            ((30, 60.0, [], 400), ["high"]),
            ((100, 10.0, [250] * 99, 3), ["high", "medium"]),
            ((100, 0.0, [], 1), ["high"]),
        ],
    )
    def test_what_is_odd_is_said(self, facts, expected):
        assert [confidence for confidence, _ in suspicion.judge(*facts, fast=9, too_fast=15)] == expected

    def suspicious(self, bob: Player) -> None:
        inputs = '["left"' + ',"up"' * 99 + "]"
        from leaderboard.known_boards import now_ms

        run_sync(submit(bob, "r1", 500, f'{{"inputs":{inputs}}}', started_ms=now_ms() - 2_000))
        run_sync(drain())

    def test_an_odd_run_is_queued_once_and_shown_while_quarantine_is_off(self):
        bob = Player.objects.create(name="Bob")
        self.suspicious(bob)
        run_sync(drain())
        found = Suspicion.objects.get()
        assert (found.confidence, found.decision) == ("high", "open")
        assert "inputs a second" in found.words
        assert top() == [(bob.pk, 500)]

    def test_quarantine_hides_it_until_somebody_decides(self):
        from flags import flags
        from flags.models import Flag

        run_sync(flags.change(Flag.objects.get(slug="quarantine"), state="everyone"))
        bob = Player.objects.create(name="Bob")
        self.suspicious(bob)
        assert top() == [(bob.pk, 500)]  # The worker that writes history waits for no repair: the queue hides it.
        run_sync(visibility.work_off())
        assert top() == []
        run_sync(suspicion.clear_run(Suspicion.objects.get(), reason="I saw them play", by=None))
        assert top() == [(bob.pk, 500)]
        assert suspicion.open_counts() == {}
        run_sync(suspicion.confirm_run(Suspicion.objects.get(), reason="no", by=None))
        assert top() == []
        assert {"clear_run", "confirm_run", "hide_run", "restore_run"} == set(
            Entry.objects.values_list("action", flat=True)
        )

    def test_real_runs_keep_their_pauses(self):
        import json

        from games import ranking, runs
        from games.game import find

        async def play() -> None:
            bob = await Player.objects.acreate(name="Bob")
            run = await runs.begin(find("fuse"), bob.pk)
            for n in range(30):
                run = await runs.move(run, ("left", "down", "right", "up")[n % 4]) or run
            await ranking.rank(await runs.end(run), bob.card)

        run_sync(play())
        run_sync(drain())
        kept = json.loads(Run.objects.get().record)
        assert len(kept["pauses_ms"]) == len(kept["inputs"]) - 1 > 5
        assert all(pause >= 0 for pause in kept["pauses_ms"])
