"""What a player's page shows, gathered from the layers below."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Max, Min
from django.db.models.functions import TruncDate
from django.utils.translation import gettext

from accounts.models import Player
from games.models import MatchSeat, Rating
from games.rooms.after import replays
from games.rooms.after.ratings import is_provisional
from games.rooms.game import known_room_game
from leaderboard.models import Board, HiddenPlayer, Run
from leaderboard.periods import TITLES
from leaderboard.reading import standings
from people.chart import Chart, chart, line
from presence import online

CHART_DAYS = 30
RUNS_COUNT = 10
MATCHES_COUNT = 30
PLAYING = "playing "


async def find(name: str) -> Player | None:
    """The player with this name, ignoring case; None if hidden, banned, deleted or missing."""
    player = await Player.objects.named(name).filter(is_active=True, is_gone=False, leaving_at=None).afirst()
    if player is None or await HiddenPlayer.objects.filter(player=player).aexists():
        return None
    return player


async def places(player: Player) -> list[dict[str, Any]]:
    """For each board, the player's standing on each period it keeps. One round trip."""
    boards = [board async for board in Board.objects.all()]
    asked = [(board.slug, kind, [player.pk]) for board in boards for kind in board.kinds]
    found = dict(zip([each[:2] for each in asked], await standings.standings_of(asked), strict=True))
    return [
        {
            "board": board,
            "periods": [
                {"kind": kind, "title": TITLES[kind], "standing": found[board.slug, kind][0]} for kind in board.kinds
            ],
        }
        for board in boards
    ]


async def charts(player: Player) -> list[tuple[Board, Chart]]:
    """The best of each of the last 30 days, for every board that the player has runs on."""
    today = datetime.now(UTC).date()
    drawn = [(board, await _chart(player, board, today)) async for board in Board.objects.all()]
    return [(board, found) for board, found in drawn if found]


async def _chart(player: Player, board: Board, today: date) -> Chart | None:
    since = datetime.now(UTC) - timedelta(days=CHART_DAYS)
    runs = Run.objects.filter(player=player, board=board, is_hidden=False, accepted_at__gte=since)
    best = Min("points") if board.lower_is_better else Max("points")
    bests = runs.annotate(day=TruncDate("accepted_at")).values_list("day").annotate(best=best).order_by("day")
    bests = [each async for each in bests]
    return chart(bests, today, CHART_DAYS, lower_is_better=board.lower_is_better)


async def newest_runs(player: Player) -> list[Run]:
    """The player's newest runs that may be seen."""
    runs = Run.objects.filter(player=player, is_hidden=False).select_related("board").order_by("-accepted_at")
    return [run async for run in runs[:RUNS_COUNT]]


async def matches(player: Player) -> list[dict[str, Any]]:
    """For each room game with a rating: the rating, the newest matches, and the line of the ratings after them."""
    found = []
    async for rating in Rating.objects.filter(player=player):
        if (game := known_room_game(rating.game)) is None:
            continue  # It was removed.
        matches = replays.shown().filter(game=game.slug)
        seats = (
            MatchSeat.objects.filter(player=player, match__in=matches)
            .select_related("match")
            .prefetch_related("match__seats")
        )
        newest = [seat async for seat in seats.order_by("-match__ended_at")[:MATCHES_COUNT]]
        after = [seat.rating_after for seat in reversed(newest) if seat.rating_after is not None]
        found.append(
            {
                "game": game,
                "rating": rating,
                "provisional": is_provisional(rating),
                "seats": newest[:RUNS_COUNT],
                "chart": line(after) if len(after) > 1 else "",
            }
        )
    return found


def doing(state: str) -> str:
    """What somebody does who is online, in words: `online`, `away` or `playing <game>`."""
    if state.startswith(PLAYING):
        return gettext("playing {game}").format(game=state.removeprefix(PLAYING))
    return {"online": gettext("online"), "away": gettext("away")}.get(state, state)


async def presence(player: Player, viewer: Player | None) -> str:
    """The player's online state, as far as this viewer may see it; empty if not online. One round trip."""
    [seen] = await online.friends([(viewer.pk if viewer else 0, [player.pk])])
    return seen[0].state if seen else ""
