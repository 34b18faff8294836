"""Doors: where a rate limit lets somebody through or tells them when to come back."""

import hashlib

from django.conf import settings
from django.http import HttpRequest

from live.errors import GameError
from store import limits
from store.limits import Decision


class TooMany(GameError):
    """Too often; `decision` says after how many seconds it may be tried again."""

    code = "too_many"

    def __init__(self, decision: Decision) -> None:
        self.decision = decision
        super().__init__(f"That was too often. Try again in {_words(decision.retry_after_s)}.")


def _words(seconds: int) -> str:
    if seconds < 90:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    return f"{round(seconds / 60)} minutes"


async def enter(policy: str, who: str) -> None:
    """Count a call and let it through.

    Raises:
        TooMany: the limit is reached.
        StoreUnavailable: Redis is away and the policy stays closed then.
    """
    decision = await limits.take(policy, hashlib.sha256(who.encode()).hexdigest()[:32])
    if not decision.allowed:
        raise TooMany(decision)


def client_address(request: HttpRequest) -> str:
    """Where a request came from: the connection, or what the outermost of PROXY_COUNT trusted proxies saw.

    Each proxy appends the address that it was called from, so what is left of those is the caller's own claim.
    """
    seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if settings.PROXY_COUNT and len(seen) >= settings.PROXY_COUNT:
        return seen[-settings.PROXY_COUNT]
    return request.META.get("REMOTE_ADDR", "")
