"""Formatters and filters for log records. LOGGING in the settings refers to them."""

import json
import logging
import time
import traceback
from collections import OrderedDict

from live.observe import counters
from live.observe.requests import request_id


class RequestId(logging.Filter):
    """Gives each log record the id of the request or socket that it belongs to, and keeps the last errors."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get() or "-"
        if record.levelno >= logging.ERROR:
            counters.count("errors")
            counters.errors.append(f"{record.name}: {record.getMessage()}"[:200])
        return True


class NoRepeats(logging.Filter):
    """Drops repetitions of a line for a minute, so that lasting trouble or an insistent client cannot fill the log."""

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
    """The exception of a record and where it was raised, so that another exception counts as another line."""
    if not record.exc_info or record.exc_info[0] is None:
        return ""
    at = traceback.extract_tb(record.exc_info[2], limit=-1)
    return f"{record.exc_info[0].__qualname__} {at[0].filename}:{at[0].lineno}" if at else ""


class NoHealthChecks(logging.Filter):
    """Drops the records of health checks answered with 503: these are expected, and `health` logs changes."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(getattr(record, "request", None), "path", "") not in ("/readyz", "/livez", "/metrics")


class NoTraceback(logging.Filter):
    """Removes the traceback from records under `django.security`, since any stranger's request can cause them."""

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
