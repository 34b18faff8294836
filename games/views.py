"""The lobby, the page of a game, and replays of kept runs."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.guests import sign_in_as_guest
from flags import flags
from flags.views import flagged, reads_flags
from games import replay as replays
from games.game import UnknownGame, all_games, find
from games.rooms import replays as kept_matches
from games.rooms.game import all_room_games, known_room_game
from games.rooms.pages import STRIP_COUNT, live_rooms
from leaderboard import known_boards as boards
from leaderboard.errors import UnknownBoard, UnknownPeriod
from leaderboard.models import Run
from leaderboard.pages.views import board_context, feed_context
from live.rate_limits import client_address, enter
from store.together import together

# What SQL can hold; an address may hold more.
ID_MAX = 2**63 - 1
LOBBY_BOARD_COUNT = 10
PLAY_BOARD_COUNT = 10


@require_safe
@reads_flags
async def lobby(request: HttpRequest) -> HttpResponse:
    """Every game with its Play button and its board of today. One round trip however many games there are."""
    games, player = all_games(), request.player
    boards = [board_context(game.slug, "day", LOBBY_BOARD_COUNT, player) for game in games]
    request.flags, feed, live, *shown = await together(
        flags.of(player), feed_context(), live_rooms(STRIP_COUNT), *boards
    )
    listed = [{"game": game, **context} for game, context in zip(games, shown, strict=True)]
    context = {"games": listed, "room_games": all_room_games(), "live": live, **feed}
    return render(request, "games/lobby.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
async def play(request: HttpRequest, slug: str) -> HttpResponse | HttpResponseRedirect:
    """A game and its live board. A POST is the Play button: it makes a guest of somebody who is no player yet."""
    if known_room_game(slug) is None:
        try:
            game = find(slug)
        except UnknownGame as error:
            raise Http404(str(error)) from error
        page = "games:play"
    else:
        page = "rooms:quick"  # Boards of ratings lead here, too.
    if request.method == "POST" and request.player is None:
        await sign_in_as_guest(request)
    if request.method == "POST" or page == "rooms:quick":
        return redirect(page, slug)
    request.visited_game = slug
    context = await board_context(slug, "day", PLAY_BOARD_COUNT, request.player)
    theme = request.player.wearing(game.theme_kind) if request.player else ""
    hint_first = await flags.arm("hint-first", request.player) == "b"
    return render(request, f"games/{slug}.html", {"game": game, "theme": theme, "hint_first": hint_first, **context})


@require_safe
@flagged("replays")
async def replay(request: HttpRequest, run: str) -> HttpResponse:
    """A kept run, to be watched: the page plays the frames that `replay_frames` gives."""
    try:
        kept = await replays.load(run)
    except replays.NoReplay as error:
        room = run.rpartition(".")[0]
        if not await kept_matches.shown().filter(pk=room).aexists():
            raise Http404(str(error)) from error
        return redirect(f"{reverse('rooms:room', args=[room])}?replay")  # A rating: the match after which it stands.
    game = find(replays.record_of(kept).game)
    theme = kept.player.wearing(game.theme_kind)
    context = {"game": game, "run": kept, "theme": theme, "moves": len(replays.record_of(kept).inputs)}
    return render(request, [f"games/{game.slug}_replay.html", "games/no_replay.html"], context)


@require_safe
@flagged("replays")
async def replay_frames(request: HttpRequest, run: str) -> HttpResponse:
    """Frames of a run from `?from=` on, re-simulated by the rules, as JSON."""
    await enter("replay", str(request.player.pk) if request.player else client_address(request))
    kept = await _replay_or_404(run)
    try:
        response = JsonResponse(await replays.frames(kept, replays.first_frame(request.GET.get("from", "0"))))
    except replays.BadFrame as error:
        return JsonResponse({"error": str(error)}, status=400)
    response.headers["Cache-Control"] = "private, max-age=60"
    return response


@require_safe
@flagged("replays")
async def record(request: HttpRequest, slug: str, player: int) -> HttpResponse:
    """Leads to the replay of the run behind a player's place on a board; `?period=` as on the board."""
    if player > ID_MAX:
        raise Http404("There is no such player.")
    try:
        board = await boards.find(slug)
        kept = await replays.record_run(board, player, request.GET.get("period", board.kinds[0]))
    except (UnknownBoard, UnknownPeriod) as error:
        raise Http404(str(error)) from error
    except replays.NoReplay:
        return render(request, "games/no_replay.html", {"board": board}, status=404)
    return redirect("games:replay", kept.pk)


async def _replay_or_404(run: str) -> Run:
    try:
        return await replays.load(run)
    except replays.NoReplay as error:
        raise Http404(str(error)) from error
