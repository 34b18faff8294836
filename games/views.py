"""The lobby and the page of a game."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.guests import sign_in_as_guest
from games.game import UnknownGame, all_games, find
from leaderboard.views import board_context, feed_context

LOBBY_BOARD_COUNT = 10
PLAY_BOARD_COUNT = 10


@require_safe
async def lobby(request: HttpRequest) -> HttpResponse:
    """Every game with its Play button and its board of today."""
    games = [
        {"game": game, **await board_context(game.slug, "day", LOBBY_BOARD_COUNT, request.player)}
        for game in all_games()
    ]
    return render(request, "games/lobby.html", {"games": games, **await feed_context()})


@require_http_methods(["GET", "HEAD", "POST"])
async def play(request: HttpRequest, slug: str) -> HttpResponse | HttpResponseRedirect:
    """A game and its live board. A POST is the Play button: it makes a guest of somebody who is no player yet."""
    try:
        game = find(slug)
    except UnknownGame as error:
        raise Http404(str(error)) from error
    if request.method == "POST":
        if request.player is None:
            await sign_in_as_guest(request)
        return redirect("games:play", slug)
    context = await board_context(slug, "day", PLAY_BOARD_COUNT, request.player)
    return render(request, f"games/{slug}.html", {"game": game, **context})
