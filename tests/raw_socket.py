"""A WebSocket client that can do everything wrong."""

import base64
import json
import os
import socket
import struct

from tests.stack import Site


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
