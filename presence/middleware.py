"""Counts page views' visitors."""

import logging
import secrets
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from presence import visitors
from store.client import StoreUnavailable

logger = logging.getLogger(__name__)

COOKIE = "visitor"
COOKIE_AGE_S = 60 * 24 * 60 * 60


class VisitorMiddleware:
    """Counts who looks at a page, told apart by a random first-party cookie that holds nothing else.

    Neither an address nor a browser's name tells visitors apart: a school shares both. A view whose page belongs to a
    game says so in `request.visited_game`.
    """

    sync_capable = False
    async_capable = True

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = await self.get_response(request)
        if not _is_page_view(request, response):
            return response
        visitor = request.COOKIES.get(COOKIE) or secrets.token_urlsafe(16)
        try:
            await visitors.saw(visitor[:64], of=getattr(request, "visited_game", ""))
        except StoreUnavailable as error:
            logger.warning("a visitor was not counted: %s", error)
        if COOKIE not in request.COOKIES:
            response.set_cookie(
                COOKIE,
                visitor,
                max_age=COOKIE_AGE_S,
                httponly=True,
                secure=settings.SESSION_COOKIE_SECURE,
                samesite="Lax",
            )
        return response


def _is_page_view(request: HttpRequest, response: HttpResponseBase) -> bool:
    is_page = response.headers.get("Content-Type", "").startswith("text/html")
    return request.method == "GET" and response.status_code == 200 and is_page
