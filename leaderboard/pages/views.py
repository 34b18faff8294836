"""The pages of boards. The server renders the data, and the socket keeps the current periods live."""

import functools
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.follows import followed_by
from leaderboard.errors import BadCursor, NoWindow, PeriodEnded, UnknownBoard, UnknownPeriod
from leaderboard.known_boards import find, period
from leaderboard.models import Board, Season
from leaderboard.pages import export
from leaderboard.periods import KINDS, TITLES
from leaderboard.reading import standings, windows
from leaderboard.reading.near import look
from leaderboard.reading.rows import Row
from leaderboard.reading.standings import Standing
from leaderboard.seasons import archive
from leaderboard.stream import feed, history
from leaderboard.topics import TOP_COUNT, topic_name
from live.servers.own_parts import own, suits
from live.servers.shared_pages import shared
from store.together import together

INDEX_COUNT = 10
FILTERS = {"following": gettext_lazy("Following"), "nearby": gettext_lazy("Nearby")}
PAST_TITLES = {"day": gettext_lazy("Yesterday"), "week": gettext_lazy("Last week"), "month": gettext_lazy("Last month")}


@require_safe
@shared
async def boards_index(request: HttpRequest) -> HttpResponse:
    """Every board with the first ten of its week, or of the first of month, all time and day that it keeps."""
    boards = [board async for board in Board.objects.all()]
    boards.sort(key=lambda board: board.slug != board.game)  # A game's own before those of its days and ratings.
    kinds = {
        board.slug: next((kind for kind in ("week", "month", "all", "day") if kind in board.kinds), KINDS[-1])
        for board in boards
    }
    shown = await together(*(board_context(request, slug, kind, INDEX_COUNT) for slug, kind in kinds.items()))
    return render(request, "leaderboard/index.html", {"boards": shown})


@require_safe
@shared(but=("show",))
async def board_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One board; `?period=` picks one of its periods, `?after=` a further page, which is not live."""
    try:
        board = await find(slug)
        request.visited_game = board.game
        kind = request.GET.get("period", board.kinds[0])
        if "after" in request.GET:
            return await _further_page(request, board, kind)
        if request.GET.get("show") in FILTERS:
            return await _filtered_page(request, board, kind)
        context = await board_context(request, slug, kind, TOP_COUNT)
    except (UnknownBoard, UnknownPeriod) as error:
        raise Http404(str(error)) from error
    context["past"] = await _newest_season(board, kind)
    return render(request, "leaderboard/board.html", context)


async def _further_page(request: HttpRequest, board: Board, kind: str) -> HttpResponse:
    context = {"board": board, "kind": kind, "period_title": TITLES.get(kind, "")}
    try:
        read = await standings.page(board.slug, kind, request.GET["after"], TOP_COUNT)
    except (PeriodEnded, BadCursor) as error:
        return render(request, "leaderboard/page.html", {**context, "ended": str(error)}, status=410)
    return render(request, "leaderboard/page.html", {**context, "read": read, "rows": read.rows})


async def _filtered_page(request: HttpRequest, board: Board, kind: str) -> HttpResponse:
    """The places of some players with their ranks on the whole board: `?show=following` or `nearby`."""
    show, player = request.GET["show"], request.player
    if player is None:
        return redirect_to_login(request.get_full_path())
    others, missing = await _others(show, player)
    read = await standings.among(board.slug, kind, [*others, player.pk])
    context = await board_context(request, board.slug, kind, 0)
    return render(request, "leaderboard/filtered.html", context | {"rows": read.rows, "show": show, "missing": missing})


async def _others(show: str, player: Any) -> tuple[list[int], str]:
    """Whom a filter shows beside the player, and why there is nobody: `following`, `few` or `off`."""
    if show == "following":
        others = await sync_to_async(followed_by)(player)
        return others, "" if others else "following"
    found = await look(player.pk)
    others = [each.player for each in found.neighbours]
    return others, "" if others else "few" if found.until_ms else "off"


async def _newest_season(board: Board, kind: str) -> dict[str, Any] | None:
    season = await Season.objects.filter(board=board, kind=kind).exclude(closed_at=None).afirst()
    return season and {"title": PAST_TITLES[kind], "url": season.get_absolute_url()}


@require_safe
@shared(but=("show",))
async def window_page(request: HttpRequest, slug: str, days: int) -> HttpResponse:
    """The last 7 or 30 days, at most 5 seconds old; not live. `?show=` as on a board."""
    show, missing = request.GET.get("show", ""), ""
    if show in FILTERS and request.player is None:
        return redirect_to_login(request.get_full_path())
    try:
        if show in FILTERS:
            others, missing = await _others(show, request.player)
            read = await windows.among(slug, days, [*others, request.player.pk])
        else:
            read = await windows.window(slug, days, TOP_COUNT)
        context = await board_context(request, slug, (await find(slug)).kinds[0], 0)
    except (UnknownBoard, NoWindow) as error:
        raise Http404(str(error)) from error
    context |= {"days": days, "kind": "", "period_title": _("Last {count} days").format(count=days), "rows": read.rows}
    context |= {"size": read.size, "show": show if show in FILTERS else "", "missing": missing}
    return render(request, "leaderboard/window.html", context)


@require_safe
@shared
async def champions_page(request: HttpRequest) -> HttpResponse:
    """The best across all games; `?period=` as on a board."""
    kind = request.GET.get("period", "week")
    if kind not in KINDS:
        raise Http404(_("A champions board is of a day, a week, a month or all time."))
    rows = await windows.champions(kind, TOP_COUNT)
    context = {"kind": kind, "period_title": TITLES[kind], "periods": list(TITLES.items()), "rows": rows, "board": None}
    return render(request, "leaderboard/champions.html", context)


@require_safe
@shared
async def seasons_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The ended periods of a board, the newest first, with their winners."""
    board = await _board_or_404(slug)
    found = await archive.past(board, archive.PAST_COUNT)
    return render(request, "leaderboard/seasons.html", {"board": board, "seasons": found})


@require_safe
@shared
async def season_page(request: HttpRequest, slug: str, period: str) -> HttpResponse:
    """The final standings of an ended period."""
    board = await _board_or_404(slug)
    season = await Season.objects.filter(board=board, period=period).exclude(closed_at=None).afirst()
    if season is None:
        raise Http404(_("That period has not ended, or nobody played in it."))
    context = {
        "board": board,
        "season": season,
        "rows": await archive.shown(season, TOP_COUNT),
        "size": await archive.size(season),
        "own": await own(request, functools.partial(_own_placement, season)),
    }
    return render(request, "leaderboard/season.html", context)


async def _own_placement(season: Season, player: Any) -> archive.Shown | None:
    return await archive.shown_of(season, player.pk)


@require_safe
async def own_runs_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The player's own best and newest runs, from SQL."""
    board = await _board_or_404(slug)
    if request.player is None:
        return redirect_to_login(request.get_full_path())
    runs = history.runs_of(board, request.player)
    context = {
        "board": board,
        "best": await history.personal_best(board, request.player),
        "runs": [run async for run in runs[:TOP_COUNT]],
        "count": await runs.acount(),
    }
    return render(request, "leaderboard/mine.html", context)


@require_safe
async def export_csv(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """A board's period as CSV, for staff."""
    may = request.player is not None and request.player.is_staff
    if not may or not await sync_to_async(request.player.has_perm)("leaderboard.view_board"):
        raise PermissionDenied(_("Only staff who may view boards may export them."))
    board = await _board_or_404(slug)
    kind = request.GET.get("period", board.kinds[0])
    if kind not in board.kinds:
        raise Http404(_("The board does not keep that period."))
    name = f"{slug}-{period(board, kind).id.replace(':', '-')}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(export.lines(slug, kind), content_type="text/csv; charset=utf-8", headers=headers)


async def _board_or_404(slug: str) -> Board:
    try:
        return await find(slug)
    except UnknownBoard as error:
        raise Http404(str(error)) from error


async def board_context(request: HttpRequest, slug: str, kind: str, count: int) -> dict[str, Any]:
    """What a template needs to show a board: its first lines, the player's own place, links to the periods.

    Raises:
        UnknownBoard, UnknownPeriod: nothing to show.
        StoreUnavailable: no answer from Redis.
    """
    board = await find(slug)
    own_standing = own(request, functools.partial(_own_standing, slug, kind))
    read, standing = await together(standings.top(slug, kind, count), own_standing)
    suits(request, standing, functools.partial(_is_right, {row.player: row for row in read.rows}, count))
    has_windows = board.keeps_day and board.operator == Board.Operator.BEST
    return {
        "board": board,
        "kind": kind,
        "period": period(board, kind),
        "period_title": TITLES[kind],
        "periods": [(each, TITLES[each]) for each in board.kinds],
        "windows": windows.DAYS if has_windows else (),
        "topic": topic_name(slug, kind),
        "limit": count,
        "filters": FILTERS,
        "size": read.size,
        "rows": read.rows,
        "cursor": read.cursor,
        "standing": standing,
    }


async def _own_standing(slug: str, kind: str, player: Any) -> Standing:
    return await standings.standing(slug, kind, player.pk)


def _is_right(shown: dict[int, Row], count: int, standing: Standing, player: Any) -> bool:
    """Whether the first `count` lines, read a moment ago, have the player's points and name as they are now."""
    if line := shown.get(player.pk):
        return line.points == standing.points and line.card == player.card
    return standing.rank is None or standing.rank > count


async def feed_context() -> dict[str, Any]:
    """What `leaderboard/_feed.html` needs: the newest lines with their ids, newest first."""
    return {"feed": await feed.shown(feed.PAGE_COUNT), "feed_limit": feed.PAGE_COUNT}
