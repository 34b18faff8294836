"""Request bodies, received whole and within a bound before anything looks at them. Plain ASGI."""

from typing import Any

from django.utils.http import parse_header_parameters

BODY_BYTES_MAX = 1024 * 1024
#: A larger body is read up to here and discarded, because a client that is still sending would not read the answer.
READ_ON_MAX = 8 * BODY_BYTES_MAX
#: The scope of a request whose body is larger has this key: its page is a 413, and its body is empty.
TOO_LARGE = "gameapp.body_too_large"
#: The scope of a request whose Content-Type makes no sense has this key, and no such header: its page is a 415.
UNREADABLE = "gameapp.content_type_unreadable"


class BoundedBody:
    """Wraps the pages and receives bodies for them: a view that waits for a slow client would block its thread."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        if not _is_readable(headers.get(b"content-type", b"")):
            kept = [pair for pair in scope["headers"] if pair[0] != b"content-type"]
            scope = {**scope, "headers": kept, UNREADABLE: True}
        if b"content-length" not in headers and b"transfer-encoding" not in headers:
            return await self.application(scope, receive, send)
        # The server has checked that a length is all digits.
        far_too_large = int(headers.get(b"content-length") or 0) > READ_ON_MAX
        body = None if far_too_large else await _received(receive)
        if body is None:
            scope, body = {**scope, TOO_LARGE: True}, b""
        given: list[dict[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Any:
            return given.pop() if given else await receive()

        await self.application(scope, again, send)


def _is_readable(content_type: bytes) -> bool:
    """Whether Django can parse the header. It does so before any middleware, and does not handle errors."""
    try:
        parse_header_parameters(content_type.decode("latin-1"))
        return True
    except (ValueError, LookupError):
        return False


async def _received(receive: Any) -> bytes | None:
    """The whole body; None when it is too large. Empty when the client left before its end."""
    parts, size, more = [], 0, True
    while more and size <= READ_ON_MAX:
        message = await receive()
        if message["type"] != "http.request":
            return b""
        part = message.get("body", b"")
        size += len(part)
        more = message.get("more_body", False)
        if size <= BODY_BYTES_MAX:
            parts.append(part)
        else:
            parts.clear()
    return b"".join(parts) if size <= BODY_BYTES_MAX else None
