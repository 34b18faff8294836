"""Django sessions in Redis: one hash per session, one field per session key, only changes written.

It has both sync and async methods, like Django's session API. An outage raises `StoreUnavailable`:
the page is a 503 and nobody is signed out.
"""

import contextlib
import time
from typing import Any

import msgspec
from django.conf import settings
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.utils.crypto import get_random_string, salted_hmac
from django.utils.translation import gettext as _

from accounts import keys
from live.layer import tell_session
from store.client import ResponseError, client, sync
from store.scripts import script
from store.sync_loop import run_sync

_save = script(__file__, "session_save")
_slide = script(__file__, "session_slide")

# Always present, so that even an empty session exists as a hash.
CREATED, SEEN = "_created", "_seen"
SLIDE_AFTER_S = 60
DEVICE = "device"
PLAYER, EXPIRY = "_auth_user_id", "_session_expiry"
KEY_CHARS = "abcdefghijklmnopqrstuvwxyz0123456789"


def session_name(session_key: str) -> str:
    """The name of a session in Redis and in groups. It is an HMAC, so nobody can open a session with a Redis dump."""
    return _name(session_key, settings.SECRET_KEY)


def _name(session_key: str, secret: str) -> str:
    return salted_hmac("accounts.sessions.engine", session_key, secret=secret, algorithm="sha256").hexdigest()[:40]


def _key(session_key: str) -> str:
    return keys.session(session_name(session_key))


async def session_exists(name: str) -> bool:
    """Whether the session of this name is still there. One round trip."""
    return bool(await client().exists(keys.session(name)))


async def note_session(player: int, session_key: str, age_s: int) -> None:
    """Add a session to its player's set, so that all of them can be ended. One round trip."""
    now_ms = time.time_ns() // 1_000_000
    pipe = client().pipeline(transaction=True)
    pipe.zremrangebyscore(keys.sessions(player), "-inf", now_ms)
    pipe.zadd(keys.sessions(player), {session_name(session_key): now_ms + age_s * 1000})
    pipe.expire(keys.sessions(player), age_s)
    await pipe.execute()


class Device(msgspec.Struct, frozen=True):
    """A session as its player sees it: a description of the device, and when it was opened and last used, UTC ms."""

    name: str
    words: str
    created_ms: int
    seen_ms: int


async def devices(player: int) -> list[Device]:
    """A player's sessions, the one used last first. Redis: two round trips, and one when some have ended."""
    names = await client().zrange(keys.sessions(player), 0, -1)
    pipe = client().pipeline()
    for name in names:
        pipe.hmget(keys.session(name), CREATED, SEEN, DEVICE)
    read = dict(zip(names, await pipe.execute() if names else [], strict=True))
    if ended := [name for name, (created, _, _) in read.items() if created is None]:
        await client().zrem(keys.sessions(player), *ended)
    found = [
        Device(name, msgspec.json.decode(words) if words else _("Unknown"), int(created), int(seen or created))
        for name, (created, seen, words) in read.items()
        if created is not None
    ]
    return sorted(found, key=lambda device: -device.seen_ms)


async def end_session(player: int, name: str, *, why: str = "") -> bool:
    """End one session of a player, its open sockets included; False when it is none of theirs. Four round trips."""
    if await client().zscore(keys.sessions(player), name) is None:
        return False
    # Remove it from the set last, so that an interrupted call can be repeated.
    await client().delete(keys.session(name))
    await tell_session(name, "session.ended", **({"why": why} if why else {}))
    await client().zrem(keys.sessions(player), name)
    return True


async def end_sessions(player: int, *, but: str = "", why: str = "") -> int:
    """End every session of a player except `but`, including their open sockets, which tell `why`. Returns how many.

    Redis: one round trip, then four for each session.
    """
    names = [name for name in await client().zrange(keys.sessions(player), 0, -1) if name != but]
    for name in names:
        await end_session(player, name, why=why)
    return len(names)


class SessionStore(SessionBase):
    """`SESSION_ENGINE = "accounts.sessions.engine"`."""

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self._stored: dict[str, str] = {}  # The fields as stored in Redis, to detect changes.

    # Reading

    def load(self) -> dict[str, Any]:
        with sync() as connection:
            fields = connection.hgetall(_key(self.session_key))
        return self._loaded(fields) if fields or not settings.SECRET_KEY_FALLBACKS else run_sync(self.aload())

    async def aload(self) -> dict[str, Any]:
        fields = await client().hgetall(_key(self.session_key))
        for old in () if fields else self._old_names():
            with contextlib.suppress(ResponseError):  # Not there, or another request has just moved it.
                await client().rename(keys.session(old), _key(self.session_key))
            fields = fields or await client().hgetall(_key(self.session_key))
            if fields.get(PLAYER):
                await self._anote(msgspec.json.decode(fields[PLAYER]), old)
        return self._loaded(fields)

    def _old_names(self) -> list[str]:
        """The session's names under former SECRET_KEYs, so that a new secret signs nobody out."""
        return [_name(self.session_key, secret) for secret in settings.SECRET_KEY_FALLBACKS]

    # Renaming in the player's set of sessions

    def cycle_key(self) -> None:
        old = self.session_key
        super().cycle_key()
        if old and (player := self.get(PLAYER)):
            self._note(player, session_name(old))

    async def acycle_key(self) -> None:
        old = self.session_key
        await super().acycle_key()
        if old and (player := await self.aget(PLAYER)):
            await self._anote(player, session_name(old))

    def _note(self, player: int, old: str) -> None:
        with sync() as connection:
            pipe = connection.pipeline(transaction=True)
            self._renamed(pipe, player, old)
            pipe.execute()

    async def _anote(self, player: int, old: str) -> None:
        pipe = client().pipeline(transaction=True)
        self._renamed(pipe, player, old)
        await pipe.execute()

    def _renamed(self, pipe: Any, player: int, old: str) -> None:
        age_s = self.get_session_cookie_age()
        pipe.zrem(keys.sessions(player), old)
        pipe.zadd(keys.sessions(player), {session_name(self.session_key): time.time_ns() // 1_000_000 + age_s * 1000})
        pipe.expire(keys.sessions(player), age_s)  # Removing the last member deletes the key and its TTL.

    def _loaded(self, fields: dict[str, str]) -> dict[str, Any]:
        if not fields:
            # Unknown or ended: never use a key that the client made up.
            self._session_key = None
            return {}
        self._stored = fields
        return {name: msgspec.json.decode(value) for name, value in fields.items() if name not in (CREATED, SEEN)}

    def exists(self, session_key: str) -> bool:
        with sync() as connection:
            return bool(connection.exists(_key(session_key)))

    async def aexists(self, session_key: str) -> bool:
        return bool(await client().exists(_key(session_key)))

    # Writing

    def create(self) -> None:
        while True:
            self._begin()
            try:
                return self.save(must_create=True)
            except CreateError:
                continue

    async def acreate(self) -> None:
        while True:
            self._begin()
            try:
                return await self.asave(must_create=True)
            except CreateError:
                continue

    def _begin(self) -> None:
        self._session_key = get_random_string(32, KEY_CHARS)
        self._session_cache: dict[str, Any] = {}
        self._stored = {}
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        if self.session_key is None:
            return self.create_with(self._get_session(no_load=True))
        fields = self._fields(self._get_session(no_load=must_create))
        call = self._save_call(fields, must_create, self.get_expiry_age())
        self._saved(_save.sync(*call), fields, must_create)

    async def asave(self, must_create: bool = False) -> None:
        if self.session_key is None:
            return await self.acreate_with(await self._aget_session(no_load=True))
        fields = self._fields(await self._aget_session(no_load=must_create))
        call = self._save_call(fields, must_create, await self.aget_expiry_age())
        self._saved(await _save(*call), fields, must_create)

    def create_with(self, data: dict[str, Any]) -> None:
        """Create a session for data that has none yet."""
        self.create()
        self._session_cache = data
        self.save()

    async def acreate_with(self, data: dict[str, Any]) -> None:
        await self.acreate()
        self._session_cache = data
        await self.asave()

    def _fields(self, data: dict[str, Any]) -> dict[str, str]:
        now_ms = str(time.time_ns() // 1_000_000)
        own = {name: self._stored.get(name) or now_ms for name in (CREATED, SEEN)}
        return own | {name: msgspec.json.encode(value).decode() for name, value in data.items()}

    def _save_call(self, fields: dict[str, str], must_create: bool, age_s: int) -> tuple[list[str], list[Any]]:
        changed = [item for item in fields.items() if self._stored.get(item[0]) != item[1]]
        dropped = [name for name in self._stored if name not in fields]
        # The expiry changes when it is set, and in `aslide`, but not with every write of a request.
        moves = must_create or EXPIRY in dropped or any(name == EXPIRY for name, _ in changed)
        args: list[Any] = [int(must_create), age_s * 1000 if moves else "", len(changed)]
        return [_key(self.session_key)], args + [part for item in changed for part in item] + dropped

    def _saved(self, written: int, fields: dict[str, str], must_create: bool) -> None:
        if not written:
            raise CreateError if must_create else UpdateError
        self._stored = fields

    @property
    def slides(self) -> bool:
        """Whether the expiry of this session, which was loaded, is due to be extended."""
        unseen_ms = time.time_ns() // 1_000_000 - int(self._stored.get(SEEN, 0))
        return self.session_key is not None and not 0 <= unseen_ms < SLIDE_AFTER_S * 1000

    async def aslide(self) -> bool:
        """Extend the expiry of this session, at most once a minute. True when it was extended now.

        Redis: nothing within the minute, else lua/session_slide.lua and one pipeline for the player's set.
        """
        if not self.slides:
            return False
        age_s = await self.aget_expiry_age()
        seen_ms = await _slide([_key(self.session_key)], [age_s * 1000, SLIDE_AFTER_S * 1000, SEEN])
        if not seen_ms:
            return False
        if player := await self.aget(PLAYER):
            pipe = client().pipeline()
            pipe.zadd(keys.sessions(player), {session_name(self.session_key): seen_ms + age_s * 1000}, xx=True)
            pipe.expire(keys.sessions(player), age_s)
            await pipe.execute()
        return True

    # Ending

    def delete(self, session_key: str | None = None) -> None:
        if session_key := session_key or self.session_key:
            with sync() as connection:
                connection.delete(_key(session_key))

    async def adelete(self, session_key: str | None = None) -> None:
        if session_key := session_key or self.session_key:
            await client().delete(_key(session_key))

    @classmethod
    def clear_expired(cls) -> None:
        """Nothing to do: Redis expires sessions by itself."""
