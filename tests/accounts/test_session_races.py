"""Sessions under every interleaving: two requests, sign-out, key cycling and expiry take turns at each round trip."""

import asyncio

from django.contrib.sessions.backends.base import UpdateError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import keys
from accounts.sessions import engine
from accounts.sessions.engine import SessionStore, session_name
from store import client as store
from store.client import Client, client, close


class Turns:
    """Lets one actor at a time do one round trip, in the order that the test draws."""

    def __init__(self) -> None:
        self.waiting: dict[str, asyncio.Future[None]] = {}

    async def take(self, actor: str) -> None:
        self.waiting[actor] = asyncio.get_running_loop().create_future()
        await self.waiting[actor]

    async def run(self, actors: dict[str, asyncio.Task], draw) -> None:
        while True:
            # Until every actor that is not done waits for its turn.
            while any(not task.done() and name not in self.waiting for name, task in actors.items()):
                await asyncio.sleep(0)
            if not self.waiting:
                return
            name = draw(st.sampled_from(sorted(self.waiting)))
            self.waiting.pop(name).set_result(None)
            await asyncio.sleep(0)


async def _interleave(draw, actions: list[str]) -> None:
    for script in (engine._save, engine._slide):  # Else the first use on each node of a cluster takes one turn more.
        await client().script_load(script.text)
    key = await _fresh_session()
    turns = Turns()
    own = Client.execute_command

    async def in_turn(self, *args, **options):
        name = asyncio.current_task().get_name()
        if name in actions:
            await turns.take(name)
        return await own(self, *args, **options)

    Client.execute_command = in_turn
    seen: dict[str, str] = {}
    try:
        actors = {name: asyncio.create_task(_act(name, key, seen), name=name) for name in actions}
        await turns.run(actors, draw)
        await asyncio.gather(*actors.values())
    finally:
        Client.execute_command = own
    await _check(key, actions, seen)
    await close()


async def _fresh_session() -> str:
    for name in await client().keys("*"):
        await client().delete(name)
    session = SessionStore()
    await session.aset("start", 1)
    await session.asave()
    return session.session_key


async def _act(name: str, key: str, seen: dict[str, str]) -> None:
    session = SessionStore(key)
    try:
        if name in ("one", "two"):
            await session.aset(name, 1)
            if await session.aget("start") is None:
                return  # It had ended before this request began.
            await session.asave()
            seen[name] = "saved"
        elif name == "slide":
            await session.aload()
            session._stored["_seen"] = "0"
            await session.aslide()
        elif name == "sign out":
            await session.aflush()
        elif name == "cycle":
            if await session.aget("start") is not None:
                await session.acycle_key()
                await session.asave()
                seen["cycled to"] = session.session_key
        elif name == "expire":
            await client().delete(keys.session(session_name(key)))
    except UpdateError:
        seen[name] = "too late"


async def _check(key: str, actions: list[str], seen: dict[str, str]) -> None:
    kept = await client().hgetall(keys.session(session_name(key)))
    ended = {"sign out", "cycle", "expire"} & set(actions)
    if ended:
        assert not kept, "an ended session came back"
    else:
        assert kept["start"] == "1"
        assert {name for name in ("one", "two") if name in kept} == {
            name for name, how in seen.items() if how == "saved"
        }
    if "cycled to" in seen:
        cycled = await client().hgetall(keys.session(session_name(seen["cycled to"])))
        assert cycled["start"] == "1"
    names = await client().keys("*")
    assert not any(key in name or seen.get("cycled to", key) in name for name in names)


@given(
    st.data(),
    st.lists(st.sampled_from(["one", "two", "slide", "sign out", "cycle", "expire"]), min_size=2, unique=True),
)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_order_of_round_trips_loses_a_field_or_brings_a_session_back(data, actions):
    asyncio.run(_interleave(data.draw, actions))


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_two_writers_alone_always_both_succeed(data):
    asyncio.run(_interleave(data.draw, ["one", "two"]))


def test_the_turns_are_taken_at_every_round_trip():
    """The test above means nothing unless the commands go through the patched call."""
    assert store.Client.execute_command is Client.execute_command
    counted = []

    async def count() -> None:
        own = Client.execute_command

        async def counting(self, *args, **options):
            counted.append(args[0])
            return await own(self, *args, **options)

        Client.execute_command = counting
        try:
            session = SessionStore()
            await session.aset("x", 1)
            await session.asave()
            await SessionStore(session.session_key).aload()
        finally:
            Client.execute_command = own
        await close()

    asyncio.run(count())
    assert "EVALSHA" in counted
    assert "HGETALL" in counted
