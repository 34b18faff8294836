"""What one client may cost the web server: heads, bodies and frames without end, connections that never finish.

The deadlines run in a real server with short ones; the rest against the arcade's own web process.
"""

import asyncio
import contextlib
import struct

import pytest
import uvicorn

from gameapp.launch.serve_uvicorn import config, listen
from live.servers import http_protocol
from live.servers.bodies import BODY_BYTES_MAX, BoundedBody
from live.servers.uvicorn_protocol import SharedFrameProtocol

HOST = "Host: localhost\r\n"


#: An application at `/busy` takes nothing before this.
taken = asyncio.Event()


async def hello(scope, receive, send):
    """An application that takes whatever comes and says how many bytes that was."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        if scope["path"] == "/closed":
            await send({"type": "websocket.close", "code": 1008, "reason": "too many"})
        if scope["path"] == "/busy":
            await taken.wait()
        while (await receive())["type"] != "websocket.disconnect":
            pass
        return
    message = await receive()
    status = 413 if "gameapp.body_too_large" in scope else 200
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": str(len(message.get("body", b""))).encode()})


@pytest.fixture
async def port(monkeypatch):
    """A server with deadlines of a moment, in the test's own loop."""
    monkeypatch.setattr(http_protocol, "HEAD_S", 0.2)
    monkeypatch.setattr(http_protocol, "BODY_S", 0.2)
    http_protocol.open_by_address.clear()
    made = config(BoundedBody(hello))
    server, listener = uvicorn.Server(made), listen("127.0.0.1", 0)
    server.capture_signals = contextlib.nullcontext
    running = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    yield listener.getsockname()[1]
    server.should_exit = True
    await running


async def said(port: int, *parts: bytes, wait: bool = True) -> bytes:
    """What the server answers until it closes; the parts are sent as far as it reads them."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(10):
            return await reader.read() if wait else b""
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GE",
        b"GET / HTTP/1.1\r\nHost: loc",
        f"GET / HTTP/1.1\r\n{HOST}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-".encode(),
        f"POST / HTTP/1.1\r\n{HOST}Content-Length: 100\r\n\r\nhalf of it".encode(),
        f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nhal".encode(),
    ],
    ids=["nothing", "half a line", "half a head", "half a handshake", "half a body", "half a chunk"],
)
async def test_what_never_finishes_is_ended(port, begun):
    assert await said(port, begun) == b""
    assert not http_protocol.open_by_address


async def test_one_connection_serves_request_after_request(port):
    once = f"GET / HTTP/1.1\r\n{HOST}\r\n".encode()
    answer = await said(port, once, once, f"GET / HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n".encode())
    assert answer.count(b"200 OK") == 3


@pytest.mark.parametrize(
    "parts",
    [
        [b"GET / HTTP/1.1\r\nX: " + b"a" * 40_000],
        [b"GET / HTTP/1.1\r\n", *[f"X{n}: {'a' * 100}\r\n".encode() for n in range(400)]],
        [b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\n"],
        [b"GET /?", *[b"a" * 1000] * 40],
    ],
    ids=["one long header", "many headers", "a long address", "an address in pieces"],
)
async def test_a_head_without_end_is_refused_at_32_kib(port, parts):
    assert b"431" in await said(port, *parts) or not http_protocol.open_by_address


async def test_a_head_just_below_it_is_read(port):
    head = f"GET / HTTP/1.1\r\n{HOST}Connection: close\r\nX: ".encode()
    for cut in (1, 10_000, len(head)):
        text = head + b"a" * (http_protocol.HEAD_BYTES_MAX - len(head) - 4) + b"\r\n\r\n"
        assert b"200 OK" in await said(port, text[:cut], text[cut:])


@pytest.mark.parametrize(("size", "status"), [(0, b"200"), (BODY_BYTES_MAX, b"200"), (BODY_BYTES_MAX + 1, b"413")])
@pytest.mark.parametrize("chunked", [True, False])
async def test_a_body_of_more_than_a_mebibyte_is_refused_as_it_comes(port, monkeypatch, size, status, chunked):
    monkeypatch.setattr(http_protocol, "BODY_S", 10)
    head = f"POST / HTTP/1.1\r\n{HOST}Connection: close\r\n"
    if chunked:
        body = [f"{size:x}\r\n".encode(), b"a" * size, b"\r\n0\r\n\r\n"] if size else [b"0\r\n\r\n"]
        parts = [f"{head}Transfer-Encoding: chunked\r\n\r\n".encode(), *body]
    else:
        parts = [f"{head}Content-Length: {size}\r\n\r\n".encode(), b"a" * size]
    answer = await said(port, *parts)
    assert status in answer or (status == b"413" and answer == b"")
    if status == b"200":
        assert f"\r\n{size}\r\n".encode() in answer


async def test_a_gigabyte_is_refused_before_any_of_it_is_there(port):
    assert b"413" in await said(port, f"POST / HTTP/1.1\r\n{HOST}Content-Length: {10**9}\r\n\r\n".encode())


async def test_an_address_holds_so_many_connections_and_gets_them_back(port, settings, monkeypatch):
    settings.ADDRESS_CONNECTIONS_MAX = 3
    monkeypatch.setattr(http_protocol, "HEAD_S", 10)
    held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
    for _, writer in held:
        writer.write(b"GET ")
    while http_protocol.open_by_address["127.0.0.1"] < 3:
        await asyncio.sleep(0.01)
    once = f"GET / HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n".encode()
    assert await said(port, once) == b""
    held[0][1].close()
    while http_protocol.open_by_address["127.0.0.1"] == 3:
        await asyncio.sleep(0.01)
    assert b"200 OK" in await said(port, once)
    settings.PROXY_COUNT = 1  # Behind a proxy all of them are the proxy's, and none is counted.
    assert b"200 OK" in await said(port, once)
    for _, writer in held:
        writer.close()


async def test_the_process_never_runs_out_of_files(port, monkeypatch, caplog):
    monkeypatch.setattr(http_protocol.BoundedHttpProtocol, "connections_max", 2)
    http_protocol._told_at.clear()
    held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
    for _, writer in held:
        writer.write(b"GET ")
    await asyncio.sleep(0.05)
    for _ in range(5):
        assert await said(port, b"GET / HTTP/1.1\r\n") == b""
    assert len([record for record in caplog.records if "all that there are files for" in record.message]) == 1
    for _, writer in held:
        writer.close()


HANDSHAKE = (
    f"GET / HTTP/1.1\r\n{HOST}Upgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
).encode()


def frame(opcode: int, payload: bytes = b"", fin: bool = True) -> bytes:
    head = bytes([(0x80 if fin else 0) | opcode])
    size = bytes([0x80 | len(payload)]) if len(payload) < 126 else bytes([0xFE]) + struct.pack("!H", len(payload))
    return head + size + b"\0\0\0\0" + payload


@pytest.mark.parametrize(
    "flood",
    [
        [frame(9)] * 5_000,
        [frame(10)] * 5_000,
        [frame(1, b"x", fin=False), *[frame(0, fin=False)] * 5_000],
        [frame(2, b"x")] * 5_000,
        [frame(1, b"x" * 60_000)] * 100,
    ],
    ids=["pings", "pongs", "empty continuations", "binary", "bytes"],
)
async def test_whoever_floods_a_socket_loses_it_whatever_with(port, flood):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HANDSHAKE)
    assert b"101" in await reader.readuntil(b"\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        writer.write(b"".join(flood))
        async with asyncio.timeout(10):
            while await reader.read(65536):
                await writer.drain()
    writer.close()
    while http_protocol.open_by_address:
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("path", ["closed", "busy"])
async def test_a_flood_of_messages_is_parsed_no_faster_than_they_are_taken(port, monkeypatch, path):
    taken.clear()
    parsed, handle = [], SharedFrameProtocol.handle_events
    monkeypatch.setattr(SharedFrameProtocol, "handle_events", lambda self: parsed.append(1) or handle(self))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HANDSHAKE.replace(b"GET /", f"GET /{path}".encode()))
    await reader.readuntil(b"\r\n\r\n")
    writer.write(frame(1, b"x") * 100_000)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.3):
            await reader.read()
    assert len(parsed) < 10  # Of 170 slices.
    taken.set()
    writer.close()


async def test_every_message_of_a_flood_comes_in_its_turn_to_who_takes_them(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HANDSHAKE)
    await reader.readuntil(b"\r\n\r\n")
    writer.write(frame(1, b"x") * 20_000 + frame(8, struct.pack("!H", 1000)))
    assert await reader.read() == b"\x88\x02" + struct.pack("!H", 1000)  # Its close came behind all of them.
    writer.close()


async def test_what_comes_before_the_handshake_is_answered_is_no_way_around(port):
    assert await said(port, HANDSHAKE, frame(1, b"x") * 250_000, wait=False) == b""
    while http_protocol.open_by_address:
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "begun",
    [b"0\r\nX-A: ", b"0\r\n" + b"X-A: a\r\n" * 20, b"1;x="],
    ids=["a trailer without end", "trailers without end", "an extension without end"],
)
async def test_what_is_no_body_does_not_pile_up_behind_one(port, monkeypatch, begun):
    monkeypatch.setattr(http_protocol, "BODY_S", 10)
    received, receive = [], http_protocol.BoundedHttpProtocol._body_fits
    monkeypatch.setattr(
        http_protocol.BoundedHttpProtocol,
        "_body_fits",
        lambda self, data: received.append(len(data)) or receive(self, data),
    )
    head = f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n".encode()
    more = begun if begun.endswith(b"\r\n") else b"a" * 150
    assert await said(port, head + begun, *[more.removeprefix(b"0\r\n") * 300] * 100) == b""
    assert sum(received) < 1_000_000
    assert not http_protocol.open_by_address


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ((b"GET /", b"POST /"), b"HTTP/1.1 4"),
        ((b"\r\n\r\n", b"\r\nX-A: " + b"a" * 9_000 + b"\r\n\r\n"), b"431"),
        ((b"\r\n\r\n", b"\r\n" + b"X-A: a\r\n" * 300 + b"\r\n"), b"431"),
        ((b"Version: 13", b"Version: 12"), b"400"),
    ],
    ids=["a form", "a long header", "many headers", "an old version"],
)
async def test_what_is_no_handshake_is_answered(port, changed, status):
    assert status in await said(port, HANDSHAKE.replace(*changed, 1))
    assert not http_protocol.open_by_address
