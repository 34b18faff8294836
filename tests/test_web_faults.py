"""Crowds, stuck readers and odd frames at real servers: who misbehaves is closed, and nobody else notices."""

import asyncio
import base64
import json
import os
import socket
import struct
import sys

import pytest

from benchmarks.load import Socket as LightSocket
from benchmarks.load import open_sockets
from benchmarks.stage import memory_bytes
from tests.stack import ROOT, Site, clean_environment
from tests.test_live_faults import play
from tests.watchers import Watcher, fresh, until, watching

pytestmark = [pytest.mark.stack, pytest.mark.timeout(170)]

TOPIC = "board:fuse:all"
SERVERS = pytest.mark.parametrize("server", ["uvicorn", "daphne"])


async def test_two_thousand_sockets_that_drop_at_once_come_back_without_an_error(tmp_path):
    with Site(tmp_path) as site:
        snapshots = []

        def received(_, payload):
            if payload.startswith(b'{"type":"snapshot"'):
                snapshots.append(payload)
            assert not payload.startswith(b'{"type":"error"')

        def make():
            url = f"ws://localhost:{site.port}/ws/"
            return LightSocket(url, received, [b'{"type":"watch","topic":"board:fuse:all"}'])

        sockets = await open_sockets(2000, make, "127.0.0.1", site.port)
        await until(lambda: len(snapshots) == 2000, 30)
        for each in sockets:
            each.transport.abort()
        sockets = await open_sockets(2000, make, "127.0.0.1", site.port, at_once=400)  # All that the backlog takes.
        await until(lambda: len(snapshots) == 4000, 60)
        assert not any(each.closed for each in sockets)
        assert "Traceback" not in site.output()
        assert "ERROR" not in site.output()


class RawSocket:
    """A WebSocket whose frames the test makes itself."""

    def __init__(self, site: Site, cookies: str = "", receive_buffer: int = 0) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", site.port))
        self.socket.settimeout(10)
        lines = [
            "GET /ws/ HTTP/1.1",
            f"Host: localhost:{site.port}",
            f"Origin: {site.url}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            "Sec-WebSocket-Version: 13",
            *([f"Cookie: {cookies}"] if cookies else []),
        ]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.socket.recv(1)
        assert b" 101 " in head

    def frame(self, opcode: int, payload: bytes, *, fin: bool = True, mask: bool = True, length: int = -1) -> None:
        size = len(payload) if length < 0 else length
        bit = 0x80 if mask else 0
        head = bytes([(0x80 if fin else 0) | opcode])
        if size < 126:
            head += bytes([bit | size])
        elif size < 65536:
            head += struct.pack("!BH", bit | 126, size)
        else:
            head += struct.pack("!BQ", bit | 127, size)
        self.socket.sendall(head + (b"\0\0\0\0" if mask else b"") + payload)

    def say(self, **message: object) -> None:
        self.frame(1, json.dumps(message).encode())

    def read(self) -> tuple[int, bytes]:
        """The next frame: opcode and payload; (8, b"") when the connection just ends."""
        try:
            head = self._exactly(2)
            size = head[1] & 127
            if size == 126:
                size = struct.unpack("!H", self._exactly(2))[0]
            elif size == 127:
                size = struct.unpack("!Q", self._exactly(8))[0]
            return head[0] & 15, self._exactly(size)
        except (ConnectionError, EOFError):
            return 8, b""

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def next(self, *types: str) -> dict:
        while True:
            opcode, payload = self.read()
            assert opcode == 1, (opcode, payload)
            message = json.loads(payload)
            if message["type"] in types:
                return message

    def close_code(self) -> int:
        """What the server closes with; 0 when it only ends the connection."""
        while True:
            opcode, payload = self.read()
            if opcode == 8:
                return struct.unpack("!H", payload[:2])[0] if payload else 0


# Fifty better runs a second, each a change that every watcher sees.
CHANGES = """
import asyncio, os, django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gameapp.settings")
django.setup()
from accounts.cards import Card
from leaderboard import boards
from leaderboard.boards import FinishedRun

async def main():
    for n in range(1250):
        await boards.submit(FinishedRun(f"run{n}", "fuse", 1000 + n % 50, Card(f"Player{n % 50}"), n, 0, "{}"))
        await asyncio.sleep(0.02)

asyncio.run(main())
"""


@SERVERS
async def test_a_reader_that_reads_nothing_is_closed_and_costs_little_and_the_others_miss_nothing(tmp_path, server):
    with Site(tmp_path, server=server, SOCKET_SILENCE_S="17") as site:
        stuck = [RawSocket(site, receive_buffer=4096) for _ in range(20)]
        [pid] = site.children(server)
        for each in stuck:
            each.say(type="watch", topic=TOPIC)
        watchers = [Watcher(site, TOPIC) for _ in range(10)]
        async with watching(watchers):
            before = memory_bytes(pid)
            environment = clean_environment(DATA_DIR=str(tmp_path))
            changes = await asyncio.create_subprocess_exec(sys.executable, "-c", CHANGES, cwd=ROOT, env=environment)
            await changes.wait()
            assert memory_bytes(pid) - before < 40 * 1024 * 1024
            truth = await fresh(site, TOPIC)
            await until(lambda: all(watcher.state == truth for watcher in watchers))
            assert truth["row:1049"]["points"] == 1249
            assert not any(watcher.closed for watcher in watchers)
            assert all(watcher.snapshots == 1 and watcher.version > 120 for watcher in watchers)  # Each diff, in order.
        assert {await asyncio.to_thread(each.close_code) for each in stuck} <= {4408, 0}
        assert "Traceback" not in site.output()


@pytest.fixture(scope="module", params=["uvicorn", "daphne"])
def odd_site(tmp_path_factory, request):
    with Site(tmp_path_factory.mktemp("odd"), server=request.param) as running:
        yield running


@pytest.fixture
def neighbour(odd_site):
    """Somebody else, who still plays after whatever the test did."""
    guest = odd_site.guest()
    with guest.play_socket() as line:
        line.send(type="start")
        run = line.receive("run")
        yield
        assert line.play(run, 4)["seq"] == run["seq"] + 4
    assert "Traceback" not in odd_site.output()


@pytest.mark.usefixtures("neighbour")
class TestOddFrames:
    def test_sixty_four_continuations_are_one_message(self, odd_site):
        odd = RawSocket(odd_site)
        text = b'{"type":"beat"}' + b" " * 49
        odd.frame(1, text[:1], fin=False)
        for at in range(1, 64):
            odd.frame(0, text[at : at + 1], fin=at == 63)
        odd.next("beat")

    def test_a_message_that_never_ends_is_closed(self, odd_site):
        odd = RawSocket(odd_site)
        odd.frame(1, b"x" * 30_000, fin=False)
        try:
            for _ in range(6):
                odd.frame(0, b"x" * 30_000, fin=False)
        except ConnectionError:
            pass
        assert odd.close_code() in (1009, 1002, 0)

    def test_text_that_is_not_utf8(self, odd_site):
        odd = RawSocket(odd_site)
        odd.frame(1, b'{"type":"\xff\xfe"}')
        assert odd.close_code() in (1007, 0)

    def test_binary(self, odd_site):
        odd = RawSocket(odd_site)
        odd.frame(2, b"\0\1\2")
        assert odd.next("error")["code"] == "bad_message"

    @pytest.mark.parametrize("size", [9_000, 60_000])
    def test_more_than_a_message_may_have(self, odd_site, size):
        odd = RawSocket(odd_site)
        odd.frame(1, b" " * size)
        assert odd.next("error")["code"] == "bad_message"

    def test_more_than_the_server_reads(self, odd_site):
        odd = RawSocket(odd_site)
        try:
            odd.frame(1, b" " * 1_000_000)
        except ConnectionError:
            pass
        assert odd.close_code() in (1009, 0)

    def test_a_length_that_nobody_has(self, odd_site):
        odd = RawSocket(odd_site)
        odd.frame(1, b"", length=1 << 62)
        assert odd.close_code() in (1009, 1002, 0)

    def test_a_frame_without_a_mask(self, odd_site):
        odd = RawSocket(odd_site)
        odd.frame(1, b'{"type":"beat"}', mask=False)
        assert odd.close_code() in (1002, 0)

    def test_an_opcode_that_means_nothing(self, odd_site):
        odd = RawSocket(odd_site)
        odd.frame(5, b"?")
        assert odd.close_code() in (1002, 0)

    @pytest.mark.parametrize(
        "text",
        [
            '{"a":' * 5000 + "1" + "}" * 5000,
            "[" * 5000 + "]" * 5000,
            '{"type":"watch","topic":"online","topic":' + "[" * 3000,
            '{"type":"beat","seen":' + "9" * 400 + "}",
            '{"type":"beat","seen":1e400}',
            '{"type":"watch","topic":"\\ud800"}',
        ],
        ids=["deep objects", "deep arrays", "deep value", "long number", "huge number", "lone surrogate"],
    )
    def test_json_that_tries_the_parser(self, odd_site, text):
        odd = RawSocket(odd_site)
        odd.frame(1, text.encode())
        assert odd.next("error")["code"] in ("bad_message", "unknown_topic")
        odd.say(type="beat")
        odd.next("beat")

    def test_of_two_equal_keys_the_last_counts(self, odd_site):
        odd = RawSocket(odd_site)
        odd.frame(1, b'{"type":"watch","topic":"nothing","topic":"online"}')
        assert odd.next("snapshot", "error")["type"] == "snapshot"

    def test_a_goodbye_with_an_odd_code(self, odd_site):
        RawSocket(odd_site).frame(8, struct.pack("!H", 999))

    def test_half_a_frame_and_gone(self, odd_site):
        odd = RawSocket(odd_site)
        odd.socket.sendall(b"\x81\xfe")
        odd.socket.close()


@SERVERS
def test_a_flood_gets_a_typed_error_and_then_the_door(tmp_path, server):
    with Site(tmp_path, server=server) as site:
        flooder, other = site.guest(), site.guest()
        with other.play_socket() as fine:
            fine.send(type="start")
            run = fine.receive("run")
            odd = RawSocket(site, flooder.cookies)
            odd.socket.settimeout(30)
            codes, count = [], 0
            try:
                while count < 20_000:
                    odd.say(type="unwatch", topic="x")
                    count += 1
            except OSError:
                pass
            while (frame := odd.read())[0] == 1:
                message = json.loads(frame[1])
                if message["type"] == "error":
                    codes.append((message["code"], message["retry_after_s"] > 0))
            assert codes == [("too_many", True)] * 10
            assert frame == (8, b"") or struct.unpack("!H", frame[1][:2])[0] in (1008, 4008)
            assert fine.play(run, 20)["seq"] == run["seq"] + 20
        # Another tab of the flooder finds the door closed, and says why.
        again = RawSocket(site, flooder.cookies)
        again.say(type="beat")
        assert again.next("error")["code"] == "too_many"


async def test_a_sign_out_reaches_open_sockets_after_redis_was_killed(tmp_path):
    with Site(tmp_path, REDIS_APPENDFSYNC="always") as site:
        guest = site.guest()
        watcher = Watcher(site, TOPIC, cookies=guest.cookies)
        async with watching([watcher]):
            site.kill("redis")
            await until(lambda: "redis was started again" in site.output())
            await asyncio.sleep(3)
            await asyncio.to_thread(play, guest)
            await asyncio.to_thread(
                guest.post, "/accounts/sign-up/", name=f"Member-{guest.id}", password="correct horse"
            )
            await until(lambda: watcher.closed, 5)
            assert watcher.closed[0] == 4401
