"""Counts every request and socket, and gives each an id for its log lines. Plain ASGI."""

import contextvars
import re
import secrets
import time
from typing import Any

from live.observe import counters

request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")
_SANE = re.compile(rb"[A-Za-z0-9_-]{8,64}")


class Counted:
    """Wraps the whole application. A well-formed X-Request-ID of a proxy is used as the id. Answers carry the id."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        given = dict(scope.get("headers", ())).get(b"x-request-id", b"")
        name = given if _SANE.fullmatch(given) else secrets.token_hex(8).encode()
        request_id.set(name.decode())
        if scope["type"] == "http":
            await self._http(scope, receive, send, name)
        else:
            await self._socket(scope, receive, send)

    async def _http(self, scope: dict[str, Any], receive: Any, send: Any, name: bytes) -> None:
        started, status = time.perf_counter(), 0

        async def counted(message: dict[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", name)]
            await send(message)

        try:
            await self.application(scope, receive, counted)
        except Exception:
            status = 500
            raise
        finally:
            # No status: the client left before the answer.
            counters.count(f"http_{status // 100}xx" if status else "http_left")
            counters.request_seconds.observe(time.perf_counter() - started)

    async def _socket(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        counters.count("sockets_opened")
        try:
            await self.application(scope, receive, send)
        finally:
            counters.count("sockets_closed")
