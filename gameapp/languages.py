"""The language of a page: the player's setting, else the choice kept in this browser, else what it asks for."""

import functools
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, parse_cookie
from django.shortcuts import redirect
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation.trans_real import DjangoTranslation
from django.views.decorators.http import require_POST
from django.views.i18n import JavaScriptCatalog

from achievements.rules import every
from games.game import all_games
from games.rooms.game import all_room_games
from live.servers.middleware import AsyncMiddleware

_SCRIPT_ESCAPES = {ord(each): f"\\u{ord(each):04X}" for each in "<>&"}
COOKIE_AGE_S = 365 * 24 * 60 * 60


class LanguageMiddleware(AsyncMiddleware):
    """Activates the language that the browser wants; `PlayerMiddleware` then that of the player, if they chose one."""

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with translation.override(translation.get_language_from_request(request)):
            response = await self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language())
        patch_vary_headers(response, ("Accept-Language",))
        return response


class SocketLanguageMiddleware:
    """Activates the same language for all that a socket is told. It goes inside of the one that knows the player."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        player = scope.get("player")
        translation.activate((player and player.language) or of_headers(scope))
        return await self.application(scope, receive, send)


def of_headers(scope: dict[str, Any]) -> str:
    """The language that a request or a socket asks for by its headers."""
    headers = {name: value.decode("latin1") for name, value in scope.get("headers", ())}
    asked = {"HTTP_ACCEPT_LANGUAGE": headers.get(b"accept-language", "")}
    cookies = parse_cookie(headers.get(b"cookie", ""))
    return translation.get_language_from_request(SimpleNamespace(COOKIES=cookies, META=asked))


@require_POST
async def choose(request: HttpRequest) -> HttpResponse:
    """Keep the language chosen at the foot of a page: in this browser, and in the player's settings."""
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    response = redirect(back if safe else "games:lobby")
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        if request.player and request.player.language != language:
            request.player.language = language
            await request.player.asave(update_fields=["language"])
        keep(response, language)
    return response


def keep(response: HttpResponseBase, language: str) -> None:
    """Keep a language in this browser, for pages without a player."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=COOKIE_AGE_S,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _titles() -> Iterator[str]:
    """What messages to the scripts name in English: achievements, boards of a day, emotes."""
    yield from (achievement.title for achievement in every())
    yield from (game.daily.title for game in all_games() if game.daily)
    yield from (emote for game in all_room_games() for emote in game.emotes)


@functools.cache
def catalog(language: str) -> SafeString:
    """The words of the scripts in a language, as JSON: message → translation, or the list of its plural forms."""
    view = JavaScriptCatalog()
    view.translation = DjangoTranslation(language, domain="djangojs")
    words = view.get_catalog() if language != settings.LANGUAGE_CODE else {}
    with translation.override(language):
        words |= {title: translation.gettext(title) for title in _titles()} if words else {}
    text = json.dumps(words, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return mark_safe(text.translate(_SCRIPT_ESCAPES))  # noqa: S308  (as json_script does)
