"""The doors of sockets: handshakes, messages, run starts, moves."""

import asyncio

import pytest
from channels.testing import WebsocketCommunicator

from accounts.keys import session as session_key
from live.rate_limits import HandshakeLimit, socket_address
from store.client import client
from store.limits import Allowance, Policy, take
from tests.sockets import Socket

pytestmark = pytest.mark.usefixtures("fuse")


@pytest.fixture
def limit(settings):
    """Set one policy's limit for a test."""

    def set_limit(name: str, calls: int) -> None:
        settings.RATE_LIMITS = settings.RATE_LIMITS | {name: Policy(calls, 60, opens_when_away=True)}

    return set_limit


class TestAllowance:
    async def test_many_connections_of_one_player_never_exceed_the_limit(self, limit):
        limit("move", 1000)
        allowances = [Allowance("move", "bob") for _ in range(20)]

        async def use(allowance):
            return sum([await allowance.take() is None for _ in range(200)])

        used = sum(await asyncio.gather(*map(use, allowances)))
        # What one connection has taken ahead and does not use is lost to the others, and never more than that.
        assert 1000 - 20 * Allowance.SHARE_MAX <= used <= 1000

    async def test_one_connection_gets_all_of_it_and_then_when_to_come_back(self, limit):
        limit("move", 1000)
        allowance = Allowance("move", "bob")
        decisions = [await allowance.take() for _ in range(1010)]
        assert decisions[:1000] == [None] * 1000
        assert all(0 < decision.retry_after_s <= 60 for decision in decisions[1000:])

    async def test_a_refusal_is_remembered_without_asking_again(self, limit, monkeypatch):
        limit("move", 5)
        allowance, asked = Allowance("move", "bob"), []

        async def counted(*args, **options):
            asked.append(args)
            return await take(*args, **options)

        monkeypatch.setattr("store.limits.take", counted)
        for _ in range(200):
            await allowance.take()
        assert len(asked) <= 12  # A share and the call itself, five times, and once more in vain.

    async def test_what_was_taken_from_a_window_that_is_over_is_not_used(self, settings):
        settings.RATE_LIMITS = {"move": Policy(100, 1)}
        allowance = Allowance("move", "bob")
        await allowance.take()
        allowance._good_until -= 2
        assert not allowance.spend()
        assert await allowance.take() is None


async def test_too_many_run_starts_are_refused_and_the_socket_lives(limit, alice):
    limit("run_start", 2)
    async with Socket("/ws/play/fuse/", alice) as socket:
        for _ in range(2):
            await socket.say(type="start")
            await socket.next("run")
        await socket.say(type="start")
        error = await socket.next("error")
        assert (error["code"], error["retry_after_s"] > 0) == ("too_many", True)
        await socket.say(type="beat")
        await socket.next("beat")


async def test_moves_are_limited_per_player_over_all_tabs(limit, alice, bob):
    limit("move", 10)
    async with Socket("/ws/play/fuse/", alice) as socket:
        await socket.say(type="start")
        run = await socket.next("run")
        for seq in range(1, 13):
            await socket.say(type="move", run=run["run"], seq=seq, input=("left", "down")[seq % 2])
        answers = [await socket.next("moved", "error") for _ in range(12)]
        assert [answer["type"] for answer in answers] == ["moved"] * 10 + ["error"] * 2
    async with Socket("/ws/play/fuse/", alice) as again, Socket("/ws/play/fuse/", bob) as other:
        await again.say(type="move", run=run["run"], seq=11, input="left")
        assert (await again.next("moved", "error"))["code"] == "too_many"
        await other.say(type="start")
        theirs = await other.next("run")
        await other.say(type="move", run=theirs["run"], seq=1, input="left")
        await other.next("moved")


async def test_who_goes_on_regardless_is_closed(limit, alice):
    limit("message_player", 3)
    async with Socket("/ws/", alice) as socket:
        for _ in range(13):
            await socket.say(type="unwatch", topic="x")
        for _ in range(10):
            assert (await socket.next("error"))["code"] == "too_many"
        assert await socket.closed() == 1008


async def test_a_session_opens_a_bounded_number_of_sockets(limit, alice):
    limit("handshake_session", 2)
    await client().hset(session_key("session-a"), "_created", "0")
    await client().expire(session_key("session-a"), 3600)
    for _ in range(2):
        async with Socket("/ws/", alice, "session-a"):
            pass
    socket = Socket("/ws/", alice, "session-a")
    await socket.connect(timeout=5)
    assert (await socket.next())["code"] == "too_many"
    assert await socket.closed() == 1008
    await socket.disconnect()


class TestHandshakeLimit:
    async def opened(self, **scope):
        async def accepting(scope, receive, send):
            await receive()
            await send({"type": "websocket.accept"})

        communicator = WebsocketCommunicator(HandshakeLimit(accepting), "/ws/")
        communicator.scope |= {"client": ["10.0.0.1", 5], "headers": [], **scope}
        await communicator.send_input({"type": "websocket.connect"})
        return await communicator.receive_output(timeout=5)

    async def test_an_address_is_told_when_to_come_back(self, limit):
        limit("handshake_address", 1)
        can = {"extensions": {"websocket.http.response": {}}}
        assert (await self.opened(**can))["type"] == "websocket.accept"
        answer = await self.opened(**can)
        assert answer["status"] == 429
        headers = dict(answer["headers"])
        assert 0 < int(headers[b"retry-after"]) <= 60
        assert headers[b"ratelimit-limit"] == b"1"

    async def test_a_server_that_can_only_close_closes(self, limit):
        limit("handshake_address", 0)
        assert (await self.opened())["type"] == "websocket.close"

    async def test_other_addresses_are_not_held_up(self, limit):
        limit("handshake_address", 1)
        await self.opened()
        assert (await self.opened(client=["10.0.0.2", 5]))["type"] == "websocket.accept"


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [(0, "1.1.1.1", "10.0.0.1"), (1, "6.6.6.6, 1.1.1.1", "1.1.1.1"), (2, "6.6.6.6, 1.1.1.1, 10.0.0.9", "1.1.1.1")],
)
def test_only_what_our_own_proxies_saw_is_believed(settings, proxies, header, address):
    settings.PROXY_COUNT = proxies
    scope = {"client": ["10.0.0.1", 5], "headers": [(b"x-forwarded-for", header.encode())]}
    assert socket_address(scope) == address
