"""The session backend: fields, races, and what Redis gets to see."""

import pytest
from django.contrib.sessions.backends.base import CreateError, UpdateError

from accounts import keys
from accounts.sessions.engine import SessionStore, session_name
from store.client import StoreUnavailable, client
from store.together import sharing


async def begin(**data) -> SessionStore:
    session = SessionStore()
    for name, value in data.items():
        await session.aset(name, value)
    await session.asave()
    return session


async def fields(session: SessionStore) -> dict[str, str]:
    return await client().hgetall(keys.session(session_name(session.session_key)))


async def test_it_is_one_hash_with_a_field_per_key():
    session = await begin(name="Alice", numbers=[1, 2])
    kept = await fields(session)
    assert set(kept) == {"_created", "_seen", "name", "numbers"}
    assert (kept["name"], kept["numbers"]) == ('"Alice"', "[1,2]")


async def test_it_is_read_again_as_it_was_written():
    session = await begin(name="Älice", nested={"a": [None, True]})
    again = SessionStore(session.session_key)
    assert await again.aget("name") == "Älice"
    assert await again.aget("nested") == {"a": [None, True]}


def test_it_speaks_sync_too():
    session = SessionStore()
    session["name"] = "Alice"
    session.save()
    again = SessionStore(session.session_key)
    assert again["name"] == "Alice"
    del again["name"]
    again.save()
    assert "name" not in SessionStore(session.session_key)
    again.flush()
    assert SessionStore(session.session_key).load() == {}


async def test_it_ends_by_itself():
    session = await begin(name="Alice")
    ttl_ms = await client().pttl(keys.session(session_name(session.session_key)))
    assert 0 < ttl_ms <= session.get_session_cookie_age() * 1000


async def test_two_requests_that_change_different_fields_lose_nothing():
    session = await begin(start=1)
    one, other = SessionStore(session.session_key), SessionStore(session.session_key)
    await one.aset("one", 1)
    await other.aset("other", 2)
    await one.asave()
    await other.asave()
    kept = await fields(session)
    assert (kept["start"], kept["one"], kept["other"]) == ("1", "1", "2")


async def test_a_dropped_field_does_not_come_back_with_a_save_of_another():
    session = await begin(cart=1)
    one, other = SessionStore(session.session_key), SessionStore(session.session_key)
    await other.aget("cart")
    await one.apop("cart")
    await one.asave()
    await other.aset("seen", True)
    await other.asave()
    assert "cart" not in await fields(session)


async def test_a_late_save_brings_no_deleted_session_back():
    session = await begin(name="Alice")
    late = SessionStore(session.session_key)
    await late.aset("name", "Bob")
    await session.aflush()
    with pytest.raises(UpdateError):
        await late.asave()
    assert await fields(late) == {}


async def test_creating_over_an_existing_session_is_refused():
    session = await begin(name="Alice")
    copy = SessionStore(session.session_key)
    with pytest.raises(CreateError):
        await copy.asave(must_create=True)


async def test_a_key_that_the_client_made_up_is_not_taken_up():
    session = SessionStore("0123456789abcdef0123456789abcdef")
    assert await session.aget("name") is None
    assert session.session_key is None
    await session.aset("name", "Mallory")
    await session.asave()
    assert session.session_key != "0123456789abcdef0123456789abcdef"


async def test_cycling_the_key_keeps_the_data_and_ends_the_old_key():
    session = await begin(name="Alice")
    old_key = session.session_key
    await session.acycle_key()
    await session.asave()
    assert await SessionStore(session.session_key).aget("name") == "Alice"
    assert await SessionStore(old_key).aget("name") is None


async def test_redis_holds_no_session_key(prefix):
    session = await begin(name="Alice")
    assert not any(session.session_key in name for name in await client().keys("*"))


@pytest.mark.parametrize("colour", ["sync", "async"])
async def test_a_new_secret_key_signs_nobody_out(settings, colour):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "old", []
    session = await begin(name="Alice")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["older", "old"]
    again = SessionStore(session.session_key)
    data = again.load() if colour == "sync" else await again.aload()
    assert data == {"name": "Alice"}
    settings.SECRET_KEY_FALLBACKS = []
    assert await SessionStore(session.session_key).aget("name") == "Alice"


async def test_a_new_secret_key_signs_nobody_out_whose_round_trips_are_shared(settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "old", []
    session = await begin(name="Alice")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["older", "old"]
    with sharing():
        assert await SessionStore(session.session_key).aload() == {"name": "Alice"}


async def test_an_outage_raises_and_ends_no_session(settings, tmp_path):
    session = await begin(name="Alice")
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    with pytest.raises(StoreUnavailable):
        SessionStore(session.session_key).load()
