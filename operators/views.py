"""The operators' page, and the way into the admin."""

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.actions import ReasonMissing
from audit.trail import record
from leaderboard.models import Board
from leaderboard.stream import history
from moderation import account_actions as accounts
from moderation import board_actions as boards
from operators import experiments, figures
from store.client import ResponseError, client

SLOW_US_MAX = 10_000_000


async def dashboard(request: HttpRequest) -> HttpResponse:
    """The live figures, for staff."""
    if request.player is None:
        return redirect_to_login(request.get_full_path())
    if not request.player.is_staff:
        raise PermissionDenied(_("Only staff may see the dashboard."))
    context = {
        "figures": await figures.read(),
        "games": await history.counts(),
        "experiments": await experiments.results(),
        "may_operate": await sync_to_async(request.player.has_perm)("leaderboard.operate_board"),
    }
    return render(request, "operators/dashboard.html", context)


def admin_entrance(request: HttpRequest) -> HttpResponse:
    """The admin's login page: redirects to the site's sign-in, or answers 403 to players who are not staff."""
    if request.player is not None and not request.player.is_staff:
        raise PermissionDenied(_("Only staff may enter the admin."))
    return redirect(f"{reverse('accounts:sign_in')}?{request.GET.urlencode()}")


async def replay(request: HttpRequest) -> HttpResponse:
    """Retry the dead letters of every stream. Operators only, with a reason; audited per stream."""
    await _need_operator(request)
    if request.method == "POST":
        try:
            why = {"reason": request.POST.get("reason", "")[:300], "by": request.player}
            count = await accounts.replay_letters(**why)
            async for board in Board.objects.all():
                count += await boards.replay_letters(board, **why)
            messages.success(
                request,
                ngettext("{count} dead letter is tried again.", "{count} dead letters are tried again.", count).format(
                    count=count
                ),
            )
        except ReasonMissing as error:
            messages.error(request, str(error))
    return redirect("dashboard")


async def slowlog(request: HttpRequest) -> HttpResponse:
    """Set the threshold in microseconds from which Redis logs a command as slow. Operators only; audited."""
    await _need_operator(request)
    text = request.POST.get("threshold", "")
    if request.method == "POST" and text.isascii() and text.isdigit() and int(text) <= SLOW_US_MAX:
        try:
            before = (await client().config_get("slowlog-log-slower-than"))["slowlog-log-slower-than"]
            await client().config_set("slowlog-log-slower-than", int(text))
        except ResponseError as error:
            messages.error(request, _("This Redis does not let us set that: {error}").format(error=error))
            return redirect("dashboard")
        await sync_to_async(record)(
            "set_slowlog", "redis", "slowlog", by=request.player, before={"us": int(before)}, after={"us": int(text)}
        )
        messages.success(request, _("Commands slower than {count} µs are logged.").format(count=f"{int(text):,}"))
    elif request.method == "POST":
        messages.error(
            request, _("That is a whole number of microseconds, at most {most}.").format(most=f"{SLOW_US_MAX:,}")
        )
    return redirect("dashboard")


async def _need_operator(request: HttpRequest) -> None:
    player = request.player
    if player is None or not await sync_to_async(player.has_perm)("leaderboard.operate_board"):
        raise PermissionDenied(_("Only operators may do that."))
