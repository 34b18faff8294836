"""Flags accepted runs that a person could hardly have played: too fast, too even, too many. All rules are here.

A run flagged with medium confidence is queued and stays visible. One with high confidence is hidden until a moderator
decides, if the flag `quarantine` is on for everyone. The flag is off by default: welcome bots play the same way.
"""

import statistics
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from asgiref.sync import sync_to_async
from django.db.models import Count
from django.utils.translation import gettext_noop

from accounts.ranks import MODERATOR
from audit.actions import Act, action
from flags import flags
from games.game import Game, known
from games.kept_runs import record
from leaderboard.models import Run
from live.errors import GameError
from moderation import visibility
from moderation.models import Moderation, Suspicion
from moderation.targets import MODERATE, QUEUED_RUN

#: Spread of the pauses between inputs: standard deviation divided by mean. For people it is above 0.3.
EVEN, TOO_EVEN = 0.12, 0.05
#: Runs with fewer inputs say nothing about a rhythm.
INPUTS_MIN = 60
#: Finished runs of one player within an hour.
MANY, TOO_MANY = 150, 400

QUARANTINE = "quarantine"
#: The reason begins with this when this module hid a run by itself.
LOOKS_PLAYED = "Looks played by a program"
HIGH, MEDIUM = str(Suspicion.Confidence.HIGH), str(Suspicion.Confidence.MEDIUM)
Found = tuple[str, str]


class DecidedMeanwhile(GameError):
    code = "decided_meanwhile"
    message = gettext_noop("Somebody else has decided on it meanwhile. Look again.")


def judge(
    inputs: int, seconds: float, pauses_ms: Sequence[int], runs_in_hour: int, *, fast: float, too_fast: float
) -> list[Found]:
    """What is suspicious about a run, high confidence first; empty if a person may have played it.

    `fast` and `too_fast` come from the game: inputs per second that people hardly ever reach, and never reach.
    """
    found: list[Found] = []
    if inputs >= INPUTS_MIN:
        rate = inputs / max(seconds, 0.001)
        if rate >= fast:
            found.append((HIGH if rate >= too_fast else MEDIUM, f"{rate:.1f} inputs a second"))
        if len(pauses_ms) >= INPUTS_MIN:
            mean = statistics.fmean(pauses_ms)
            spread = statistics.pstdev(pauses_ms) / mean if mean else 0.0
            if spread <= EVEN:
                found.append(
                    (HIGH if spread <= TOO_EVEN else MEDIUM, f"pauses that differ by {100 * spread:.0f} % only")
                )
    if runs_in_hour >= MANY:
        found.append((HIGH if runs_in_hour >= TOO_MANY else MEDIUM, f"{runs_in_hour} runs within an hour"))
    return sorted(found, key=lambda each: each[0] != HIGH)


async def look_at(runs: Sequence[Run]) -> None:
    """Judge a batch of accepted runs, each once."""
    for run, found in await sync_to_async(_judge)([run.pk for run in runs]):
        confidence, words = found[0][0], "; ".join(text for _, text in found)
        _, is_new = await Suspicion.objects.aget_or_create(
            run=run, defaults={"confidence": confidence, "words": words[:300]}
        )
        if is_new and confidence == HIGH and await flags.on(QUARANTINE, None):
            # Later, since a board under repair must not hold up the worker that writes history.
            await visibility.hide_run(run, reason=f"{LOOKS_PLAYED}: {words}", by=None, later=True)


def _judge(run_ids: Sequence[str]) -> list[tuple[Run, list[Found]]]:
    new = Run.objects.filter(pk__in=run_ids, player__is_demo=False, suspicion=None)
    runs = list(new.select_related("player", "board"))
    if not runs:
        return []
    # One query for the whole batch: how many runs each player has since an hour before the batch's first run.
    hour_ago = min(run.accepted_at for run in runs) - timedelta(hours=1)
    recent = Run.objects.filter(player__in={run.player_id for run in runs}, accepted_at__gt=hour_ago)
    counts = dict(recent.order_by().values_list("player").annotate(Count("pk")))
    judged = []
    for run in runs:
        game = known(run.board.game) or Game  # The game was removed: use the defaults.
        facts = *_facts(run), counts.get(run.player_id, 1)
        judged.append((run, judge(*facts, fast=game.fast, too_fast=game.too_fast)))
    return [(run, found) for run, found in judged if found]


def _facts(run: Run) -> tuple[int, float, list[int]]:
    kept = record.decode(run.record)
    return len(kept.inputs), (run.accepted_at - run.started_at).total_seconds(), kept.pauses_ms


_decided = {"role": MODERATOR, "permission": MODERATE, "worker_finishes": True}


@action(
    QUEUED_RUN,
    words=gettext_noop("Clear these runs: a person played them"),
    past=gettext_noop("cleared"),
    help="decide that a person played a suspicious run",
    undone_by="confirm_run",
    **_decided,
)
async def clear_run(suspicion: Suspicion, *, act: Act, later: bool = False) -> None:
    """Decide that a person played the run; it counts again if this suspicion hid it. Raises as `_decide`."""
    run = await Run.objects.select_related("player").aget(pk=suspicion.run_id)
    was_confirmed = suspicion.decision == Suspicion.Decision.CONFIRMED
    await _decide(suspicion, str(Suspicion.Decision.CLEARED), act)
    hides = Moderation.objects.filter(run=run, action=Moderation.Action.HIDE_RUN).order_by("-pk")
    hidden = await hides.afirst() if run.is_hidden else None
    if hidden and (was_confirmed or hidden.reason.startswith(LOOKS_PLAYED)):
        await visibility.restore_run(run, reason=act.reason, by=act.by, later=later)


@action(
    QUEUED_RUN,
    words=gettext_noop("Confirm: a program played these runs"),
    past=gettext_noop("confirmed"),
    help="decide that a program played a suspicious run, and hide it",
    undone_by="clear_run",
    **_decided,
)
async def confirm_run(suspicion: Suspicion, *, act: Act, later: bool = False) -> None:
    """Decide that a program played the run; it is hidden and stays hidden. Raises as `_decide`."""
    run = await Run.objects.select_related("player").aget(pk=suspicion.run_id)
    await _decide(suspicion, str(Suspicion.Decision.CONFIRMED), act)
    if not run.is_hidden:
        await visibility.hide_run(run, reason=act.reason, by=act.by, later=later)


async def _decide(suspicion: Suspicion, decision: str, act: Act) -> None:
    """Store a decision, unless the suspicion has changed since the moderator saw it.

    Raises:
        DecidedMeanwhile: somebody else was faster.
    """
    seen = Suspicion.objects.filter(pk=suspicion.pk, decision=suspicion.decision)
    if not await seen.aupdate(decision=decision):
        raise DecidedMeanwhile
    await sync_to_async(act.keep)({"decision": suspicion.decision}, {"decision": decision})


def open_counts() -> Counter[str]:
    """How many suspicions are undecided, by confidence. Sync."""
    rows = Suspicion.objects.filter(decision=Suspicion.Decision.OPEN).values_list("confidence", flat=True)
    return Counter(rows)
