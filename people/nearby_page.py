"""The page of players nearby: joining and leaving, and who is near, with their ranks."""

import math
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import Player
from leaderboard.models import Board, HiddenPlayer
from leaderboard.reading import standings
from leaderboard.reading.near import look
from live.rate_limits import TooMany, enter
from nearby import cells as places
from nearby.cells import NoPlace, Place


@never_cache
@require_http_methods(["GET", "POST"])
async def nearby(request: HttpRequest) -> HttpResponse:
    """The page. It is off until the player joins by city or browser position; `leave` deletes the position at once."""
    if request.player is None:
        return redirect_to_login(request.get_full_path())
    error = ""
    if request.method == "POST":
        if "leave" in request.POST:
            await places.leave(request.player.pk)
            messages.success(request, _("You are off. Where you are is forgotten."))
            return redirect("nearby")
        try:
            place = _place(request.POST)
            await enter("nearby", str(request.player.pk))
            await places.join(request.player.pk, place)
        except (NoPlace, TooMany) as refusal:
            error = _("You have changed it often enough for today.") if isinstance(refusal, TooMany) else str(refusal)
        else:
            return redirect("nearby")
    found = await look(request.player.pk)
    context = {
        "until_ms": found.until_ms,
        "neighbours": await _shown(found.neighbours),
        "boards": [board async for board in Board.objects.all()],
        "cities": places.cities(),
        "typed": request.POST.get("city", ""),
        "error": error,
        "enough": places.ENOUGH,
    }
    return render(request, "people/nearby.html", context, status=422 if error else 200)


def _place(fields: Any) -> Place:
    """The place in a form: a city of the list, or a position in degrees."""
    if "city" in fields:
        typed = fields["city"].strip().casefold()
        named = [
            place
            for name, place in places.cities().items()
            if typed in (name.casefold(), name.rpartition(",")[0].casefold())
        ]
        if len(named) > 1:
            raise NoPlace(gettext_noop("There are several of that name. Add the country, as the list does."))
        if not named:
            raise NoPlace(gettext_noop("Choose a city from the list, such as “Berlin, DE”."))
        return named[0]
    try:
        place = Place(float(fields.get("latitude", "")), float(fields.get("longitude", "")))
    except ValueError as error:
        raise NoPlace from error
    if not all(map(math.isfinite, place)):
        raise NoPlace
    return place


async def _shown(neighbours: list[places.Neighbour]) -> list[dict[str, Any]]:
    """Names and all-time ranks of the neighbours that may be shown, nearest first. One round trip."""
    ids = [each.player for each in neighbours]
    players = await _visible(ids)
    boards = [board async for board in Board.objects.all() if board.kinds]
    found = await standings.standings_of([(board.slug, board.kinds[-1], ids) for board in boards]) if ids else []
    ranks = {player: [on_board[index] for on_board in found] for index, player in enumerate(ids)}
    return [
        {"player": players[each.player], "distance": each.distance, "standings": ranks[each.player]}
        for each in neighbours
        if each.player in players
    ]


async def _visible(ids: list[int]) -> dict[int, Player]:
    hidden = HiddenPlayer.objects.values("player_id")
    return await sync_to_async(Player.objects.filter(is_active=True).exclude(pk__in=hidden).in_bulk)(ids)
