"""Whether the site is alive and ready, and its numbers for Prometheus."""

import hmac
import logging
import platform
from collections.abc import Iterator
from typing import Any

import django
from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseForbidden, JsonResponse
from django.urls import resolve

from live.hub import hub
from live.observe import counters
from live.rate_limits import client_address
from store import heartbeat, probe
from store.client import StoreUnavailable

# A worker says every 5 seconds that it is alive.
WORKER_SILENT_S = 30.0

logger = logging.getLogger(__name__)

_migrated = False
#: What was wrong at the last look; None before the site was ready for the first time.
_was: list[str] | None = None


async def livez(_: HttpRequest) -> HttpResponse:
    """200 while the process answers at all."""
    return JsonResponse({"ok": True})


async def readyz(_: HttpRequest) -> HttpResponse:
    """200 when Redis and SQL answer, the tables are up to date and a worker is alive; else 503 and what is wrong."""
    global _was  # noqa: PLW0603
    problems = [each for each in await _problems() if each]
    if _was is not None and problems != _was:
        logger.warning("not ready: %s", "; ".join(problems)) if problems else logger.info("ready again")
    # Before it was ready for the first time there is nothing to tell: it starts.
    if _was is not None or not problems:
        _was = problems
    return JsonResponse({"ok": not problems, "problems": problems}, status=503 if problems else 200)


async def _problems() -> list[str]:
    sql = await sync_to_async(sql_problem)()
    try:
        redis = await probe.problems()
        worker = "" if redis else await _worker_problem()
    except StoreUnavailable as error:
        redis, worker = [f"redis: {error.reason}"], ""
    return [*redis, sql, worker]


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
    return f"worker: silent for {youngest:.0f} s" if youngest > WORKER_SILENT_S else ""


async def metrics(request: HttpRequest) -> HttpResponse:
    """This process's numbers in Prometheus's text format: for this machine, or whoever has METRICS_TOKEN."""
    if not _may_read(request):
        return HttpResponseForbidden("METRICS_TOKEN as a bearer token, please.\n", content_type="text/plain")
    return HttpResponse("\n".join(_lines()) + "\n", content_type="text/plain; version=0.0.4")


def _may_read(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    # What a proxy on this machine passes on comes from elsewhere.
    if any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "X-Real-IP")):
        return False
    return client_address(request) in ("127.0.0.1", "::1", "::/64")


def _lines() -> Iterator[str]:
    counts = counters.counts
    yield f'gameapp_info{{python="{platform.python_version()}",django="{django.__version__}"}} 1'
    yield "# TYPE gameapp_http_requests_total counter"
    for kind in (2, 3, 4, 5):
        yield f'gameapp_http_requests_total{{status="{kind}xx"}} {counts[f"http_{kind}xx"]}'
    yield "# TYPE gameapp_http_request_seconds_total counter"
    yield f"gameapp_http_request_seconds_total {counts['http_ms'] / 1000}"
    yield "# TYPE gameapp_sockets_open gauge"
    yield f"gameapp_sockets_open {counts['sockets_opened'] - counts['sockets_closed']}"
    yield "# TYPE gameapp_watchers gauge"
    yield f"gameapp_watchers {hub().watcher_count}"
    yield "# TYPE gameapp_mark_to_frame_milliseconds gauge"
    for share in (0.5, 0.99):
        yield f'gameapp_mark_to_frame_milliseconds{{quantile="{share}"}} {counters.percentile(share):.1f}'
    yield "# TYPE gameapp_refusals_total counter"
    for name, value in sorted(counts.items()):
        if name.startswith("refused_"):
            yield f'gameapp_refusals_total{{policy="{name.removeprefix("refused_")}"}} {value}'
    yield "# TYPE gameapp_events_total counter"
    for name in ("runs_started", "runs_finished", "sign_in_failed", "errors"):
        yield f'gameapp_events_total{{event="{name}"}} {counts[name]}'
    yield "# TYPE gameapp_runs_refused_total counter"
    for name, value in sorted(counts.items()):
        if name.startswith("run_refused_"):
            yield f'gameapp_runs_refused_total{{reason="{name.removeprefix("run_refused_")}"}} {value}'


class HealthMiddleware:
    """Answers these three before anything that needs Redis or SQL, which they are to tell of."""

    sync_capable = False
    async_capable = True
    paths = frozenset({"/livez", "/readyz", "/metrics"})

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        view = resolve(request.path_info).func if request.path_info in self.paths else self.get_response
        return await view(request)
