"""The player of a session that needs nothing but to be read, for pages that are answered before Django."""

import asyncio
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.db import DatabaseError, close_old_connections
from django.utils.crypto import constant_time_compare

from accounts.models import Player
from accounts.sessions.engine import DEVICE, PLAYER, SessionStore
from store.trouble import SQL_TROUBLE

#: The fields of a session that says who somebody is, and nothing else such as a message that waits for them.
FIELDS = frozenset({PLAYER, BACKEND_SESSION_KEY, HASH_SESSION_KEY, DEVICE})


async def player_of(session_key: str) -> Player | None:
    """The active player of a session, to be read only; None where Django must look.

    That is: there is no such session, it has anything else in it, or its expiry is due to be extended; the player is
    gone or may not sign in; or SQL is away.

    Raises:
        StoreUnavailable: no answer from Redis.

    Redis: one round trip. SQL: one query for all who are looked up at the same time.
    """
    session = SessionStore(session_key)
    if session.session_key is None:
        return None
    fields = await session.aload()
    if not fields.keys() <= FIELDS or PLAYER not in fields or session.slides:
        return None
    if fields.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    try:
        player = await _look_ups().player(int(fields[PLAYER]))
    except (*SQL_TROUBLE, DatabaseError, OverflowError, TimeoutError):
        return None
    is_theirs = player and constant_time_compare(fields.get(HASH_SESSION_KEY, ""), player.get_session_auth_hash())
    return player if is_theirs else None


class LookUps:
    """Looks up players in SQL, one query after the other: who comes during one is looked up by the next."""

    def __init__(self) -> None:
        self._waiting: dict[int, asyncio.Future[Player | None]] = {}
        self._task: asyncio.Task[None] | None = None
        self._began_s: float | None = None  # When the query that runs began.

    async def player(self, id: int) -> Player | None:
        """The active player with this id, who may be the same object for several callers.

        Raises:
            TimeoutError: no answer within SQL_TIMEOUT_S; at once while a query runs for longer.
        """
        if self._began_s is not None and time.monotonic() - self._began_s > settings.SQL_TIMEOUT_S:
            raise TimeoutError
        found = self._waiting.setdefault(id, asyncio.get_running_loop().create_future())
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="players")
        async with asyncio.timeout(settings.SQL_TIMEOUT_S):
            return await asyncio.shield(found)

    async def _run(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting, {}
            self._began_s = time.monotonic()
            try:
                players = await sync_to_async(_players, thread_sensitive=False, executor=_THREAD)(list(asked))
            except Exception as error:
                for found in asked.values():
                    found.set_exception(error)
                continue
            finally:
                self._began_s = None
            for id, found in asked.items():
                found.set_result(players.get(id))
        self._task = None


def _players(ids: list[int]) -> dict[int, Player]:
    try:
        return Player.objects.filter(is_active=True).in_bulk(ids)
    finally:
        close_old_connections()  # As after each request of Django's.


#: Not the one that all sockets share, in which a page would wait for theirs.
_THREAD = ThreadPoolExecutor(1, thread_name_prefix="players")


#: Of each event loop.
_loops: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, LookUps]" = weakref.WeakKeyDictionary()


def _look_ups() -> LookUps:
    return _loops.setdefault(asyncio.get_running_loop(), LookUps())
