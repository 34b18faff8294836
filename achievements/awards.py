"""Reads accepted runs and gives out what they earn: coins, progress, achievements. Each once, however often read."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec
from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import Count

from accounts.models import Player
from achievements.models import Award, Progress
from achievements.rules import every, measures
from games.game import Achievement, known
from leaderboard.models import Merge, Run, Season
from leaderboard.seasons import archive
from leaderboard.stream import history
from live import protocol
from live.layer import tell_player
from store.stream import Entry, Group, moment
from store.trouble import SQL_TROUBLE
from visitors import active_days
from wallet import coins, ledger
from wallet.coins import Movement

#: The first of a day is crowned when at least this many played.
DAY_PLAYERS_MIN = 3

Measured = dict[int, dict[str, int]]


class _Record(msgspec.Struct):
    game: str = ""
    marks: dict[str, int] = {}


_record = msgspec.json.Decoder(_Record)


async def write(entries: Sequence[Entry]) -> None:
    """Pay a batch of accepted runs, note how far their players got, and award what that reaches."""
    # The number of runs is counted in SQL, where these may not have arrived yet.
    await history.write(entries)
    owners = await sync_to_async(_owners)({int(entry.fields["player"]) for entry in entries})
    own = [(owners[int(entry.fields["player"])], entry) for entry in entries if int(entry.fields["player"]) in owners]
    own = [(player, entry) for player, entry in own if int(entry.fields["points"]) > 0]
    await _pay([_run_coins(player, entry) for player, entry in own])
    measured = await _measure(own)
    for player, achievement in await sync_to_async(_earned)(measured):
        await _give(player, achievement)


def _owners(players: set[int]) -> dict[int, int]:
    """Whose the runs of these players are: their own, or of the account that a guest's went to."""
    moved = dict(Merge.objects.filter(guest_id__in=players).values_list("guest_id", "player_id"))
    wanted = {player: moved.get(player, player) for player in players}
    known = set(Player.objects.filter(pk__in=wanted.values(), is_gone=False).values_list("pk", flat=True))
    return {player: owner for player, owner in wanted.items() if owner in known}


def _run_coins(player: int, entry: Entry) -> Movement:
    points = int(entry.fields["points"])
    game = known(_record.decode(entry.fields["record"]).game)
    per_coin = game.points_per_coin if game else coins.POINTS_PER_COIN
    return Movement(
        player, coins.coins_of(points, per_coin), f"a run of {points:,} points", f"run:{entry.fields['run']}"
    )


async def _pay(movements: list[Movement]) -> None:
    # The wallet remembers for 30 days, the ledger for ever: a dead letter may come later than that.
    paid = await ledger.known([movement.request for movement in movements])
    await coins.move_many([movement for movement in movements if movement.request not in paid])


async def _measure(own: Iterable[tuple[int, Entry]]) -> Measured:
    """What these runs reach of every measure, by player."""
    measured: Measured = defaultdict(lambda: dict.fromkeys(measures(), 0))
    for player, day in sorted({(player, moment(entry.fields["at_ms"]).date()) for player, entry in own}):
        await active_days.mark(player, day)
        measured[player]["streak"] = max(measured[player]["streak"], await active_days.streak(player, day))
    for player, entry in own:
        reached, fields = measured[player], entry.fields
        reached["points"] = max(reached["points"], int(fields["points"]))
        record = _record.decode(fields["record"])
        for name, value in record.marks.items():
            if (measure := f"{record.game}:{name}") in reached:
                reached[measure] = max(reached[measure], value)
    for player, count in (await sync_to_async(_run_counts)(list(measured))).items():
        measured[player]["runs"] = count
    return measured


def _run_counts(players: list[int]) -> dict[int, int]:
    counted = Run.objects.filter(player__in=players, points__gt=0).values_list("player").annotate(Count("pk"))
    return dict(counted.order_by())


def _earned(measured: Measured) -> list[tuple[int, Achievement]]:
    """Keep the progress, and return what it reaches that was not awarded yet."""
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
    """Award the first of an ended day, where three or more played for it. Called when its season is archived."""
    if season.kind != "day" or await archive.size(season) < DAY_PLAYERS_MIN:
        return
    [first] = await archive.shown(season, 1)
    if first.placement.player.is_gone:
        return
    for player, achievement in await sync_to_async(_earned)({first.placement.player_id: {"day_first": 1}}):
        await _give(player, achievement)


async def _give(player: int, achievement: Achievement) -> None:
    """Pay first: an award without its coins would never be paid, coins twice are not possible."""
    request = f"award:{player}:{achievement.slug}"
    await _pay([Movement(player, achievement.coins, f"for “{achievement.title}”", request)])
    _, is_new = await Award.objects.aget_or_create(player_id=player, slug=achievement.slug)
    if is_new:
        words = achievement.words, achievement.coins
        await tell_player(player, protocol.Achieved(achievement.slug, achievement.title, *words))


class Shown(msgspec.Struct, frozen=True):
    """An achievement on a profile: when it was earned (None: not yet), and how far the player is."""

    achievement: Achievement
    at: datetime | None
    reached: int

    @property
    def percent(self) -> int:
        return 100 if self.at else min(100, 100 * self.reached // self.achievement.target)


async def shown(player: Player) -> list[Shown]:
    """Every achievement: earned ones first, the newest first, then the nearest to be earned."""
    awarded = {award.slug: award.at async for award in Award.objects.filter(player=player)}
    reached = {row.measure: row.value async for row in Progress.objects.filter(player=player)}
    found = [Shown(each, awarded.get(each.slug), min(each.target, reached.get(each.measure, 0))) for each in every()]
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(found, key=lambda each: (each.at or never, each.percent), reverse=True)


GROUP = Group("awards", write, trouble=SQL_TROUBLE)
