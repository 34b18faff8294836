"""Counts page views' visitors."""

import logging
import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from live.rate_limits import client_address
from live.servers.middleware import AsyncMiddleware
from store.client import StoreUnavailable
from visitors import unique

logger = logging.getLogger(__name__)

COOKIE = "visitor"
COOKIE_AGE_S = 60 * 24 * 60 * 60


class VisitorMiddleware(AsyncMiddleware):
    """Counts who looks at a page, told apart by a first-party cookie that holds nothing else.

    A school shares an address: only those who bring no cookie are told apart by theirs, hashed with the day. A view
    whose page belongs to a game says so in `request.visited_game`.
    """

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = await self.get_response(request)
        if not _is_page_view(request, response):
            return response
        known = request.COOKIES.get(COOKIE)
        # Who brings no cookie counts once an address and day. The first of them gets that very name as their cookie, so
        # that they do not count again with it; the others get one of their own, and count when they bring it.
        visitor = known or unique.without_cookie(client_address(request))
        is_new = False
        try:
            is_new = await unique.saw(visitor[:64], of=getattr(request, "visited_game", ""))
        except StoreUnavailable as error:
            logger.warning("a visitor was not counted: %s", error)
        if not known:
            response.set_cookie(
                COOKIE,
                visitor if is_new else secrets.token_urlsafe(16),
                max_age=COOKIE_AGE_S,
                httponly=True,
                secure=settings.SESSION_COOKIE_SECURE,
                samesite="Lax",
            )
        return response


def _is_page_view(request: HttpRequest, response: HttpResponseBase) -> bool:
    is_page = response.headers.get("Content-Type", "").startswith("text/html")
    return request.method == "GET" and response.status_code == 200 and is_page
