"""Pages that are the same for all who have no session: rendered once a second, then answered before Django.

What differs is put in anew for each visitor: the nonce of the content security policy, the token of each form, and two
cookies. A kept page holds none of these. Plain ASGI. Players: live/servers/player_pages.py.
"""

import contextlib
import functools
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, HttpResponse, HttpResponseBase, parse_cookie
from django.middleware.csrf import get_token

from live.observe import counters
from live.servers.bodies import TOO_LARGE, UNREADABLE
from live.servers.kept_page import Headers, Kept, gzipped
from live.servers.own_parts import NotShared, skeleton

KEPT_MAX = 512
#: Pages with a longer path or query are rendered for each visitor: the address stands several times in a page.
ADDRESS_MAX = 200
_ONCE = (b"host", b"cookie", b"accept-language", b"accept-encoding", b"x-forwarded-proto")
#: While a page is rendered anew, others get the former one for so much longer.
STALE_S = 3.0
#: The scope of a request whose page may be kept has this key: None, and for such a page its nonce and its game.
SHARED = "gameapp.shared_page"

_SECRET = re.compile(r"[A-Za-z0-9]{32}")
Scope = dict[str, Any]
#: Counts a visitor of a page of this game, and gives the cookie to set, if they have none.
Visit = Callable[[dict[str, str], Scope, str], Awaitable[dict[str, Any] | None]]
#: Whether the length of a page at this address tells nothing, so that it may be compressed.
Compresses = Callable[[str, bytes], bool]


def shared(view: Any = None, *, but: tuple[str, ...] = ()) -> Any:
    """Mark an async view whose page is the same for everybody without a session who asks for the same address.

    For players it is the same but for its own parts (live/servers/own_parts.py). A view or a template that reads more
    of the player is rendered for each of them. So is an address whose query has a field named in `but`.
    """
    if view is None:
        return functools.partial(shared, but=but)

    @functools.wraps(view)
    async def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if page := skeleton(request):
            page.request = request
        try:
            response = await view(request, *args, **kwargs)
        except NotShared:
            return HttpResponse(status=204)
        if page and page.refused:
            return HttpResponse(status=204)
        if (page or request.player is None) and SHARED in getattr(request, "scope", {}):
            game = getattr(request, "visited_game", "")
            request.scope[SHARED] = (str(getattr(request, "_csp_nonce", "")), game)
        return response

    inner.not_shared = but  # type: ignore[attr-defined]
    return inner


class Asked:
    """A request as far as it decides which kept page answers it."""

    def __init__(self, scope: Scope) -> None:
        self.scope, self.headers = scope, dict(scope["headers"])
        self.cookies = parse_cookie(self.headers.get(b"cookie", b"").decode("latin1"))
        self.secret = self.cookies.get(settings.CSRF_COOKIE_NAME, "")
        self.gzip = b"gzip" in self.headers.get(b"accept-encoding", b"")
        self.has_session = settings.SESSION_COOKIE_NAME in self.cookies

    @property
    def is_odd(self) -> bool:
        """Whether it needs a page of its own: it has a message, or makes little sense."""
        names = [name for name, _ in self.scope["headers"]]
        return (
            self.scope["method"] != "GET"
            or not settings.SHARED_PAGE_S
            or CookieStorage.cookie_name in self.cookies
            or bool(self.secret and not _SECRET.fullmatch(self.secret))
            # Django joins headers that come twice, and so would see another language or host.
            or any(names.count(name) > 1 for name in _ONCE)
            or TOO_LARGE in self.scope
            or UNREADABLE in self.scope
            or len(self.scope["path"]) > ADDRESS_MAX
            or len(self.scope.get("query_string", b"")) > ADDRESS_MAX
        )

    def address(self, language: str) -> tuple[Any, ...]:
        """What a kept page was asked for by."""
        origin = (self.scope.get("scheme"), self.headers.get(b"host"), self.headers.get(b"x-forwarded-proto"))
        return (*origin, self.scope["path"], self.scope.get("query_string"), language)


class KeptPages:
    """The pages that are kept, the oldest first: at most `KEPT_MAX`. With each new one, those too old are dropped."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Any, ...], Kept] = {}

    def fresh(self, address: tuple[Any, ...]) -> Kept | None:
        """The page that may be shown now."""
        kept = self._kept.get(address)
        age_s = time.monotonic() - kept.at if kept else STALE_S
        is_fresh = kept and (age_s < settings.SHARED_PAGE_S or (kept.renewing and age_s < STALE_S))
        return kept if is_fresh else None

    @contextlib.contextmanager
    def renewing(self, address: tuple[Any, ...]) -> Iterator[None]:
        """Show the former page to others, while it is not too old, until this block ends."""
        former = self._kept.get(address)
        if former:
            former.renewing = True
        try:
            yield
        finally:
            if former:
                former.renewing = False

    def put(self, address: tuple[Any, ...], kept: Kept) -> None:
        self._kept.pop(address, None)
        self._kept[address] = kept
        for other, page in list(self._kept.items()):
            if len(self._kept) <= KEPT_MAX and time.monotonic() - page.at < STALE_S:
                break
            del self._kept[other]


class Recorder:
    """Takes the answer to a request whose scope is marked, and passes on any that is not a shared page."""

    def __init__(self, scope: Scope, send: Any) -> None:
        scope[SHARED] = None
        self._scope, self._send = scope, send
        self.status = 0
        self.start: dict[str, Any] = {}
        self._parts: list[bytes] = []

    async def __call__(self, message: dict[str, Any]) -> None:
        self.status = message.get("status", self.status)
        if not self._scope[SHARED]:
            await self._send(message)
        elif message["type"] == "http.response.start":
            self.start.update(message)
        else:
            self._parts.append(message.get("body", b""))

    @property
    def body(self) -> bytes:
        return b"".join(self._parts)

    def kept(self, compresses: bool, page: Any = None) -> Kept | None:
        """The page, if it may be kept."""
        if not self.start or self.start["status"] != 200 or not _sets_only_ours(self.start["headers"]):
            return None
        nonce, game = self._scope[SHARED]
        return Kept(nonce, game, self.start["headers"], self.body, compresses, page)


class SharedPages:
    """Wraps the pages. `language` names that of a scope; who has a session is answered by `application`."""

    def __init__(
        self, application: Any, language: Callable[[Scope], str], visit: Visit, compresses: Compresses
    ) -> None:
        self.application, self._language, self._visit, self._compresses = application, language, visit, compresses
        self._pages = KeptPages()

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        asked = Asked(scope)
        if asked.has_session or asked.is_odd:
            return await self.application(scope, receive, send)
        address = asked.address(self._language(scope))
        if not (kept := self._pages.fresh(address)):
            return await self._render(address, asked, receive, send)
        await answer(kept, asked, await self._visit(asked.cookies, scope, kept.game), send)

    async def _render(self, address: tuple[Any, ...], asked: Asked, receive: Any, send: Any) -> None:
        """Have Django answer, and keep the page if its view is marked."""
        recorder = Recorder(asked.scope, send)
        with self._pages.renewing(address):
            await self.application(asked.scope, receive, recorder)
        if not recorder.start:
            return
        body, headers = recorder.body, recorder.start["headers"]
        compresses = self._compresses(asked.scope["path"], asked.scope.get("query_string", b""))
        if kept := recorder.kept(compresses):
            self._pages.put(address, kept)
            if asked.gzip and compresses:
                body = gzipped(body)
                headers = [(name, value) for name, value in headers if name.lower() != b"content-length"]
                headers += [(b"content-encoding", b"gzip"), (b"content-length", str(len(body)).encode())]
        await send({**recorder.start, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def answer(
    kept: Kept,
    asked: Asked,
    visitor: dict[str, Any] | None,
    send: Any,
    player: Any = None,
    values: list[Any] | None = None,
) -> None:
    """Send a kept page with a token and cookies of the visitor's own; `values` as read for a player.

    `visitor` is the cookie that `Visit` gave.
    """
    meta = {"CSRF_COOKIE": asked.secret} if asked.secret else {}
    own = HttpResponse()
    token = ""
    if kept.has_forms:
        token = get_token(SimpleNamespace(META=meta))
        own.set_cookie(settings.CSRF_COOKIE_NAME, meta["CSRF_COOKIE"], **_csrf_cookie())
    if visitor:
        own.set_cookie(**visitor)
    counters.count("pages_shared")
    headers, body = kept.answer(token, gzip=asked.gzip, player=player, values=values)
    headers += [(b"set-cookie", each.output(header="").strip().encode("latin1")) for each in own.cookies.values()]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _sets_only_ours(headers: Headers) -> bool:
    """Whether a page sets no cookie but those that each visitor gets anew."""
    ours = (f"{settings.CSRF_COOKIE_NAME}=".encode(), b"visitor=")
    return all(value.startswith(ours) for name, value in headers if name.lower() == b"set-cookie")


def _csrf_cookie() -> dict[str, Any]:
    names = ("max_age", "domain", "path", "secure", "httponly", "samesite")
    given = ("AGE", "DOMAIN", "PATH", "SECURE", "HTTPONLY", "SAMESITE")
    return {name: getattr(settings, f"CSRF_COOKIE_{each}") for name, each in zip(names, given, strict=True)}
