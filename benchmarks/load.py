"""A light load client: one asyncio protocol per socket that scans frames, on uvloop, in a process of its own.

A full client library would be the bottleneck: at 100,000 frames a second the benchmark would measure the client.
"""

import asyncio
import base64
import os
import re
import struct
import time
from array import array
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

AT = b'"at":'
SENT = re.compile(rb'"sent":(\d+)')


def masked(payload: bytes) -> bytes:
    """A client's text frame; the mask is zero, which the protocol allows and costs nothing."""
    size = len(payload)
    head = bytes([0x81, 0x80 | size]) if size < 126 else struct.pack("!BBH", 0x81, 0x80 | 126, size)
    return head + b"\0\0\0\0" + payload


def handshake(url: str, cookie: str = "") -> bytes:
    """The request that opens a WebSocket, from a page of the same site."""
    where = urlsplit(url)
    lines = [
        f"GET {where.path} HTTP/1.1",
        f"Host: {where.netloc}",
        f"Origin: http://{where.netloc}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
        *([f"Cookie: {cookie}"] if cookie else []),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Socket(asyncio.Protocol):
    """One socket: says `first` when it is open, answers beats, and gives every other frame to `received`."""

    def __init__(
        self, url: str, received: Callable[["Socket", bytes], None], first: Sequence[bytes] = (), cookie: str = ""
    ) -> None:
        self.url, self.received, self.first, self.cookie = url, received, first, cookie
        self.buffer = b""
        self.open = asyncio.get_running_loop().create_future()
        self.closed = False
        self.close_code = 0
        self.frames = 0
        self.upgraded = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.write(handshake(self.url, self.cookie))  # type: ignore[attr-defined]

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if not self.open.done():
            self.open.set_exception(ConnectionError(f"closed in the handshake: {self.buffer[:100]!r}"))

    def send(self, text: bytes) -> None:
        self.transport.write(masked(text))  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if self.buffer:
            data = self.buffer + data
        if not self.upgraded:
            head, found, rest = data.partition(b"\r\n\r\n")
            if not found:
                self.buffer = data
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.open.set_exception(ConnectionError(head.split(b"\r\n")[0].decode()))
                self.transport.close()
                return
            self.upgraded, data = True, rest
            for text in self.first:
                self.send(text)
            self.open.set_result(None)
        at, size = 0, len(data)
        while size - at >= 2:
            length, start = data[at + 1], at + 2
            if length == 126:
                if size - at < 4:
                    break
                length, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            elif length == 127:
                if size - at < 10:
                    break
                length, start = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
            if size - start < length:
                break
            self._frame(data[at] & 15, data[start : start + length])
            at = start + length
        self.buffer = data[at:]

    def _frame(self, opcode: int, payload: bytes) -> None:
        if opcode == 1:
            self.frames += 1
            if payload.startswith(b'{"type":"beat"'):
                return self.beaten(payload)
            self.received(self, payload)
        elif opcode == 9:
            self.transport.write(b"\x8a" + bytes([0x80 | len(payload)]) + b"\0\0\0\0" + payload)  # type: ignore[attr-defined]
        elif opcode == 8:
            self.close_code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
            self.transport.close()

    def beaten(self, payload: bytes) -> None:
        """Acknowledge a beat, as a browser does."""
        if sent := SENT.search(payload):
            self.send(b'{"type":"beat","seen":' + sent.group(1) + b"}")


class Latencies:
    """Milliseconds from the time in a frame (`"at"`, monotonic ns) to its arrival; `since_ns` leaves a warm-up out."""

    def __init__(self) -> None:
        self.ms = array("d")
        self.since_ns = 0
        self.counted = 0

    def received(self, _: Socket, payload: bytes) -> None:
        found = payload.find(AT)
        if found < 0:
            return
        at_ns = int(payload[found + 5 : payload.find(b",", found + 5)])
        if at_ns >= self.since_ns > 0:
            self.ms.append((time.monotonic_ns() - at_ns) / 1e6)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share (0 to 1) of them lies; infinite when there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("inf")


async def open_sockets(
    count: int, make: Callable[[], Socket], host: str, port: int, at_once: int = 100
) -> list[Socket]:
    """Open `count` sockets, at most `at_once` at a time."""
    loop = asyncio.get_running_loop()
    opened: list[Socket] = []
    while len(opened) < count:
        made = await asyncio.gather(
            *(loop.create_connection(make, host, port) for _ in range(min(at_once, count - len(opened))))
        )
        await asyncio.gather(*(socket.open for _, socket in made))
        opened += [socket for _, socket in made]
    return opened
