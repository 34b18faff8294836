"""Views for profiles, following, merging a guest, and a player's rights: data export and deletion."""

import contextlib
from typing import Any
from urllib.parse import quote

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.contrib.auth import alogout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import follows
from accounts.models import Follow, Player
from accounts.sign_in.forms import ConfirmForm
from accounts.sign_in.views import GUEST, count_try, next_page
from achievements import awards
from games.models import Block
from games.rooms.game import all_room_games
from live.errors import GameError
from live.rate_limits import client_address, enter
from people import deletion, export, guest_merge
from people import profile as page
from people.forms import GuestLeavesForm
from store.client import StoreUnavailable
from store.lock import LockHeld


async def _player_or_404(name: str) -> Player:
    player = await page.find(name)
    if player is None:
        raise Http404(_("There is no such player."))
    return player


@require_safe
async def profile(request: HttpRequest, name: str) -> HttpResponse:
    """A player's public page. Hidden, banned and deleted players get the same 404 as missing ones."""
    player = await _player_or_404(name)
    if player.name != name:
        return redirect("profile", player.name)
    viewer = request.player
    context = {
        "shown": player,
        "is_own": viewer is not None and viewer.pk == player.pk,
        "follows": viewer is not None and await Follow.objects.filter(follower=viewer, followed=player).aexists(),
        "followers": await player.followers.acount(),
        "presence": (presence := await page.presence(player, viewer)),
        "doing": page.doing(presence),
        "places": await page.places(player),
        "charts": await page.charts(player),
        "chart_days": page.CHART_DAYS,
        "runs": await page.newest_runs(player),
        "matches": await page.matches(player),
        "room_games": all_room_games(),
        "blocks": viewer is not None and await Block.objects.filter(player=viewer, blocked=player).aexists(),
        "achievements": await awards.shown(player),
        "following": [each async for each in player.follows.select_related("followed")] if viewer == player else [],
    }
    return render(request, "people/profile.html", context)


async def follow(request: HttpRequest, name: str) -> HttpResponse:
    """Follow a player, or stop following them (`stop`)."""
    if request.method != "POST":
        return redirect("profile", name)
    if request.player is None:
        return redirect(f"/accounts/sign-in/?next=/players/{quote(name)}/")
    await enter("follow", str(request.player.pk))
    player = await _player_or_404(name)
    stops = "stop" in request.POST
    try:
        await sync_to_async(follows.unfollow if stops else follows.follow)(request.player, player)
    except GameError as error:
        messages.error(request, str(error))
    else:
        words = _("You follow {name} no more.") if stops else _("You follow {name}.")
        messages.success(request, words.format(name=player.name))
    return redirect("profile", player.name)


@never_cache
@require_http_methods(["GET", "POST"])
async def bring_over(request: HttpRequest) -> HttpResponse:
    """Ask a player who just signed in whether to bring the guest's runs along. Only the session names the guest."""
    target = next_page(request)
    guest_id = await request.session.aget(GUEST) if request.player else None
    guest = await Player.objects.filter(pk=guest_id, is_guest=True).afirst() if guest_id else None
    if guest is None or guest.pk == request.player.pk or not await guest_merge.has_something(guest):
        return redirect(target)
    if request.method != "POST":
        context = {"guest": guest, "next": target, "runs": await guest.runs.acount()}
        return render(request, "people/bring.html", context)
    if "bring" in request.POST:
        try:
            await guest_merge.bring(guest, request.player)
        except GameError as error:
            messages.error(request, str(error))
        except LockHeld:
            messages.success(request, _("What {name} played is yours within a minute.").format(name=guest.name))
        else:
            messages.success(request, _("What {name} played is yours now.").format(name=guest.name))
    # Last, so that the player is asked again if Redis or SQL failed above.
    await request.session.apop(GUEST)
    return redirect(target)


@never_cache
@login_required
@require_safe
async def my_data(request: HttpRequest) -> HttpResponse:
    """The page where a player can export or delete their data."""
    return render(request, "people/my_data.html", {"form": _leaving_form(request)})


@never_cache
@login_required
@require_safe
async def export_data(request: HttpRequest) -> HttpResponse:
    """Everything that is kept about the player, as JSON."""
    await enter("export", str(request.player.pk))
    data = await export.export(request.player)
    response = JsonResponse(data, json_dumps_params={"indent": 1, "ensure_ascii": False})
    response.headers["Content-Disposition"] = f'attachment; filename="gameapp-{request.player.name}.json"'
    return response


def _leaving_form(request: HttpRequest, data: Any = None) -> Any:
    return (GuestLeavesForm if request.player.is_guest else ConfirmForm)(request.player, data)


@never_cache
@sensitive_post_parameters()
@login_required
async def delete_account(request: HttpRequest) -> HttpResponse:
    """Delete the account after the player re-enters their password; a guest types their name."""
    if request.method != "POST":
        return redirect("my_data")
    await enter("delete_address", client_address(request))
    await count_try(client_address(request), request.player.name.lower())
    form = _leaving_form(request, request.POST)
    if not await sync_to_async(form.is_valid)():
        return render(request, "people/my_data.html", {"form": form}, status=422)
    player = await Player.objects.aget(pk=request.player.pk)
    if player.is_staff:
        messages.error(request, str(deletion.StaffStay()))
        return redirect("my_data")
    try:
        await deletion.delete(player)
    except (LockHeld, StoreUnavailable):
        # If the deletion has begun in SQL, the worker finishes it. If it has not, the error is raised.
        if await Player.objects.filter(pk=player.pk, leaving_at=None).aexists():
            raise
        messages.success(request, _("Your account is closed, and everything kept of it is gone within two minutes."))
    else:
        messages.success(request, _("Your account is deleted. Thank you for playing."))
    with contextlib.suppress(StoreUnavailable):  # The session is useless either way.
        await alogout(request)
    return redirect("/")
