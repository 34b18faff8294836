"""Counts every request and socket at the edge, and gives each a name that its log lines carry. Plain ASGI."""

import contextvars
import json
import logging
import re
import secrets
import time
import traceback
from collections import OrderedDict
from typing import Any

from live.observe import counters

request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")
_SANE = re.compile(rb"[A-Za-z0-9_-]{8,64}")


class Counted:
    """Around the whole application. A proxy's X-Request-ID is taken up when it is a sane one, and given back."""

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
            # Without an answer: whoever asked had left before it.
            counters.count(f"http_{status // 100}xx" if status else "http_left")
            counters.count("http_ms", round(1000 * (time.perf_counter() - started)))

    async def _socket(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        counters.count("sockets_opened")
        try:
            await self.application(scope, receive, send)
        finally:
            counters.count("sockets_closed")


class RequestId(logging.Filter):
    """Gives each log record the id of the request or socket that it belongs to, and keeps the last errors."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get() or "-"
        if record.levelno >= logging.ERROR:
            counters.count("errors")
            counters.errors.append(f"{record.name}: {record.getMessage()}"[:200])
        return True


class NoRepeats(logging.Filter):
    """Passes the same line over for a minute: trouble that lasts, or a stranger who insists, must not fill the log."""

    EVERY_S, KEPT_MAX = 60.0, 500

    def __init__(self) -> None:
        super().__init__()
        self._said: OrderedDict[tuple[str, str, str], tuple[float, int]] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        line = record.name, record.getMessage(), _raised(record)
        now = time.monotonic()
        at, passed_over = self._said.pop(line, (-self.EVERY_S, 0))
        if now - at < self.EVERY_S:
            self._said[line] = at, passed_over + 1
            return False
        self._said[line] = now, 0
        if len(self._said) > self.KEPT_MAX:
            self._said.popitem(last=False)
        if passed_over:
            record.msg, record.args = f"{line[1]} (and {passed_over} times more since)", ()
        return True


def _raised(record: logging.LogRecord) -> str:
    """Which exception a record tells of, and where it was raised: another one is another line."""
    if not record.exc_info or record.exc_info[0] is None:
        return ""
    at = traceback.extract_tb(record.exc_info[2], limit=-1)
    return f"{record.exc_info[0].__qualname__} {at[0].filename}:{at[0].lineno}" if at else ""


class NoHealthChecks(logging.Filter):
    """Passes over that a health check was answered with 503: that is what it is for, and `health` tells of changes."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(getattr(record, "request", None), "path", "") not in ("/readyz", "/livez", "/metrics")


class NoTraceback(logging.Filter):
    """Makes a line of what a stranger's request provoked: all that Django logs under `django.security`."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security"):
            record.exc_info = record.exc_text = None
        return True


class JsonFormatter(logging.Formatter):
    """A log line as one JSON object: time (UTC), level, logger, message, request id, and the traceback if any."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", "-"),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
