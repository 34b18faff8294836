"""Pages that are the same for all who have no session: rendered once a second, then answered before Django.

What differs is put in anew for each visitor: the nonce of the content security policy, the token of each form, and two
cookies. A kept page holds none of these. Plain ASGI.
"""

import base64
import functools
import re
import secrets
import struct
import time
import zlib
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, HttpResponse, HttpResponseBase, parse_cookie
from django.middleware.csrf import get_token

KEPT_MAX = 512
#: Pages with a longer query are rendered for each visitor: the address stands several times in a page.
QUERY_MAX = 200
_ONCE = (b"host", b"cookie", b"accept-language", b"accept-encoding", b"x-forwarded-proto")
#: While a page is rendered anew, others get the former one for so much longer.
STALE_S = 3.0
#: The scope of a request whose page may be kept has this key: None, and for such a page its nonce and its game.
SHARED = "gameapp.shared_page"

_NONCE, _TOKEN = 1, 2
_FIELD = re.compile(rb'(?<=name="csrfmiddlewaretoken" value=")[A-Za-z0-9]{64}(?=")')
_SECRET = re.compile(r"[A-Za-z0-9]{32}")
Headers = list[tuple[bytes, bytes]]
Scope = dict[str, Any]


def shared(view: Callable[..., Any]) -> Callable[..., Any]:
    """Mark an async view whose page is the same for everybody without a session who asks for the same address."""

    @functools.wraps(view)
    async def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = await view(request, *args, **kwargs)
        if request.player is None and SHARED in getattr(request, "scope", {}):
            game = getattr(request, "visited_game", "")
            request.scope[SHARED] = (str(getattr(request, "_csp_nonce", "")), game)
        return response

    return inner


class Kept:
    """A rendered page, cut at what differs from visitor to visitor."""

    def __init__(self, nonce: str, game: str, headers: Headers, body: bytes, compresses: bool) -> None:
        self.game, self.compresses = game, compresses
        self.at, self.renewing = time.monotonic(), False
        self._nonce = nonce.encode()
        dropped = (b"content-length", b"set-cookie")
        self._headers = [(name.lower(), value) for name, value in headers if name.lower() not in dropped]
        self.pieces: list[bytes | int] = []
        for number, part in enumerate(_FIELD.split(body)):
            self.pieces += [_TOKEN] if number else []
            for again, piece in enumerate(part.split(self._nonce) if nonce else [part]):
                self.pieces += [_NONCE, piece] if again else [piece]
        # Each piece ends at a byte, and refers to no other, so that others may stand between them.
        self._deflated = (
            [each if isinstance(each, int) else _deflate(each) for each in self.pieces] if compresses else []
        )

    def answer(self, token: str, *, gzip: bool) -> tuple[Headers, bytes]:
        """The headers and the body for another visitor, whose forms have this token."""
        nonce = base64.b64encode(secrets.token_bytes(16)) if self._nonce else b""
        own = {_NONCE: nonce, _TOKEN: token.encode()}
        body = b"".join(own[piece] if isinstance(piece, int) else piece for piece in self.pieces)
        headers = self._headers
        if self._nonce:
            headers = [(name, value.replace(self._nonce, nonce)) for name, value in headers]
        if gzip and self.compresses:
            stored = {kind: _stored(value) for kind, value in own.items()}
            parts = (stored[piece] if isinstance(piece, int) else piece for piece in self._deflated)
            body = _gzipped(body, b"".join(parts))
            headers = [*headers, (b"content-encoding", b"gzip")]
        return [*headers, (b"content-length", str(len(body)).encode())], body


def _deflate(piece: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)


def _stored(piece: bytes) -> bytes:
    """A piece as a block of deflate that is not compressed. Source: RFC 1951, 3.2.4."""
    return b"\x00" + struct.pack("<HH", len(piece), 0xFFFF - len(piece)) + piece


def _gzipped(body: bytes, blocks: bytes) -> bytes:
    """A gzip file of blocks of deflate, with a name of random length, as Django's have against BREACH.

    Source: RFC 1952.
    """
    head = b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\xff" + b"a" * secrets.randbelow(100) + b"\x00"
    return head + blocks + b"\x03\x00" + struct.pack("<LL", zlib.crc32(body), len(body))


class SharedPages:
    """Wraps the pages. `language` names that of a scope, `visit` counts a visitor and gives the cookie to set."""

    def __init__(
        self,
        application: Any,
        language: Callable[[Scope], str],
        visit: Callable[[dict[str, str], Scope, str], Awaitable[dict[str, Any] | None]],
        compresses: Callable[[str, bytes], bool],
    ) -> None:
        self.application, self._language, self._visit, self._compresses = application, language, visit, compresses
        self._kept: dict[tuple[Any, ...], Kept] = {}

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin1"))
        secret = cookies.get(settings.CSRF_COOKIE_NAME, "")
        if scope["method"] != "GET" or not settings.SHARED_PAGE_S or _is_odd(scope, cookies, secret):
            return await self.application(scope, receive, send)
        gzip = b"gzip" in headers.get(b"accept-encoding", b"")
        origin = (scope.get("scheme"), headers.get(b"host"), headers.get(b"x-forwarded-proto"))
        address = (*origin, scope["path"], scope.get("query_string"), self._language(scope))
        kept = self._kept.get(address)
        age_s = time.monotonic() - kept.at if kept else STALE_S
        if kept is None or not (age_s < settings.SHARED_PAGE_S or (kept.renewing and age_s < STALE_S)):
            if kept:
                kept.renewing = True
            return await self._render(address, scope, receive, send, gzip)
        meta = {"CSRF_COOKIE": secret} if secret else {}
        own = HttpResponse()
        token = ""
        if _TOKEN in kept.pieces:
            token = get_token(SimpleNamespace(META=meta))
            own.set_cookie(settings.CSRF_COOKIE_NAME, meta["CSRF_COOKIE"], **_csrf_cookie())
        if visitor := await self._visit(cookies, scope, kept.game):
            own.set_cookie(**visitor)
        answer, body = kept.answer(token, gzip=gzip)
        answer += [(b"set-cookie", each.output(header="").strip().encode("latin1")) for each in own.cookies.values()]
        await send({"type": "http.response.start", "status": 200, "headers": answer})
        await send({"type": "http.response.body", "body": body})

    async def _render(self, address: tuple[Any, ...], scope: Scope, receive: Any, send: Any, gzip: bool) -> None:
        """Have Django answer, and keep the page if its view is marked."""
        start: dict[str, Any] = {}
        parts: list[bytes] = []

        scope[SHARED] = None

        async def look(message: dict[str, Any]) -> None:
            if not scope[SHARED]:
                await send(message)
            elif message["type"] == "http.response.start":
                start.update(message)
            else:
                parts.append(message.get("body", b""))

        try:
            await self.application(scope, receive, look)
        finally:
            if former := self._kept.get(address):
                former.renewing = False
        if not start:
            return
        body, headers = b"".join(parts), start["headers"]
        compresses = self._compresses(scope["path"], scope.get("query_string", b""))
        nonce, game = scope[SHARED]
        if start["status"] == 200 and _sets_only_ours(headers):
            self._kept.pop(address, None)
            while len(self._kept) >= KEPT_MAX:
                del self._kept[next(iter(self._kept))]
            self._kept[address] = Kept(nonce, game, headers, body, compresses)
            if gzip and compresses:
                body = _gzipped(body, _deflate(body))
                headers = [(name, value) for name, value in headers if name.lower() != b"content-length"]
                headers += [(b"content-encoding", b"gzip"), (b"content-length", str(len(body)).encode())]
        await send({**start, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _is_odd(scope: Scope, cookies: dict[str, str], secret: str) -> bool:
    """Whether a request needs a page of its own: it has a session or a message, or makes little sense."""
    names = [name for name, _ in scope["headers"]]
    return (
        settings.SESSION_COOKIE_NAME in cookies
        or CookieStorage.cookie_name in cookies
        or bool(secret and not _SECRET.fullmatch(secret))
        # Django joins headers that come twice, and so would see another language or host.
        or any(names.count(name) > 1 for name in _ONCE)
        or len(scope.get("query_string", b"")) > QUERY_MAX
    )


def _sets_only_ours(headers: Headers) -> bool:
    """Whether a page sets no cookie but those that each visitor gets anew."""
    ours = (f"{settings.CSRF_COOKIE_NAME}=".encode(), b"visitor=")
    return all(value.startswith(ours) for name, value in headers if name.lower() == b"set-cookie")


def _csrf_cookie() -> dict[str, Any]:
    names = ("max_age", "domain", "path", "secure", "httponly", "samesite")
    given = ("AGE", "DOMAIN", "PATH", "SECURE", "HTTPONLY", "SAMESITE")
    return {name: getattr(settings, f"CSRF_COOKIE_{each}") for name, each in zip(names, given, strict=True)}
