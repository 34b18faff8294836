"""Middleware that counts unique visitors."""

import logging
import secrets
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from live.rate_limits import client_address, socket_address
from live.servers.middleware import AsyncMiddleware
from live.servers.own_parts import skeleton
from store.client import StoreUnavailable
from visitors import unique

logger = logging.getLogger(__name__)

COOKIE = "visitor"
COOKIE_AGE_S = 60 * 24 * 60 * 60


class VisitorMiddleware(AsyncMiddleware):
    """Counts the unique visitors of pages, identified by a first-party cookie that is used for nothing else.

    A whole school may share one address. So only visitors without the cookie are identified by their address, hashed
    with the day. A view whose page belongs to a game sets `request.visited_game`.
    """

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = await self.get_response(request)
        if skeleton(request) or not _is_page_view(request, response):
            return response
        found = await _visit(request.COOKIES, client_address(request), getattr(request, "visited_game", ""))
        if found:
            response.set_cookie(**found)
        return response


async def visit(cookies: dict[str, str], scope: dict[str, Any], game: str) -> dict[str, Any] | None:
    """Count the visitor of a page that is not rendered for them; the cookie to set, if they have none."""
    return await _visit(cookies, socket_address(scope), game)


async def _visit(cookies: dict[str, str], address: str, game: str) -> dict[str, Any] | None:
    known = cookies.get(COOKIE)
    # Visitors without a cookie count once per address and day. The first one gets that hash as a cookie, so that
    # they are not counted again; the others get a random cookie and are counted when they send it.
    visitor = known or unique.without_cookie(address)
    is_new = False
    try:
        is_new = await unique.saw(visitor[:64], of=game)
    except StoreUnavailable as error:
        logger.warning("a visitor was not counted: %s", error)
    if known:
        return None
    return {
        "key": COOKIE,
        "value": visitor if is_new else secrets.token_urlsafe(16),
        "max_age": COOKIE_AGE_S,
        "httponly": True,
        "secure": settings.SESSION_COOKIE_SECURE,
        "samesite": "Lax",
    }


def _is_page_view(request: HttpRequest, response: HttpResponseBase) -> bool:
    is_page = response.headers.get("Content-Type", "").startswith("text/html")
    return request.method == "GET" and response.status_code == 200 and is_page
