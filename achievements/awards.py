"""Awards what accepted runs earn: coins, progress, achievements. Each once, even if a run is processed again."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec
from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import Count

from accounts.models import Player
from achievements.messages import Achieved
from achievements.models import Award, Progress
from achievements.rules import every, measures
from games.game import Achievement, known
from games.kept_runs import record
from games.kept_runs.record import Record
from games.rooms.game import known_room_game
from leaderboard.models import Run, Season
from leaderboard.seasons import archive
from leaderboard.words import with_unit
from live.layer import tell_player
from visitors import active_days
from wallet import coins, ledger
from wallet.coins import Movement

#: The winner of a day gets an award if at least this many players took part.
DAY_PLAYERS_MIN = 3

Measured = dict[int, dict[str, int]]


async def reward(runs: Sequence[Run]) -> None:
    """Pay for a batch of accepted runs, update the progress of their players, and award new achievements."""
    gone = Player.objects.filter(pk__in={run.player_id for run in runs}, is_gone=True).values_list("pk", flat=True)
    nobodys = {pk async for pk in gone}
    counting = [(run, record.decode(run.record)) for run in runs if run.points > 0 and run.player_id not in nobodys]
    await _pay([_run_coins(run, kept) for run, kept in counting if kept.marks.get("pays", 1)])
    for player, achievement in await sync_to_async(_earned)(await _measure(counting)):
        await _give(player, achievement)


def _run_coins(run: Run, kept: Record) -> Movement:
    if (room_game := known_room_game(kept.game)) is not None:
        paid = room_game.win_coins if kept.marks.get("won") else room_game.match_coins
        return Movement(run.player_id, paid, f"a match of {room_game.title}", f"run:{run.pk}")
    game = known(kept.game)
    paid = coins.coins_of(run.points, game.points_per_coin) if game else coins.coins_of(run.points)
    written = with_unit(run.points, game) if game else f"{run.points:,} points"  # The game was removed.
    return Movement(run.player_id, paid, f"a run of {written}", f"run:{run.pk}")


async def _pay(movements: list[Movement]) -> None:
    # The wallet remembers a request for 30 days, the ledger for ever. A dead letter may be replayed after that.
    paid = await ledger.known([movement.request for movement in movements])
    await coins.move_many([movement for movement in movements if movement.request not in paid])


async def _measure(runs: Iterable[tuple[Run, Record]]) -> Measured:
    """The value that these runs reach for each measure, by player."""
    measured: Measured = defaultdict(lambda: dict.fromkeys(measures(), 0))
    for player, day in sorted({(run.player_id, run.accepted_at.date()) for run, _ in runs}):
        await active_days.mark(player, day)
        measured[player]["streak"] = max(measured[player]["streak"], await active_days.streak(player, day))
    for run, kept in runs:
        reached = measured[run.player_id]
        game = known(kept.game)
        if not (game.lower_is_better if game else known_room_game(kept.game)):
            reached["points"] = max(reached["points"], run.points)
        for name, value in kept.marks.items():
            if (measure := f"{kept.game}:{name}") in reached:
                reached[measure] = max(reached[measure], value)
    for player, count in (await sync_to_async(_run_counts)(list(measured))).items():
        measured[player]["runs"] = count
    return measured


def _run_counts(players: list[int]) -> dict[int, int]:
    counted = Run.objects.filter(player__in=players, points__gt=0).values_list("player").annotate(Count("pk"))
    return dict(counted.order_by())


def _earned(measured: Measured) -> list[tuple[int, Achievement]]:
    """Save the progress, and return the achievements it reaches that were not awarded yet."""
    with transaction.atomic():
        best: Measured = defaultdict(dict)
        for row in Progress.objects.filter(player__in=measured):
            best[row.player_id][row.measure] = row.value
        rows = [
            Progress(player_id=player, measure=measure, value=value)
            for player, values in measured.items()
            for measure, value in values.items()
            if value > best[player].get(measure, 0)
        ]
        for row in rows:
            best[row.player_id][row.measure] = row.value
        Progress.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["player", "measure"], update_fields=["value"]
        )
    had = set(Award.objects.filter(player__in=measured).values_list("player", "slug"))
    return [
        (player, achievement)
        for player in measured
        for achievement in every()
        if best[player].get(achievement.measure, 0) >= achievement.target and (player, achievement.slug) not in had
    ]


async def crown_day(season: Season) -> None:
    """Award the winner of an ended day if at least three players took part. Called when its season is archived."""
    if season.kind != "day" or await archive.size(season) < DAY_PLAYERS_MIN:
        return
    [first] = await archive.shown(season, 1)
    if first.placement.player.is_gone:
        return
    for player, achievement in await sync_to_async(_earned)({first.placement.player_id: {"day_first": 1}}):
        await _give(player, achievement)


async def _give(player: int, achievement: Achievement) -> None:
    """Pay first, then save the award: a retry skips what is awarded, so an award saved first might never be paid."""
    request = f"award:{player}:{achievement.slug}"
    await _pay([Movement(player, achievement.coins, f"for “{achievement.title}”", request)])
    _, is_new = await Award.objects.aget_or_create(player_id=player, slug=achievement.slug)
    if is_new:
        words = achievement.words, achievement.coins
        await tell_player(player, Achieved(achievement.slug, achievement.title, *words))


class Shown(msgspec.Struct, frozen=True):
    """An achievement on a profile: when it was earned (None: not yet), and the player's progress."""

    achievement: Achievement
    at: datetime | None
    reached: int

    @property
    def percent(self) -> int:
        return 100 if self.at else min(100, 100 * self.reached // self.achievement.target)


async def shown(player: Player) -> list[Shown]:
    """Every achievement: first the earned ones, newest first, then the others, nearest to completion first."""
    awarded = {award.slug: award.at async for award in Award.objects.filter(player=player)}
    reached = {row.measure: row.value async for row in Progress.objects.filter(player=player)}
    found = [Shown(each, awarded.get(each.slug), min(each.target, reached.get(each.measure, 0))) for each in every()]
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(found, key=lambda each: (each.at or never, each.percent), reverse=True)
