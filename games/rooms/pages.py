"""The pages of rooms: quick play, a room, what came of it, and what can be watched now."""

import time
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.guests import sign_in_as_guest
from accounts.models import Player
from flags.views import flagged
from games.game import UnknownGame, unseen_hints
from games.kept_runs.replay import BadFrame, first_frame
from games.models import Block
from games.rooms import registry, rooms
from games.rooms.after import ratings, replays
from games.rooms.game import RoomGame, all_room_games, find_room_game, known_room_game
from games.rooms.meeting import arena
from games.rooms.rooms import Seat, UnknownRoom
from leaderboard.models import HiddenPlayer
from live.errors import GameError
from live.rate_limits import client_address, enter

WATCH_COUNT = 24
STRIP_COUNT = 3
NEWEST_COUNT = 12
LIVE_FRESH_S = 1.0

_live: tuple[float, list[dict[str, Any]]] = (-LIVE_FRESH_S, [])


def _game_or_404(slug: str) -> RoomGame:
    try:
        return find_room_game(slug)
    except UnknownGame as error:
        raise Http404(str(error)) from error


async def player_of(request: HttpRequest) -> Player:
    """Who asks; somebody who is no player yet becomes a guest, as with every Play button."""
    return request.player or await sign_in_as_guest(request)


async def seat_of(player: Player, game: RoomGame, address: str) -> Seat:
    """A player's seat in a new room. `origin` is their address, hashed: two from one place are not rated."""
    rating = await ratings.of(player.pk, game.slug)
    return Seat(player.pk, player.card, rating.shown, ratings.is_provisional(rating), origin=origin(address))


def origin(address: str) -> str:
    """An address as rooms keep it: a hash that tells places apart and nothing else."""
    return salted_hmac("rooms.origin", address, algorithm="sha256").hexdigest()[:16] if address else ""


@require_http_methods(["GET", "HEAD", "POST"])
async def quick(request: HttpRequest, slug: str) -> HttpResponse:
    """Look for an opponent, or come to an arena. A POST is the Play button: it makes a guest of a stranger."""
    game = _game_or_404(slug)
    if request.method == "POST":
        player = await player_of(request)
        return await _come(request, player, game) if game.arena else redirect("rooms:quick", slug)
    if request.player and (room := await registry.room_of(request.player.pk)):
        return redirect("rooms:room", room)
    rating = await ratings.of(request.player.pk, slug) if request.player else None
    page = "arena" if game.arena else "seek"
    return render(request, f"games/rooms/{page}.html", {"game": game, "rating": rating})


async def _come(request: HttpRequest, player: Player, game: RoomGame) -> HttpResponse:
    await enter("room_make", str(player.pk))
    if there := await registry.room_of(player.pk):
        return redirect("rooms:room", there)
    try:
        return redirect("rooms:room", await arena.come(game, await seat_of(player, game, client_address(request))))
    except GameError as error:
        messages.error(request, str(error))
        return redirect("rooms:quick", game.slug)


@require_POST
async def make(request: HttpRequest, slug: str) -> HttpResponse:
    """A room to which a link leads: `with=bot` has a bot in it, else whoever opens the link first takes the seat."""
    game = _game_or_404(slug)
    if game.arena:
        return redirect("rooms:quick", slug)
    player = await player_of(request)
    await enter("room_make", str(player.pk))
    if room := await registry.room_of(player.pk):
        messages.error(request, _("You are in a match. Finish it first."))
        return redirect("rooms:room", room)
    own = await seat_of(player, game, client_address(request))
    other = replays.bot_seat() if request.POST.get("with") == "bot" else None
    return redirect("rooms:room", await rooms.make(game, [own, other], rated=other is None))


@require_POST
async def sit(request: HttpRequest, room: str) -> HttpResponse:
    """Take the free seat of a room that a link led to."""
    player = await player_of(request)
    await enter("room_make", str(player.pk))
    try:
        kept = await rooms.load(room)
        other = await registry.room_of(player.pk)
        if other and other != room:
            messages.error(request, _("You are in a match. Finish it first."))
            return redirect("rooms:room", other)
        seat = await seat_of(player, kept.game, client_address(request))
        met = [each for each in kept.players if each != player.pk]
        if kept.only not in (0, player.pk) or await sync_to_async(Block.between)(player.pk, met):
            raise rooms.RoomFull
        await rooms.sit(kept, seat)
    except UnknownRoom as error:
        raise Http404(str(error)) from error
    except GameError as error:
        messages.error(request, str(error))
    return redirect("rooms:room", room)


@require_safe
async def room(request: HttpRequest, room: str) -> HttpResponse:
    """A match: played, watched, or over; with `?replay` what is kept of it."""
    if "replay" in request.GET:
        return await _match(request, room)
    try:
        kept = await rooms.load(room)
    except (UnknownRoom, UnknownGame):
        return await _match(request, room)
    seat = kept.seat_of(request.player.pk if request.player else None)
    context = {
        "game": kept.game,
        "room": kept,
        "seat": seat,
        "hints": unseen_hints(kept.game.slug, kept.game.hints, request.COOKIES.get("hints", "")),
        "may_sit": _may_sit(kept, request.player),
        "host": next((each for each in kept.seats if each), None),
        "link": request.build_absolute_uri() if kept.status == rooms.OPEN and not kept.only else "",
    }
    return render(request, f"games/{kept.game.slug}.html", context)


def _may_sit(kept: rooms.Room, player: Player | None) -> bool:
    """Whether the page offers a seat. In an arena people come back, so that it always does."""
    if kept.game.arena:
        return kept.status != rooms.OVER
    seat = kept.seat_of(player.pk if player else None)
    return kept.status == rooms.OPEN and seat is None and kept.only in (0, player.pk if player else 0)


async def _match(request: HttpRequest, room: str) -> HttpResponse:
    """A match that is over and kept: who won, and every move of it."""
    match = await replays.shown().filter(pk=room).prefetch_related("seats__player").afirst()
    if match is None or "replays" not in request.flags:
        # It is on its way to SQL, or there is none, or nobody may see replays now.
        return render(request, "games/no_replay.html", status=404)
    game = find_room_game(match.game)
    seats = list(match.seats.all())
    named: list[dict[str, Any]] = [{"name": ""} for _ in range(game.seats)]
    for each in (seat for seat in seats if seat.number < game.seats):
        named[each.number] = {"name": each.name, "bot": each.player is None}
    if game.arena:
        seats.sort(key=lambda each: each.place)
    context = {"game": game, "match": match, "seats": seats, "seat_names": named, "moves": replays.length(match)}
    return render(request, [f"games/{game.slug}_replay.html", "games/no_replay.html"], context)


@require_safe
@flagged("replays")
async def frames(request: HttpRequest, room: str) -> HttpResponse:
    """Every view of a kept match, worked out by the rules, as JSON; `?from=` as for the replay of a run."""
    await enter("replay", str(request.player.pk) if request.player else client_address(request))
    match = await replays.shown().filter(pk=room).afirst()
    if match is None:
        raise Http404(str(UnknownRoom()))
    try:
        return JsonResponse(await replays.frames(match, first_frame(request.GET.get("from", "0"))))
    except BadFrame as error:
        return JsonResponse({"error": str(error)}, status=400)


@require_safe
async def watch(request: HttpRequest) -> HttpResponse:
    """The live rooms, the most watched first, and the newest matches that are over."""
    newest = replays.shown().prefetch_related("seats__player").order_by("-ended_at")
    context = {
        "live": await live_rooms(WATCH_COUNT),
        "newest": [match async for match in newest[:NEWEST_COUNT]],
        "room_games": all_room_games(),
    }
    return render(request, "games/rooms/watch.html", context)


@require_safe
async def live_list(request: HttpRequest) -> HttpResponse:
    """The list of live rooms alone, which the page asks for again and again; `?count=` as on the lobby."""
    await enter("watch_address", client_address(request))
    count = STRIP_COUNT if request.GET.get("count") == str(STRIP_COUNT) else WATCH_COUNT
    context = {"live": await live_rooms(count), "room_games": all_room_games()}
    return render(request, "games/rooms/_live.html", context)


async def live_rooms(count: int) -> list[dict[str, Any]]:
    """Rooms for a list: id, game, players, points, since when, watchers, the view; none with a hidden player.

    Read once a second for all who look at this process.
    """
    global _live  # noqa: PLW0603
    if time.monotonic() - _live[0] >= LIVE_FRESH_S:
        _live = (time.monotonic(), await _read_live())
    return _live[1][:count]


async def _read_live() -> list[dict[str, Any]]:
    found = [(room, listed, known_room_game(listed.game)) for room, listed in await registry.live(2 * WATCH_COUNT)]
    players = {player for _, listed, _ in found for player in listed.players}
    hidden = {each.player_id async for each in HiddenPlayer.objects.filter(player__in=players)}
    return [
        {"id": room, "listed": listed, "game": game}
        for room, listed, game in found
        if game and hidden.isdisjoint(listed.players)
    ]
