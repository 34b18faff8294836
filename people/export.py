"""Everything that is kept about a player, as JSON values."""

import re
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet

from accounts.models import Player
from accounts.sessions import engine
from achievements.models import Award, Progress
from audit.models import Entry
from games.models import MatchSeat, Rating
from games.modes import daily_game, today
from leaderboard.models import HiddenPlayer, Merge, Placement, Run
from moderation.models import Moderation, Suspicion
from nearby import cells
from people import key_scan
from people.profile import places
from presence import online
from visitors import active_days
from wallet import coins
from wallet.models import LedgerEntry


async def export(player: Player) -> dict[str, Any]:
    """Everything that SQL and Redis hold about a player, as JSON values. Times are UTC."""
    return {
        "player": {
            field.name: getattr(player, field.attname)
            for field in Player._meta.concrete_fields
            if field.name != "password"
        },
        "sessions": [
            {"device": each.words, "created": _time(each.created_ms), "seen": _time(each.seen_ms)}
            for each in await engine.devices(player.pk)
        ],
        "boards": [
            {"board": each["board"].slug, **{part["kind"]: _standing(part["standing"]) for part in each["periods"]}}
            for each in await places(player)
        ],
        "runs": [_without_todays_seed(row) for row in await _rows(Run.objects.filter(player=player), "player")],
        "seasons": await _rows(Placement.objects.filter(player=player), "player"),
        "moderation": await _rows(Moderation.objects.filter(player=player), "player", "by"),
        "hidden": await HiddenPlayer.objects.filter(player=player).aexists(),
        "acts_on_account": await _rows(Entry.objects.filter(target_kind="player", target_id=str(player.pk)), "by"),
        "suspicions": await _rows(Suspicion.objects.filter(run__player=player)),
        "guests_brought": await _rows(Merge.objects.filter(player=player), "player"),
        "achievements": await _rows(Award.objects.filter(player=player), "player", "id"),
        "progress": await _rows(Progress.objects.filter(player=player), "player", "id"),
        "follows": [name async for name in player.follows.values_list("followed__name", flat=True)],
        "followers": [name async for name in player.followers.values_list("follower__name", flat=True)],
        **await _purse(player),
        "ledger": await _rows(LedgerEntry.objects.filter(player=player), "player"),
        "days_here": [str(day) for day in await active_days.days(player.pk)],
        "online": [each.state for each in (await online.friends([(player.pk, [player.pk])]))[0]],
        "nearby_cell": await cells.kept(player.pk),
        "matches": await _rows(MatchSeat.objects.filter(player=player), "player", "id"),
        "ratings": await _rows(Rating.objects.filter(player=player), "player", "id"),
        "blocks": [name async for name in player.blocks.values_list("blocked__name", flat=True)],
        "open_runs": await key_scan.open_runs(player.pk),
    }


def _without_todays_seed(run: dict[str, Any]) -> dict[str, Any]:
    """A run as it is exported. The seed of today's puzzle stays here until the day is over: others have yet to play."""
    if not daily_game(run["board_id"]) or run["accepted_at"].astimezone(UTC).date() != today():
        return run
    return run | {"record": re.sub(r'"seed":"[^"]*"', '"seed":""', run["record"])}


async def _purse(player: Player) -> dict[str, Any]:
    purse = await coins.purse(player.pk)
    return {"coins": purse.balance, "cosmetics": sorted(purse.owned)}


def _standing(standing: Any) -> dict[str, Any] | None:
    return {"rank": standing.rank, "points": standing.points} if standing.rank else None


def _time(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


async def _rows(rows: "QuerySet[Any]", *but: str) -> list[dict[str, Any]]:
    names = [field.attname for field in rows.model._meta.concrete_fields if field.name not in but]
    return [row async for row in rows.values(*names)]
