"""Django's stock middleware without its thread hops, and the page for when our store is away."""

import contextlib
import logging
import traceback
from typing import Any

import csp.middleware
import django.contrib.messages.middleware
import django.middleware.clickjacking
import django.middleware.common
import django.middleware.csrf
import django.middleware.gzip
import django.middleware.security
from asgiref.sync import sync_to_async
from django.core.exceptions import DisallowedHost, SuspiciousOperation, ValidationError
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext, gettext_noop

from accounts.sign_in.hashing import Busy
from live.rate_limits import TooMany, client_address, enter
from live.servers.bodies import TOO_LARGE, UNREADABLE
from live.servers.middleware import AsyncMiddleware
from live.servers.player_pages import AWAY
from live.servers.shared_pages import SHARED
from store.client import StoreUnavailable
from store.trouble import is_sql_trouble

logger = logging.getLogger(__name__)

RETRY_AFTER_S = 5
#: Pages about an account, and those of operators.
UNCOMPRESSED = ("/accounts/", "/admin/", "/dashboard/", "/nearby/")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")


class Inline:
    """Runs a stock middleware's hooks on the event loop. Right only for hooks that do no I/O."""

    get_response: Any

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.process_request(request) if hasattr(self, "process_request") else None
        response = response or await self.get_response(request)
        return self.process_response(request, response) if hasattr(self, "process_response") else response


class SecurityMiddleware(Inline, django.middleware.security.SecurityMiddleware):
    """Leaves an unknown Host to `RefusalMiddleware`, whose page has every header."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        with contextlib.suppress(DisallowedHost):
            return super().process_request(request)
        return None


class CommonMiddleware(Inline, django.middleware.common.CommonMiddleware):
    pass


class CsrfViewMiddleware(Inline, django.middleware.csrf.CsrfViewMiddleware):
    """Parses a form only if its sender is within a rate limit; multipart forms are parsed in a thread."""

    sync_capable = False

    async def process_view(self, request: HttpRequest, *rest: Any) -> Any:
        if request.method not in SAFE_METHODS:
            try:
                await enter("post_address", client_address(request))
            except TooMany as error:
                return too_many(request, error)
            try:
                if request.content_type == "multipart/form-data":
                    await sync_to_async(lambda: request.POST, thread_sensitive=False)()
                if _has_nul(request.POST):
                    return odd(request, 400)
            except (SuspiciousOperation, MultiPartParserError) as error:
                return nonsense(request, error)
        return super().process_view(request, *rest)


def compresses(path: str, query: bytes) -> bool:
    """Whether the length of a page at this address tells nothing."""
    return not query and not path.startswith(UNCOMPRESSED)


class CompressMiddleware(Inline, django.middleware.gzip.GZipMiddleware):
    """Compresses pages whose length tells nothing (BREACH): what was asked for is not in them, no form was filled in.

    Django changes the token of every form with each page, and adds bytes of random length.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        query = request.META.get("QUERY_STRING", "").encode()
        if request.method != "GET" or response.status_code != 200 or not is_page or not compresses(request.path, query):
            return response
        if getattr(request, "scope", {}).get(SHARED):  # It is compressed there, once for all.
            patch_vary_headers(response, ("Accept-Encoding",))
            return response
        return super().process_response(request, response)


class XFrameOptionsMiddleware(Inline, django.middleware.clickjacking.XFrameOptionsMiddleware):
    pass


class CSPMiddleware(Inline, csp.middleware.CSPMiddleware):
    pass


class MessageMiddleware(Inline, django.contrib.messages.middleware.MessageMiddleware):
    """Messages are kept in the session, which is loaded by then and saved by its own middleware."""


class RefusalMiddleware(AsyncMiddleware):
    """Answers refusals: 503 with Retry-After while a store is away, 429 at a rate limit, 4xx for malformed requests.

    Views raise `StoreUnavailable` or SQL's own errors. Django would turn exceptions of the session and player
    middleware into a 500, so these answer an empty 503, which gets its page here.
    """

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if AWAY in getattr(request, "scope", {}):
            return unavailable(request, request.scope[AWAY] or None)
        if refused := _refused(request):
            return refused
        response = await self.get_response(request)
        bare = response.status_code == 503 and not response.streaming and not response.content
        return unavailable(request, getattr(response, "unavailable_reason", None)) if bare else response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, StoreUnavailable):
            return unavailable(request, error.reason)
        if is_sql_trouble(error):
            logger.warning("%s: SQL: %s", request.path, error)
            return unavailable(request, gettext_noop("its database does not answer"))
        if isinstance(error, Busy):
            return unavailable(request, str(error))
        if isinstance(error, OverflowError | DataError | SuspiciousOperation) or _is_of_admin_values(request, error):
            # Such as a number too large for SQL, or a text that PostgreSQL cannot convert to the column's type.
            return nonsense(request, error)
        return too_many(request, error) if isinstance(error, TooMany) else None


def _is_of_admin_values(request: HttpRequest, error: Exception) -> bool:
    """Whether the admin, which looks things up by any value it is given, got one that its column cannot hold."""
    given = request.GET or request.POST
    return bool(given) and request.path.startswith("/admin/") and isinstance(error, ValueError | ValidationError)


def _refused(request: HttpRequest) -> HttpResponse | None:
    """The response to a request that no view should see; None for all other requests."""
    try:
        request.get_host()
    except DisallowedHost:
        # The host is not named: a client that sends many different ones must not fill the log.
        logger.info("a request for a host that is not this site's")
        return odd(request, 400)
    scope = getattr(request, "scope", {})
    if TOO_LARGE in scope:
        response = odd(request, 413)
        response.headers["Connection"] = "close"  # The rest of the body is not read.
        return response
    if UNREADABLE in scope or (request.content_params or {}).get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        request.encoding = "utf-8"  # Everything that reads the form from here on uses this.
        return odd(request, 415)
    if "\0" in request.path:
        return odd(request, 404)
    try:
        return odd(request, 400) if _has_nul(request.GET) else None
    except SuspiciousOperation as error:
        return nonsense(request, error)


def _has_nul(given: QueryDict) -> bool:
    """Whether a name or value holds a NUL, which PostgreSQL refuses in any text."""
    return any("\0" in name or any("\0" in value for value in values) for name, values in given.lists())


def nonsense(request: HttpRequest, error: Exception) -> HttpResponse:
    """The 400 page, and one log line that says what was wrong and where it was found."""
    at = traceback.extract_tb(error.__traceback__)[-1]
    logger.warning("%s: %s in %s:%s: %.200s", request.path, type(error).__name__, at.name, at.lineno, error)
    return odd(request, 400)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What Django itself refuses, on our page."""
    return odd(request, 400)


#: The heading and the text of the error page for each status.
ODD = {
    400: (
        gettext_noop("That request makes no sense"),
        gettext_noop("Something in it is no value that this page knows. Go back and try again."),
    ),
    404: (
        gettext_noop("Nothing here"),
        gettext_noop("There is no page at this address. Perhaps the game you are looking for is in the lobby."),
    ),
    413: (gettext_noop("That is too much"), gettext_noop("A request may have at most 1 MB.")),
    415: (gettext_noop("That cannot be read"), gettext_noop("Forms are read as UTF-8 only.")),
}


def odd(request: HttpRequest, status: int) -> HttpResponse:
    """The page for a request that makes no sense; it needs neither session nor player nor the request's own fields."""
    heading, words = ODD[status]
    return HttpResponse(
        render_to_string("odd.html", {"code": status, "heading": gettext(heading), "words": gettext(words)}),
        status=status,
    )


def too_many(request: HttpRequest, error: TooMany) -> HttpResponse:
    """The 429 page, with the headers that programs read."""
    response = render(request, "429.html", {"message": str(error)}, status=429)
    for name, value in error.headers.items():
        response.headers[name] = value
    return response


def unavailable(request: HttpRequest, reason: str | None = None) -> HttpResponse:
    """The 503 page, with the reason if it is known; it needs neither session nor player."""
    response = HttpResponse(render_to_string("503.html", {"reason": reason and gettext(reason)}), status=503)
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response
