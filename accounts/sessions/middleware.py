"""Who a request or a socket belongs to, read on the event loop without a thread hop."""

import logging
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware as StockSessionMiddleware
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, parse_cookie
from django.utils import translation

from accounts.sessions.engine import SessionStore, session_name
from accounts.sessions.plain import connecting
from live.rate_limits import deny
from live.servers.own_parts import Anybody, skeleton
from store.client import StoreUnavailable
from store.together import sharing
from store.trouble import SQL_TROUBLE

logger = logging.getLogger(__name__)


class SessionMiddleware(StockSessionMiddleware):
    """Django's middleware. It uses a thread only to write a session, and extends the expiry of sessions in use."""

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        self.process_request(request)
        response = await self.get_response(request)
        try:
            if request.session.modified:
                return await sync_to_async(self.process_response)(request, response)
            response = self.process_response(request, response)
            if request.session.accessed and response.status_code < 500 and await request.session.aslide():
                _renew_cookie(request, response)
            return response
        except StoreUnavailable:
            return HttpResponse(status=503)


def _renew_cookie(request: HttpRequest, response: HttpResponseBase) -> None:
    response.set_cookie(
        settings.SESSION_COOKIE_NAME,
        request.session.session_key,
        max_age=settings.SESSION_COOKIE_AGE,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=settings.SESSION_COOKIE_HTTPONLY,
        samesite=settings.SESSION_COOKIE_SAMESITE,
    )


class PlayerMiddleware(AuthenticationMiddleware):
    """Sets `request.player` (None: nobody signed in), and Django's `request.user` without a second look-up.

    While a page is rendered for all players, `request.player` is `Anybody`.
    """

    sync_capable = False

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        self.process_request(request)
        if page := skeleton(request):
            request.user = request.player = Anybody(page)
            translation.activate(page.language)
            return await self.get_response(request)
        try:
            request.user = await request.auser()
        except StoreUnavailable:
            return HttpResponse(status=503)
        except DatabaseError as error:
            logger.warning("the player of a request could not be read: %s", error)
            response = HttpResponse(status=503)
            response.unavailable_reason = "its database does not answer"
            return response
        request.player = request.user if request.user.is_authenticated else None
        if request.player and request.player.language:
            translation.activate(request.player.language)
        return await self.get_response(request)


class SocketPlayerMiddleware:
    """Sets a socket's `player` and `session_name` in its scope, from the same cookie and session as a page's.

    After a restart thousands come at once. They share round trips and queries.
    """

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        cookies = parse_cookie(dict(scope["headers"]).get(b"cookie", b"").decode("latin1"))
        session = SessionStore(cookies.get(settings.SESSION_COOKIE_NAME))
        player = None
        try:
            if session.session_key is not None:
                with sharing():
                    fields = await session.aload()
                player = await connecting(fields)
        except (StoreUnavailable, DatabaseError, *SQL_TROUBLE) as error:
            logger.warning("a socket was refused: %s", error)
            return await deny(send)
        name = session_name(session.session_key) if player and session.session_key else ""
        return await self.application({**scope, "player": player, "session_name": name}, receive, send)
