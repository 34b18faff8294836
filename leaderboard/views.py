"""The pages of boards; they show the data at once and stay live through the socket."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from leaderboard import standings
from leaderboard.definitions import find, period
from leaderboard.errors import UnknownBoard, UnknownPeriod
from leaderboard.models import Board
from leaderboard.periods import TITLES
from leaderboard.topics import TOP_COUNT, topic_name

INDEX_COUNT = 10


@require_safe
async def boards_index(request: HttpRequest) -> HttpResponse:
    """Every board with its first ten of this week."""
    shown = [
        await board_context(board.slug, "week", INDEX_COUNT, request.player) async for board in Board.objects.all()
    ]
    return render(request, "leaderboard/index.html", {"boards": shown})


@require_safe
async def board_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One board; `?period=` picks one of day, week, month and all."""
    kind = request.GET.get("period", "day")
    try:
        context = await board_context(slug, kind, TOP_COUNT, request.player)
    except (UnknownBoard, UnknownPeriod) as error:
        raise Http404(str(error)) from error
    return render(request, "leaderboard/board.html", context)


async def board_context(slug: str, kind: str, count: int, player: Any) -> dict[str, Any]:
    """What a template needs to show a board: its first lines, the player's own place, links to the periods.

    Raises:
        UnknownBoard, UnknownPeriod: nothing to show.
        StoreUnavailable: no answer from Redis.
    """
    board = await find(slug)
    read = await standings.top(slug, kind, count)
    return {
        "board": board,
        "kind": kind,
        "period": period(board, kind),
        "period_title": TITLES[kind],
        "periods": [(each, TITLES[each]) for each in board.kinds],
        "topic": topic_name(slug, kind),
        "limit": count,
        "size": read.size,
        "rows": read.rows,
        "standing": await standings.standing(slug, kind, player.pk) if player else None,
    }
