"""What Redis's refusals mean to the site: each by its class, also where a script or an old server wraps it."""

import asyncio

import pytest
import redis
from redis._parsers.base import BaseParser

from store import trouble
from store.client import StoreMisconfigured, StoreUnavailable, client, close
from store.scripts import Script
from store.trouble import ConnectionStale, refusal
from tests.servers import Started

PASSES = ["LOADING", "BUSY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "READONLY", "OOM", "MISCONF", "NOREPLICAS"]
NEEDS_SOMEBODY = ["NOPERM", "NOAUTH", "WRONGPASS", "CROSSSLOT"]


@pytest.mark.parametrize("word", PASSES + NEEDS_SOMEBODY)
@pytest.mark.parametrize(
    "form",
    ["{} something is wrong", "ERR Error running script (call to f_1): @user_script:1: @user_script: 1: -{} something"],
)
def test_each_refusal_is_the_store_being_away_or_set_up_wrongly(word, form):
    found = refusal(BaseParser.parse_error(form.format(word)))
    assert type(found) in ((StoreMisconfigured,) if word in NEEDS_SOMEBODY else (StoreUnavailable, ConnectionStale))
    assert found.reason


@pytest.mark.parametrize(
    "text",
    ["BUSYGROUP Consumer Group name already exists", "WRONGTYPE Operation", "ERR value is not", "BUSYKEY Target"],
)
def test_a_mistake_of_ours_is_none(text):
    assert refusal(BaseParser.parse_error(text)) is None


def test_a_full_disk_is_said():
    error = redis.ResponseError("MISCONF Errors writing to the AOF file: No space left on device")
    assert refusal(error).reason == "its disk is full"


async def test_a_busy_script_is_the_store_being_away(tmp_path, settings):
    with Started(tmp_path, "--lua-time-limit", "5") as server:
        settings.REDIS_URL = server.url
        await close()
        stuck = asyncio.create_task(asyncio.to_thread(server.run, "EVAL", "while true do end", "0"))
        while not isinstance(found := await _error(client().get("x")), StoreUnavailable) or "busy" not in str(found):
            await asyncio.sleep(0.01)
        assert isinstance(await _error(Script("return 1")([])), StoreUnavailable)
        server.run("SCRIPT", "KILL")
        await stuck
        await close()


async def test_a_connection_to_what_became_a_replica_is_let_go(tmp_path, settings):
    with Started(tmp_path) as server:
        settings.REDIS_URL = server.url
        await close()
        assert await client().set("x", "1")
        before = await client().client_id()
        server.run("REPLICAOF", "127.0.0.1", "1")
        with pytest.raises(StoreUnavailable, match="replica"):
            await client().set("x", "2")
        with pytest.raises(StoreUnavailable, match="replica"):
            await Script("return redis.call('SET', 'x', '2')")([])
        pipe = client().pipeline()
        pipe.set("x", "2")
        assert isinstance((await pipe.execute(raise_on_error=False))[0], StoreUnavailable)
        server.run("REPLICAOF", "NO", "ONE")
        assert await client().set("x", "2")
        assert await client().client_id() > before  # A connection of its own, made after the failover.
        await close()


async def test_a_wrong_set_up_is_named_once(tmp_path, settings, caplog):
    with Started(tmp_path) as server:
        server.run("ACL", "SETUSER", "poor", "on", ">p", "~*", "&*", "+@all", "-eval", "-evalsha")
        settings.REDIS_URL = f"unix://poor:p@{server.socket}"
        await close()
        trouble._named.clear()
        for _ in range(3):
            with pytest.raises(StoreMisconfigured, match="may not"):
                await Script("return 1")([])
        assert len([record for record in caplog.records if "set up wrongly" in record.message]) == 1
        for url in (f"unix://poor:q@{server.socket}", f"unix://{server.socket}?db=99"):
            settings.REDIS_URL = url
            await close()
            with pytest.raises(StoreMisconfigured):
                await client().get("x")
        await close()


async def _error(call):
    try:
        await call
    except Exception as error:
        return error
    return None
