"""Rate limits: how often somebody may do something, counted where every process sees it.

Check and record are one script, so parallel callers never exceed a limit, and every key ends by itself.
"""

import math
import secrets
from dataclasses import dataclass

from django.conf import settings

from store import keys
from store.client import StoreUnavailable
from store.scripts import script

_fixed = script(__file__, "limit_fixed")
_sliding = script(__file__, "limit_sliding")


@dataclass(frozen=True, slots=True)
class Policy:
    """At most `limit` in `window_s`. A fixed window is cheap and lets twice as much through around its turn;
    a sliding one is exact and remembers each call. `opens_when_away`: what happens while Redis is away."""

    limit: int
    window_s: int
    sliding: bool = False
    opens_when_away: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a call may go on, how many more may now, and after how many seconds a refused one may."""

    allowed: bool
    limit: int
    remaining: int
    retry_after_s: int


async def take(name: str, who: str, *, cost: int = 1, now_ms: int | None = None) -> Decision:
    """Count a call of `who` under a policy of settings.RATE_LIMITS, if it has room.

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
