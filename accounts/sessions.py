"""Django sessions in Redis: one hash per session, one field per session key, only changes written.

The one place with both colours, since Django's session API has both. An outage raises
`StoreUnavailable`: the page is a 503 and nobody is signed out.
"""

import time
from typing import Any

import msgspec
from django.conf import settings
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.utils.crypto import get_random_string, salted_hmac

from accounts import keys
from live.layer import tell_session
from store.client import client, sync
from store.scripts import script

_save = script(__file__, "session_save")

# Never dropped, so that even an empty session is a hash that exists.
CREATED = "_created"
KEY_CHARS = "abcdefghijklmnopqrstuvwxyz0123456789"


def session_name(session_key: str) -> str:
    """What a session is called in Redis and in groups: an HMAC, so that a dump of Redis opens no session."""
    return _name(session_key, settings.SECRET_KEY)


def _name(session_key: str, secret: str) -> str:
    return salted_hmac("accounts.sessions", session_key, secret=secret, algorithm="sha256").hexdigest()[:40]


def _key(session_key: str) -> str:
    return keys.session(session_name(session_key))


async def session_exists(name: str) -> bool:
    """Whether the session of this name is still there. One round trip."""
    return bool(await client().exists(keys.session(name)))


async def note_session(player: int, session_key: str, age_s: int) -> None:
    """Keep a session among its player's, so that all of them can be ended. One round trip."""
    now_ms = time.time_ns() // 1_000_000
    pipe = client().pipeline(transaction=True)
    pipe.zremrangebyscore(keys.sessions(player), "-inf", now_ms)
    pipe.zadd(keys.sessions(player), {session_name(session_key): now_ms + age_s * 1000})
    pipe.expire(keys.sessions(player), age_s)
    await pipe.execute()


async def end_sessions(player: int) -> int:
    """End every session of a player, their open sockets included; returns how many.

    Redis: one round trip, then one per session for its sockets.
    """
    names = await client().zrange(keys.sessions(player), 0, -1)
    pipe = client().pipeline()
    for name in names:
        pipe.delete(keys.session(name))
    pipe.delete(keys.sessions(player))
    await pipe.execute()
    for name in names:
        await tell_session(name, "session.ended")
    return len(names)


class SessionStore(SessionBase):
    """`SESSION_ENGINE = "accounts.sessions"`."""

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self._stored: dict[str, str] = {}  # The fields as Redis has them, for telling what changed.

    # Reading

    def load(self) -> dict[str, Any]:
        with sync() as connection:
            fields = connection.hgetall(_key(self.session_key))
            for old in () if fields else self._old_keys():
                if connection.exists(old):
                    connection.rename(old, _key(self.session_key))
                    fields = connection.hgetall(_key(self.session_key))
        return self._loaded(fields)

    async def aload(self) -> dict[str, Any]:
        fields = await client().hgetall(_key(self.session_key))
        for old in () if fields else self._old_keys():
            if await client().exists(old):
                await client().rename(old, _key(self.session_key))
                fields = await client().hgetall(_key(self.session_key))
        return self._loaded(fields)

    def _old_keys(self) -> list[str]:
        """Where the session would be if SECRET_KEY was changed since: nobody is signed out by a new secret."""
        return [keys.session(_name(self.session_key, secret)) for secret in settings.SECRET_KEY_FALLBACKS]

    def _loaded(self, fields: dict[str, str]) -> dict[str, Any]:
        if not fields:
            # Unknown or ended: never take up a key that the client made up.
            self._session_key = None
            return {}
        self._stored = fields
        return {name: msgspec.json.decode(value) for name, value in fields.items() if name != CREATED}

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
        """Give data that had no session yet one of its own."""
        self.create()
        self._session_cache = data
        self.save()

    async def acreate_with(self, data: dict[str, Any]) -> None:
        await self.acreate()
        self._session_cache = data
        await self.asave()

    def _fields(self, data: dict[str, Any]) -> dict[str, str]:
        created = self._stored.get(CREATED) or str(time.time_ns() // 1_000_000)
        return {CREATED: created} | {name: msgspec.json.encode(value).decode() for name, value in data.items()}

    def _save_call(self, fields: dict[str, str], must_create: bool, age_s: int) -> tuple[list[str], list[Any]]:
        changed = [item for item in fields.items() if self._stored.get(item[0]) != item[1]]
        dropped = [name for name in self._stored if name not in fields]
        args: list[Any] = [int(must_create), age_s * 1000, len(changed)]
        return [_key(self.session_key)], args + [part for item in changed for part in item] + dropped

    def _saved(self, written: int, fields: dict[str, str], must_create: bool) -> None:
        if not written:
            raise CreateError if must_create else UpdateError
        self._stored = fields

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
