"""Rate limits for requests, handshakes and messages. A refusal says when to try again."""

import ipaddress
from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import ngettext

from live.errors import GameError
from live.observe import counters
from store import limits
from store.client import StoreUnavailable
from store.limits import Decision
from store.together import sharing

#: After how many seconds an address with too many open sockets may try again.
OPEN_RETRY_S = 30


class TooMany(GameError):
    """A rate limit was reached. `decision` says after how many seconds to retry."""

    code = "too_many"

    def __init__(self, decision: Decision) -> None:
        self.decision = decision
        super().__init__()

    def __str__(self) -> str:
        return _wait_words(self.decision.retry_after_s)

    @property
    def headers(self) -> dict[str, str]:
        """The HTTP headers that programs read."""
        wait_s = str(self.decision.retry_after_s)
        return {
            "Retry-After": wait_s,
            "RateLimit-Limit": str(self.decision.limit),
            "RateLimit-Remaining": str(self.decision.remaining),
            "RateLimit-Reset": wait_s,
        }


def _wait_words(seconds: int) -> str:
    if seconds < 90:
        words = ngettext(
            "That was too often. Try again in {count} second.",
            "That was too often. Try again in {count} seconds.",
            seconds,
        )
        return words.format(count=seconds)
    minutes = round(seconds / 60)
    words = ngettext(
        "That was too often. Try again in {count} minute.", "That was too often. Try again in {count} minutes.", minutes
    )
    return words.format(count=minutes)


async def enter(policy: str, who: str) -> None:
    """Count a call against a rate limit.

    Raises:
        TooMany: the limit is reached.
        StoreUnavailable: Redis is away and the policy stays closed then.
    """
    decision = await limits.take(policy, who)
    if not decision.allowed:
        counters.count(f"refused_{policy}")
    pass_or_refuse(decision)


def pass_or_refuse(decision: Decision | None) -> None:
    """Raises TooMany when a limit refused."""
    if decision is not None and not decision.allowed:
        raise TooMany(decision)


def client_address(request: HttpRequest) -> str:
    """Where a request came from; see `address`."""
    return address(request.headers, request.META.get("REMOTE_ADDR", ""))


def socket_address(scope: Mapping[str, Any]) -> str:
    """Where a socket came from; see `address`."""
    forwarded = [value.decode("latin1") for name, value in scope.get("headers", []) if name == b"x-forwarded-for"]
    return address({"X-Forwarded-For": ",".join(forwarded)}, (scope.get("client") or [""])[0])


def address(headers: Mapping[str, str], peer: str) -> str:
    """The peer's address, or the address that the outermost of PROXY_COUNT trusted proxies saw.

    Each proxy appends the address that called it. Anything further left in the header is only the caller's claim.
    """
    seen = [part.strip() for part in headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if settings.PROXY_COUNT and len(seen) >= settings.PROXY_COUNT:
        return place(seen[-settings.PROXY_COUNT]) or place(peer)
    return place(peer)


def place(text: str) -> str:
    """The address in a text such as `203.0.113.7`, `203.0.113.7:4711` or `[2001:db8::1]:443`; empty when it has none.

    An IPv6 address becomes its /64 network, because whoever has one address of it usually has all.
    """
    bare = text.partition("]")[0][1:] if text.startswith("[") else text
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    mapped = parsed.ipv4_mapped
    return str(mapped or ipaddress.ip_network((parsed, 64), strict=False))


class HandshakeLimit:
    """Answers 429 to an address that opens sockets far too often or holds far too many open, before any look-up for it.
    Each process counts only its own open sockets."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        address = socket_address(scope)
        try:
            with sharing():
                await enter("handshake_address", address)
            if self._open[address] >= settings.ADDRESS_CONNECTIONS_MAX:
                counters.count("refused_sockets_open")
                raise TooMany(Decision(False, settings.ADDRESS_CONNECTIONS_MAX, 0, OPEN_RETRY_S))
        except TooMany as error:
            return await _too_many(scope, send, error)
        except StoreUnavailable:
            return await deny(send)
        self._open[address] += 1
        try:
            return await self.application(scope, receive, send)
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]


async def deny(send: Any) -> None:
    """Refuse a handshake, with 403. The stock denier is a consumer, and asks Redis for a channel first."""
    await send({"type": "websocket.close"})


async def _too_many(scope: dict[str, Any], send: Any, error: TooMany) -> None:
    if "websocket.http.response" not in scope.get("extensions", {}):
        return await deny(send)
    headers = {"Content-Type": "text/plain; charset=utf-8", **error.headers}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "websocket.http.response.start", "status": 429, "headers": raw})
    await send({"type": "websocket.http.response.body", "body": str(error).encode()})
