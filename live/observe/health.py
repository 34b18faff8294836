"""Whether the site is alive and ready, and its numbers for Prometheus."""

import hmac
import logging
from collections.abc import Awaitable, Callable

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseForbidden, JsonResponse
from django.urls import resolve

from live.observe import metrics as numbers
from live.rate_limits import client_address
from live.servers.middleware import AsyncMiddleware
from store import heartbeat
from store.client import StoreUnavailable
from store.server import probe

logger = logging.getLogger(__name__)

#: Says what is wrong with something above this package; empty when nothing is.
Check = Callable[[], Awaitable[str]]

_checks: list[Check] = []
_migrated = False
#: The problems at the last check. None before the site was ready for the first time.
_was: list[str] | None = None


def add_check(check: Check) -> None:
    """Have `/readyz` ask this, too, while Redis answers. Called from `AppConfig.ready`."""
    _checks.append(check)


async def livez(_: HttpRequest) -> HttpResponse:
    """200 while the process answers at all."""
    return JsonResponse({"ok": True})


async def readyz(_: HttpRequest) -> HttpResponse:
    """200 when Redis and SQL answer, the tables are up to date, a worker is alive and no room waits for a runner.

    Else 503 and what is wrong.
    """
    global _was  # noqa: PLW0603
    problems = [each for each in await _problems() if each]
    if _was is not None and problems != _was:
        logger.warning("not ready: %s", "; ".join(problems)) if problems else logger.info("ready again")
    # Log nothing before the site was ready for the first time: it is still starting.
    if _was is not None or not problems:
        _was = problems
    return JsonResponse({"ok": not problems, "problems": problems}, status=503 if problems else 200)


async def _problems() -> list[str]:
    sql = await sync_to_async(sql_problem)()
    try:
        redis = await probe.problems()
        more = [] if redis else [await _worker_problem(), *[await check() for check in _checks]]
    except StoreUnavailable as error:
        redis, more = [f"redis: {error.reason}"], []
    return [*redis, sql, *more]


def sql_problem() -> str:
    """What is wrong with SQL or its tables; empty when nothing is. Sync."""
    global _migrated  # noqa: PLW0603
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _migrated:
            executor = MigrationExecutor(connection)
            waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
            if waiting:
                return f"sql: {len(waiting)} migrations wait; run manage.py migrate"
            _migrated = True
    except DatabaseError as error:
        return f"sql: no answer ({type(error).__name__})"
    return ""


async def _worker_problem() -> str:
    ages = await heartbeat.ages_s()
    if not ages:
        return "worker: none has ever said that it is alive; run manage.py worker"
    youngest = min(ages.values())
    return f"worker: silent for {youngest:.0f} s" if youngest > heartbeat.SILENT_S else ""


async def metrics(request: HttpRequest) -> HttpResponse:
    """This process's numbers and the site's, in Prometheus's text format.

    Needs METRICS_TOKEN, or a local client if none is set.
    """
    if not _may_read(request):
        return HttpResponseForbidden("METRICS_TOKEN as a bearer token, please.\n", content_type="text/plain")
    return HttpResponse(numbers.text(await numbers.of_the_site()), content_type=numbers.CONTENT_TYPE)


def _may_read(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    # A request that a proxy on this machine forwards comes from elsewhere.
    if any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "X-Real-IP")):
        return False
    return client_address(request) in ("127.0.0.1", "::1", "::/64")


class HealthMiddleware(AsyncMiddleware):
    """Answers these three paths before any middleware that needs Redis or SQL, because they report on both."""

    paths = frozenset({"/livez", "/readyz", "/metrics"})

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        view = resolve(request.path_info).func if request.path_info in self.paths else self.get_response
        return await view(request)
