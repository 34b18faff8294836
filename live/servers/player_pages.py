"""Shared pages for players: rendered once a second for all, then filled for each with their own parts.

Nobody's session, name or rights are there while the shared page is rendered: a request without cookies asks Django for
it, and `Anybody` stands for the player (live/servers/own_parts.py). For a player only the session, the player, their
flags and what the page reads for them are read. Any request that needs more is left to Django. Plain ASGI.
"""

import asyncio
import functools
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.urls import Resolver404, resolve

from live.servers.kept_page import Kept
from live.servers.own_parts import SKELETON, NotShared, Skeleton
from live.servers.shared_pages import KEPT_MAX, Asked, Compresses, KeptPages, Recorder, Scope, Visit, answer
from store.client import StoreUnavailable
from store.together import sharing, together

logger = logging.getLogger(__name__)

#: What a shared page may depend on, beside its address and language.
SITE_HEADERS = (b"host", b"x-forwarded-proto")
#: A page that cannot be shared, or an answer that is no page, is not tried again for so long.
REFUSED_S = 10.0
#: After its time limit a request has this long to end by itself.
GRACE_S = 1.0
NO_PAGES = (301, 302, 404, 410, 500)
#: The scope of a request that a store does not let answer has this key, with the reason or nothing.
AWAY = "gameapp.away"
Address = tuple[Any, ...]
#: The player of a session that needs nothing but to be read; None for any other.
Find = Callable[[str], Awaitable[Any]]
#: The flags that are on for a player.
Flags = Callable[[Any], Coroutine[Any, Any, frozenset[str]]]


class PlayerPages:
    """Wraps the pages. `language` names that of a scope, which a player's own setting overrides."""

    def __init__(
        self,
        application: Any,
        find: Find,
        flags: Flags,
        language: Callable[[Scope], str],
        visit: Visit,
        compresses: Compresses,
    ) -> None:
        self.application, self._find, self._flags = application, find, flags
        self._language, self._visit, self._compresses = language, visit, compresses
        self._pages = KeptPages()
        self._rendering: dict[Address, asyncio.Task[Kept | None]] = {}
        #: Until when pages that cannot be shared are rendered for each player.
        self._refused: dict[Address, float] = {}
        #: Most players have the same flags: what is read for one is read in one round trip with their flags.
        self._last_flags: frozenset[str] = frozenset()

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        asked = Asked(scope)
        if asked.has_session and not asked.is_odd and self._may_be_shared(asked):
            try:
                if await self._answer(asked, send):
                    return None
            except StoreUnavailable as error:
                scope[AWAY] = error.reason  # So that nobody waits for it a second time.
            except TimeoutError:
                logger.warning("%s: a shared page took too long; it is rendered for this player", scope["path"])
            except NotShared:
                logger.warning("%s: an own part reads more than is filled in, so the page is not shared", scope["path"])
                self._refuse(asked)
            except DatabaseError as error:
                logger.warning("%s: SQL: %s", scope["path"], error)
                await sync_to_async(close_old_connections)()  # No request of Django's ends here, which does so.
            except Exception:
                logger.exception("%s: a shared page failed; it is rendered for this player", scope["path"])
        return await self.application(scope, receive, send)

    def _may_be_shared(self, asked: Asked) -> bool:
        but = _not_shared(asked.scope["path"])
        if but is None or any(f"{field}=".encode() in asked.scope["query_string"] for field in but):
            return False
        return self._refused.get(asked.address(""), 0) < time.monotonic()

    def _refuse(self, asked: Asked) -> None:
        while len(self._refused) >= KEPT_MAX:
            del self._refused[next(iter(self._refused))]
        self._refused[asked.address("")] = time.monotonic() + REFUSED_S

    async def _answer(self, asked: Asked, send: Any) -> bool:
        """Answer with a kept page; False when this request needs one of its own."""
        with sharing():
            player = await self._find(asked.cookies[settings.SESSION_COOKIE_NAME])
        if player is None:
            return False
        address = asked.address(player.language or self._language(asked.scope))
        guess = self._last_flags
        kept = self._pages.fresh((*address, guess))
        with sharing():
            flags, values = await together(self._flags(player), _read(kept, asked, player))
        if kept is None or flags != guess:
            self._last_flags = flags
            kept = await self._page((*address, flags), asked)
            with sharing():
                values = await _read(kept, asked, player)
        if kept is None or values is None:
            return False
        visitor = await self._visit(asked.cookies, asked.scope, kept.game)
        await answer(kept, asked, visitor, send, player, values)
        return True

    async def _page(self, address: Address, asked: Asked) -> Kept | None:
        """The page of an address that ends with a language and flags. Who asks while it is rendered waits for it."""
        if kept := self._pages.fresh(address):
            return kept
        if (task := self._rendering.get(address)) is None:
            task = self._rendering[address] = asyncio.create_task(self._render(address, asked), name="shared page")
            task.add_done_callback(lambda _: self._rendering.pop(address, None))
        async with asyncio.timeout(settings.SQL_TIMEOUT_S):
            return await asyncio.shield(task)

    async def _render(self, address: Address, asked: Asked) -> Kept | None:
        *_, language, flags = address
        page = Skeleton(language, flags)
        headers = [(name, value) for name, value in asked.scope["headers"] if name in SITE_HEADERS]
        scope = {**asked.scope, "headers": headers, SKELETON: page}
        recorder = Recorder(scope, _ignore)
        with self._pages.renewing(address):
            async with asyncio.timeout(settings.SQL_TIMEOUT_S + GRACE_S):
                await self.application(scope, _Nothing(), recorder)
        if kept := recorder.kept(self._compresses(scope["path"], scope["query_string"]), page):
            self._pages.put(address, kept)
            return kept
        if recorder.status == 503:
            raise StoreUnavailable(reason="")
        if page.refused or recorder.status in NO_PAGES:
            self._refuse(asked)
        return None


class _Nothing:
    """The body of a request that has none, from somebody who leaves after SQL_TIMEOUT_S: Django ends its view then."""

    def __init__(self) -> None:
        self._is_read = False

    async def __call__(self) -> dict[str, Any]:
        if self._is_read:
            await asyncio.sleep(settings.SQL_TIMEOUT_S)
            return {"type": "http.disconnect"}
        self._is_read = True
        return {"type": "http.request", "body": b"", "more_body": False}


async def _ignore(message: dict[str, Any]) -> None:
    """What is no shared page is shown to nobody: Django renders it again for whoever asked."""


async def _read(kept: Kept | None, asked: Asked, player: Any) -> list[Any] | None:
    return await kept.skeleton.read(player, asked.cookies) if kept and kept.skeleton else None


@functools.lru_cache(maxsize=1024)
def _not_shared(path: str) -> tuple[str, ...] | None:
    """The fields of a query with which a path is not shared. None: its view is not marked with `shared`."""
    try:
        return getattr(resolve(path).func, "not_shared", None)
    except Resolver404:
        return None
