"""Players of sessions that need nothing but to be read: for pages that are answered before Django, and for sockets."""

import asyncio
import weakref
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.db import DatabaseError, close_old_connections
from django.utils.crypto import constant_time_compare

from accounts.follows import followed_by_each
from accounts.models import Player
from accounts.sessions.engine import DEVICE, PLAYER, SessionStore
from accounts.sessions.look_ups import LookUps
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
    try:
        player = await _of(fields, _of_loop().pages, settings.SQL_TIMEOUT_S)
    except (*SQL_TROUBLE, DatabaseError, TimeoutError):
        return None
    return player if player and _is_theirs(fields, player) else None


async def connecting(fields: Mapping[str, Any]) -> Player | None:
    """The active player of a socket's session with these fields, with `follow_ids`, to be read only; None: nobody's.

    A session that was signed with a former SECRET_KEY stays as it is: only a page can give it a new key.

    Raises:
        DatabaseError, InterfaceError: SQL is away.

    SQL: two queries for all who connect at the same time.
    """
    if PLAYER not in fields:
        return None
    player = await _of(fields, _of_loop().sockets)
    return player if player and _is_theirs(fields, player, *player.get_session_auth_fallback_hash()) else None


async def _of(fields: Mapping[str, Any], look_ups: LookUps[Player], timeout_s: float | None = None) -> Player | None:
    if fields.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    try:
        return await look_ups.find(int(fields[PLAYER]), timeout_s)
    except OverflowError:
        return None


def _is_theirs(fields: Mapping[str, Any], player: Player, *former: str) -> bool:
    """Whether a session was begun with the player's password as it is, under this SECRET_KEY or the `former` ones."""
    signed = fields.get(HASH_SESSION_KEY, "")
    return any(constant_time_compare(signed, each) for each in (player.get_session_auth_hash(), *former))


def _players(ids: list[int]) -> dict[int, Player]:
    try:
        return Player.objects.filter(is_active=True).in_bulk(ids)
    finally:
        close_old_connections()  # As after each request of Django's.


def _with_follows(ids: list[int]) -> dict[int, Player]:
    close_old_connections()  # Only here is the connection of the sockets' thread looked at: a dead one is closed.
    players = Player.objects.filter(is_active=True).in_bulk(ids)
    for id, follow_ids in followed_by_each(list(players)).items():
        players[id].follow_ids = follow_ids
    return players


#: Pages do not wait for what sockets ask.
_THREAD = ThreadPoolExecutor(1, thread_name_prefix="players")


class _Loop:
    """The look-ups of an event loop."""

    def __init__(self) -> None:
        self.pages, self.sockets = LookUps(_players, _THREAD), LookUps(_with_follows)


_loops: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Loop]" = weakref.WeakKeyDictionary()


def _of_loop() -> _Loop:
    loop = asyncio.get_running_loop()
    if loop not in _loops:
        _loops[loop] = _Loop()
    return _loops[loop]
