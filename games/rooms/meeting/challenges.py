"""Challenging somebody to a match, and wanting to meet somebody never again."""

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Player
from games.game import UnknownGame
from games.models import Block
from games.rooms import registry, rooms
from games.rooms.game import all_room_games, find_room_game
from games.rooms.messages import Challenged
from games.rooms.pages import player_of, seat_of
from live.errors import GameError
from live.layer import tell_player
from live.rate_limits import client_address, enter
from presence import online

#: A challenge that nobody takes ends after this long.
CHALLENGE_S = 30
BLOCKS_MAX = 1_000


class NoChallenges(GameError):
    code = "no_challenges"
    message = gettext_noop("This player takes no challenges.")


async def _other(name: str, own: Player | None) -> Player:
    player = await Player.objects.named(name).filter(is_active=True, is_gone=False, leaving_at=None).afirst()
    if player is None or (own and player.pk == own.pk):
        raise Http404(_("There is no such player to meet."))
    return player


@require_http_methods(["GET", "HEAD", "POST"])
async def challenge(request: HttpRequest, name: str) -> HttpResponse:
    """Ask somebody for a match of `game`: their page shows it at once, and a room waits for them for 30 seconds.

    A GET lets one choose the game. Somebody who is no player yet becomes a guest, as with every Play button.
    """
    other = await _other(name, request.player)
    if request.method != "POST":
        [is_here] = await online.friends([(request.player.pk if request.player else 0, [other.pk])])
        context = {
            "other": other,
            "is_here": bool(is_here),
            "seconds": CHALLENGE_S,
            "room_games": [game for game in all_room_games() if not game.arena],
        }
        return render(request, "games/rooms/challenge.html", context)
    player = await player_of(request)
    await enter("challenge", str(player.pk))
    try:
        game = find_room_game(request.POST.get("game", ""))
        if game.arena:
            raise UnknownGame
        if room := await registry.room_of(player.pk):
            messages.error(request, _("You are in a match. Finish it first."))
            return redirect("rooms:room", room)
        if not other.challenges or await sync_to_async(Block.between)(player.pk, [other.pk]):
            raise NoChallenges
        await enter("challenged", str(other.pk))
        own = await seat_of(player, game, client_address(request))
        room = await rooms.make(game, [own, None], rated=True, only=other.pk, open_s=CHALLENGE_S)
        await tell_player(other.pk, Challenged(room, player.name, game.title, CHALLENGE_S))
    except UnknownGame as error:
        raise Http404(str(error)) from error
    except NoChallenges as error:
        messages.error(request, str(error))
        return redirect("profile", other.name)
    return redirect("rooms:room", room)


@require_POST
@login_required
async def block(request: HttpRequest, name: str) -> HttpResponse:
    """Meet somebody never again, or (`stop`) perhaps again."""
    player, other = request.player, await _other(name, request.player)
    await enter("follow", str(player.pk))
    if "stop" in request.POST:
        await Block.objects.filter(player=player, blocked=other).adelete()
        messages.success(request, _("You may meet {name} again.").format(name=other.name))
    else:
        if await Block.objects.filter(player=player).acount() >= BLOCKS_MAX:
            messages.error(
                request, _("You have blocked {count} players. Unblock one of them first.").format(count=BLOCKS_MAX)
            )
            return redirect("profile", other.name)
        await Block.objects.aget_or_create(player=player, blocked=other)
        messages.success(request, _("You will not meet {name} any more.").format(name=other.name))
    return redirect("profile", other.name)
