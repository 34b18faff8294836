"""Odd frames and floods at real servers: who sends them is answered or closed, and nobody else notices."""

import json
import struct

import pytest

from tests.raw_socket import RawSocket
from tests.stack import Site

pytestmark = [pytest.mark.stack, pytest.mark.timeout(170)]


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


def test_a_flood_gets_a_typed_error_and_then_the_door(odd_site):
    site = odd_site
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
