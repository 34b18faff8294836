"""The lobby, the page of a game, and replays of kept runs."""

import functools
from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.guests import sign_in_as_guest
from flags import flags
from flags.middleware import flags_of
from flags.views import flagged, reads_flags
from games import runs
from games.daily import puzzles
from games.game import Game, UnknownGame, all_games, find, unseen_hints
from games.kept_runs import replay as replays
from games.kept_runs import sharing
from games.modes import BEAT, FREE_PLAY, Mode, day_end_ms, today
from games.rooms.after import replays as kept_matches
from games.rooms.game import RoomGame, all_room_games, known_room_game
from games.rooms.pages import STRIP_COUNT, live_rooms
from leaderboard import known_boards as boards
from leaderboard.errors import UnknownBoard, UnknownPeriod
from leaderboard.models import Run
from leaderboard.pages.views import board_context, feed_context
from live.rate_limits import client_address, enter
from live.servers.own_parts import own
from live.servers.shared_pages import shared
from store.together import together

# What SQL can hold; an address may hold more.
ID_MAX = 2**63 - 1
LOBBY_BOARD_COUNT = 10
PLAY_BOARD_COUNT = 10


@require_safe
@reads_flags
@shared
async def lobby(request: HttpRequest) -> HttpResponse:
    """Every game with its Play button, what is live, and the first game's board of today."""
    games, room_games = all_games(), all_room_games()
    request.flags, feed, live, board, *waiting = await together(
        flags_of(request),
        feed_context(),
        live_rooms(STRIP_COUNT),
        board_context(request, games[0].slug, "day", LOBBY_BOARD_COUNT),
        *(own(request, functools.partial(_waiting, game)) for game in games),
    )
    cards = [
        _card(game, reverse("games:play", args=[game.slug]), waiting=points)
        for game, points in zip(games, waiting, strict=True)
    ]
    cards += [_card(game, reverse("rooms:quick", args=[game.slug]), is_room=True) for game in room_games]
    cards.sort(key=lambda card: card["game"].lobby_order)
    shown = {"cards": cards, "room_games": room_games, "live": live, "day_ends_ms": day_end_ms(today())}
    return render(request, "games/lobby.html", shown | feed | board)


async def _waiting(game: Game, player: Any) -> int | None:
    """The points of a run that the player can go on with."""
    return await runs.waiting_points(game, player.pk)


def _card(game: Game | RoomGame, url: str, *, is_room: bool = False, waiting: Any = None) -> dict[str, Any]:
    return {"game": game, "url": url, "is_room": is_room, "waiting": waiting}


@require_http_methods(["GET", "HEAD", "POST"])
@shared
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
    return await play_page(request, game)


async def play_page(request: HttpRequest, game: Game, mode: Mode = FREE_PLAY, **more: Any) -> HttpResponse:
    """The page of a game, to be played in a mode, with the board beside it that such runs are for."""
    request.visited_game = game.slug
    context = await board_context(request, mode.board(game) or game.slug, "day", PLAY_BOARD_COUNT)
    tried = next((each for each in game.themes if each.slug == request.GET.get("try")), None)
    theme = tried.slug if tried else await own(request, functools.partial(_worn_theme, game))
    shown = {
        "game": game,
        "hints": await own(request, functools.partial(_unseen_hints, game), cookie="hints"),
        "mode": mode,
        "tried": tried,
        "theme": theme,
        "hint_first": await own(request, _has_hint_first),
        "ranked": bool(mode.board(game)),
    }
    return render(request, f"games/{game.slug}.html", shown | context | more)


async def _worn_theme(game: Game, player: Any) -> str:
    return player.wearing(game.theme_kind)


async def _unseen_hints(game: Game, _player: Any, seen: str) -> Sequence[str]:
    return unseen_hints(game.slug, game.hints, seen)


async def _has_hint_first(player: Any) -> bool:
    return await flags.arm("hint-first", player) == "b"


@require_http_methods(["GET", "HEAD", "POST"])
@flagged("replays")
async def beat(request: HttpRequest, run: str) -> HttpResponse:
    """Play the seed of a kept run, unranked, with its points beside one's own."""
    await enter("replay", str(request.player.pk) if request.player else client_address(request))
    kept = await _replay_or_404(run)
    if puzzles.day_of(kept) == today():
        return render(request, "games/daily/wait.html", await _shared(request, kept))
    if request.method == "POST":
        if request.player is None:
            await sign_in_as_guest(request)
        return redirect("games:beat", run)
    game = find(replays.record_of(kept).game)
    ghost = await replays.points_of(kept) if request.player else []
    more = {"beaten": kept, "ghost": ghost, "mode_title": _("{game}: beat it").format(game=game.title)}
    return await play_page(request, game, Mode(BEAT, run), **more)


async def _shared(request: HttpRequest, kept: Run) -> dict[str, Any]:
    """What previews of a run's page show."""
    game = find(replays.record_of(kept).game)
    picture = request.build_absolute_uri(reverse("games:picture", args=[kept.pk]))
    return {"game": game, "run": kept, "share_title": sharing.title(kept, game), "picture": picture}


@require_safe
@flagged("replays")
async def share(request: HttpRequest, run: str) -> HttpResponse:
    """The lines that a player passes on, and the address, as JSON."""
    await enter("replay", str(request.player.pk) if request.player else client_address(request))
    kept = await _replay_or_404(run)
    url = request.build_absolute_uri(reverse("games:replay", args=[run]))
    return JsonResponse({"text": await sharing.text(kept, url), "url": url})


@require_safe
@flagged("replays")
async def picture(request: HttpRequest, run: str) -> HttpResponse:
    """The picture of a result, for previews of links to it."""
    await enter("replay", str(request.player.pk) if request.player else client_address(request))
    answer = HttpResponse(await sharing.picture(await _replay_or_404(run)), content_type="image/png")
    answer.headers["Cache-Control"] = "private, max-age=60"
    return answer


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
    context = await _shared(request, kept)
    if not await puzzles.may_watch(kept, request.player):
        return render(request, "games/daily/wait.html", context)
    game, theme = context["game"], kept.player.wearing(context["game"].theme_kind)
    may_beat = puzzles.day_of(kept) != today()
    context |= {"theme": theme, "moves": len(replays.record_of(kept).inputs), "may_beat": may_beat}
    return render(request, [f"games/{game.slug}_replay.html", "games/no_replay.html"], context)


@require_safe
@flagged("replays")
async def replay_frames(request: HttpRequest, run: str) -> HttpResponse:
    """Frames of a run from `?from=` on, re-simulated by the rules, as JSON."""
    await enter("replay", str(request.player.pk) if request.player else client_address(request))
    kept = await _replay_or_404(run)
    if not await puzzles.may_watch(kept, request.player):
        return JsonResponse({"error": str(puzzles.PlayFirst())}, status=403)
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
        raise Http404(_("There is no such player."))
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
