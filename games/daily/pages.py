"""The pages of the daily puzzles: today's, each puzzle's, and former days for fun."""

from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.guests import sign_in_as_guest
from accounts.models import Player
from games.daily import puzzles, standing
from games.game import Game, UnknownGame, all_games, find
from games.models import Puzzle
from games.modes import ARCHIVE, DAILY, Mode, daily_board, day_end_ms, parse, today
from games.views import play_page
from leaderboard.known_boards import find as find_board
from leaderboard.reading import standings
from leaderboard.reading.spread import Bar, spread
from leaderboard.words import MOVE
from live.errors import GameError

ARCHIVE_DAYS = 30


def _daily_or_404(slug: str) -> Game:
    try:
        game = find(slug)
    except UnknownGame as error:
        raise Http404(str(error)) from error
    if game.daily is None:
        raise Http404(_("This game has no puzzle of the day."))
    return game


@require_safe
async def index(request: HttpRequest) -> HttpResponse:
    """Today's puzzles: to be played, or one's result among all, the streak, the days."""
    games = [game for game in all_games() if game.daily]
    shown = [await _shown(game, request.player) for game in games]
    return render(request, "games/daily/index.html", {"games": shown, "today": today(), "ends_ms": day_end_ms(today())})


async def _shown(game: Game, player: Player | None) -> dict[str, Any]:
    board, day = await find_board(daily_board(game.slug)), today()
    reached = await standing.played_days(game.slug, player.pk) if player else {}
    run = await puzzles.runs_of(game.slug, day).filter(player=player).order_by("sequence").afirst() if player else None
    place = await standings.standing(board.slug, "day", player.pk) if player else None
    if place and place.points is not None:
        reached = reached | {day: place.points}
    days = [each.day async for each in Puzzle.objects.filter(game=game.slug, day__lt=day)[:ARCHIVE_DAYS]]
    return {
        "game": game,
        "board": board,
        "run": run,
        "place": place if place and place.rank else None,
        "tried": await puzzles.has_tried(game, player),
        "bars": _bars(await spread(board.slug, "day"), reached.get(day), board.format),
        "streak": standing.streak(reached, day),
        "weeks": standing.calendar(reached, day),
        "archive": days,
    }


def _bars(found: list[Bar], own: int | None, format: str) -> list[dict[str, Any]]:
    """The histogram as it is drawn: how high each bar is, and which one has one's own result."""
    unit = MOVE if format == "moves" else 1
    most = max((bar.count for bar in found), default=0)
    return [
        {
            "low": bar.low,
            "high": bar.high,
            "count": bar.count,
            "percent": round(100 * bar.count / most) if most else 0,
            "rest": 100 - round(100 * bar.count / most) if most else 100,
            "own": own is not None and bar.low <= own // unit <= bar.high,
        }
        for bar in found
    ]


@require_http_methods(["GET", "HEAD", "POST"])
async def puzzle(request: HttpRequest, slug: str) -> HttpResponse:
    """Today's puzzle of a game. A POST is the Play button: it begins this browser's try."""
    game = _daily_or_404(slug)
    cookie = request.COOKIES.get(puzzles.COOKIE, "")
    if request.method != "POST":
        begun = puzzles.tries(cookie).get(slug, [""])[0] == today().isoformat()
        # Nobody's try begins, and its clock runs, because they followed a link.
        more = {"mode_title": f"Daily {game.title}", "needs_play": request.player is None or not begun}
        return await play_page(request, game, Mode(DAILY, today().isoformat()), **more)
    try:
        player = request.player or await sign_in_as_guest(request)
        cookie = await puzzles.noted(cookie, game, player)
    except GameError as error:
        messages.error(request, str(error))
        return redirect("daily:index")
    response = redirect("daily:puzzle", slug)
    response.set_cookie(
        puzzles.COOKIE,
        cookie,
        max_age=puzzles.COOKIE_S,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


@require_http_methods(["GET", "HEAD", "POST"])
async def archive(request: HttpRequest, slug: str, day: str) -> HttpResponse:
    """A former day's puzzle, unranked."""
    game = _daily_or_404(slug)
    try:
        mode = parse(f"{ARCHIVE}/{day}")
        when = date.fromisoformat(mode.of)
        if when >= today():
            return redirect("daily:puzzle", slug)
        await puzzles.seed_of(game, when)
    except GameError as error:
        raise Http404(_("There was no puzzle on that day.")) from error
    if request.method == "POST":
        if request.player is None:
            await sign_in_as_guest(request)
        return redirect("daily:archive", slug, day)
    return await play_page(request, game, mode, mode_title=f"{game.title} of {day}")
