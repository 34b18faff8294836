"""Rate limits, counted in Redis for all processes together.

One script checks and counts a call, so parallel callers never exceed a limit. Every key expires.
"""

import math
import secrets
import time
from dataclasses import dataclass, replace

from django.conf import settings

from store import keys
from store.client import StoreUnavailable
from store.scripts import script

_fixed = script(__file__, "limit_fixed")
_sliding = script(__file__, "limit_sliding")


@dataclass(frozen=True, slots=True)
class Policy:
    """At most `limit` in `window_s`. A fixed window is cheap, but allows up to twice the limit around its end.
    A sliding window is exact, but stores each call. `opens_when_away`: allow calls while Redis is away."""

    limit: int
    window_s: int
    sliding: bool = False
    opens_when_away: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a call is allowed, how much of the limit remains, and after how many seconds to retry a refused call."""

    allowed: bool
    limit: int
    remaining: int
    retry_after_s: int


async def take(name: str, who: str, *, cost: int = 1, now_ms: int | None = None) -> Decision:
    """Count a call of `who` under a policy of settings.RATE_LIMITS, unless the limit is reached.

    Raises:
        StoreUnavailable: Redis is away and the policy stays closed then.

    Redis: lua/limit_fixed.lua or lua/limit_sliding.lua, one round trip.
    """
    policy: Policy = settings.RATE_LIMITS[name]
    window_ms = policy.window_s * 1000
    try:
        if policy.sliding:
            now = "" if now_ms is None else now_ms
            args = [policy.limit, window_ms, cost, now, secrets.token_hex(8)]
            allowed, remaining, wait_ms = await _sliding([keys.limit(name, who)], args)
        else:
            allowed, remaining, wait_ms = await _fixed([keys.limit(name, who)], [policy.limit, window_ms, cost])
    except StoreUnavailable:
        if policy.opens_when_away:
            return Decision(True, policy.limit, policy.limit, 0)
        raise
    return Decision(bool(allowed), policy.limit, remaining, 0 if allowed else math.ceil(wait_ms / 1000))


class Allowance:
    """A share of a limit, reserved in advance so that most calls need no round trip. One per connection.

    The limit is never exceeded: a reserved share counts at once, for every process. Shares start small and
    double, so that connections that send little leave the rest of the limit to others.
    """

    SHARE_MIN, SHARE_MAX = 8, 128

    def __init__(self, name: str, who: str) -> None:
        self.name, self.who = name, who
        self._share = self.SHARE_MIN
        self._left = 0
        self._good_until = 0.0
        self._refused: Decision | None = None
        self._refused_until = 0.0

    def spend(self, cost: int = 1) -> bool:
        """Use the reserved share. False when it is not enough: then call `take`."""
        if self._left < cost or time.monotonic() > self._good_until:
            return False
        self._left -= cost
        return True

    async def take(self, cost: int = 1) -> Decision | None:
        """Use the reserved share, or reserve another. Returns the decision when it is refused, else None.

        Raises:
            StoreUnavailable: Redis is away and the policy stays closed then.
        """
        if self.spend(cost):
            return None
        now = time.monotonic()
        if self._refused is not None and now < self._refused_until:
            return replace(self._refused, retry_after_s=math.ceil(self._refused_until - now))
        if now > self._good_until:
            self._left = 0  # It was reserved in a window that has ended.
        self._refused = await self._take_share(cost)
        if self._refused is not None:
            self._refused_until = now + self._refused.retry_after_s
            return self._refused
        policy: Policy = settings.RATE_LIMITS[self.name]
        self._good_until = now + policy.window_s
        self._left -= cost
        return None

    async def _take_share(self, cost: int) -> Decision | None:
        """Reserve the next share, or else only the cost of this call. Returns the refusal when both fail."""
        for share in (max(self._share, cost), cost):
            decision = await take(self.name, self.who, cost=share)
            if decision.allowed:
                self._left += share
                self._share = min(2 * self._share, self.SHARE_MAX)
                return None
        return decision
