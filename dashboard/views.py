"""The operators' page, and the two health checks."""

from asgiref.sync import sync_to_async
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from dashboard import figures
from leaderboard import history
from store.client import StoreUnavailable, client


async def dashboard(request: HttpRequest) -> HttpResponse:
    """The live figures, for staff."""
    if request.player is None:
        return redirect_to_login(request.get_full_path())
    if not request.player.is_staff:
        raise PermissionDenied("Only staff may see the dashboard.")
    return render(
        request, "dashboard/dashboard.html", {"figures": await figures.read(), "games": await history.counts()}
    )


async def livez(_: HttpRequest) -> HttpResponse:
    """200 while the process answers at all."""
    return JsonResponse({"ok": True})


async def readyz(_: HttpRequest) -> HttpResponse:
    """200 when Redis and SQL answer, else 503 and what is wrong."""
    problems = [problem for problem in (await _redis_problem(), await sync_to_async(_sql_problem)()) if problem]
    return JsonResponse({"ok": not problems, "problems": problems}, status=503 if problems else 200)


async def _redis_problem() -> str:
    try:
        await client().ping()
    except StoreUnavailable as error:
        return f"redis: {error}"
    return ""


def _sql_problem() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return f"sql: {error}"
    return ""
