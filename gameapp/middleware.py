"""Django's stock middleware without its thread hops, and the page for when our store is away."""

from typing import Any

import csp.middleware
import django.contrib.messages.middleware
import django.middleware.clickjacking
import django.middleware.common
import django.middleware.csrf
import django.middleware.security
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from live.doors import TooMany
from store.client import StoreUnavailable

RETRY_AFTER_S = 5


class Inline:
    """Runs a stock middleware's hooks on the event loop. Right only for hooks that do no I/O."""

    get_response: Any

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.process_request(request) if hasattr(self, "process_request") else None
        response = response or await self.get_response(request)
        return self.process_response(request, response) if hasattr(self, "process_response") else response


class SecurityMiddleware(Inline, django.middleware.security.SecurityMiddleware):
    pass


class CommonMiddleware(Inline, django.middleware.common.CommonMiddleware):
    """Also: nothing has an address with a NUL, which PostgreSQL refuses to look up."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        if "\0" in request.path:
            raise Http404
        return super().process_request(request)


class CsrfViewMiddleware(Inline, django.middleware.csrf.CsrfViewMiddleware):
    sync_capable = False

    async def process_view(self, *args: Any) -> Any:
        return super().process_view(*args)


class XFrameOptionsMiddleware(Inline, django.middleware.clickjacking.XFrameOptionsMiddleware):
    pass


class CSPMiddleware(Inline, csp.middleware.CSPMiddleware):
    pass


class MessageMiddleware(Inline, django.contrib.messages.middleware.MessageMiddleware):
    """Messages are kept in the session, which is loaded by then and saved by its own middleware."""


class RefusalMiddleware:
    """Answers 503 with Retry-After when Redis is away, wherever in a request it was missed, and 429 at a closed door.

    Views raise `StoreUnavailable`; the session and player middleware, whose errors Django would turn
    into a 500 on the way up, answer a bare 503 that gets its page here.
    """

    sync_capable = False
    async_capable = True

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = await self.get_response(request)
        bare = response.status_code == 503 and not response.streaming and not response.content
        return unavailable(request) if bare else response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, StoreUnavailable):
            return unavailable(request)
        return too_many(request, error) if isinstance(error, TooMany) else None


def too_many(request: HttpRequest, error: TooMany) -> HttpResponse:
    """The 429 page, with the headers that programs read."""
    response = render(request, "429.html", {"message": str(error)}, status=429)
    for name, value in error.headers.items():
        response.headers[name] = value
    return response


def unavailable(request: HttpRequest) -> HttpResponse:
    """The 503 page; it needs neither session nor player."""
    response = render(request, "503.html", status=503)
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response
