"""Results of experiments: how many players were shown each arm, and how they have played since it began."""

from collections import defaultdict
from typing import Any

from django.db.models import Count, Sum

from flags import assignment, keys
from flags.flags import ARMS
from flags.models import Experiment
from leaderboard.models import Run
from store.client import client


async def results() -> list[dict[str, Any]]:
    """For each experiment and arm: players shown (± 0.81 %), players with runs, runs, mean points."""
    found = []
    async for experiment in Experiment.objects.exclude(started_at=None):
        played = await _played(experiment)
        for arm in ARMS:
            players, runs, points = played[arm]
            found.append(
                {
                    "name": experiment.slug,
                    "arm": arm,
                    "shown": await client().pfcount(keys.exposed(experiment.slug, arm)),
                    "players": players,
                    "runs": runs,
                    "mean": round(points / runs, 1) if runs else None,
                }
            )
    return found


async def _played(experiment: Experiment) -> dict[str, list[int]]:
    """Players, runs and points of each arm since the experiment began."""
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    rows = Run.objects.filter(accepted_at__gte=experiment.started_at, is_hidden=False).order_by()
    async for player, runs, points in rows.values_list("player").annotate(Count("pk"), Sum("points")):
        place, middle = assignment.number(experiment.slug, player) * 100 / assignment.SCALE, experiment.percentage / 2
        arm = "a" if place < middle else "b" if place >= 100 - middle else ""
        if arm:
            totals[arm] = [sum(pair) for pair in zip(totals[arm], (1, runs, points), strict=True)]
    return totals
