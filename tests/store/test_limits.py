"""Rate limits against a model, in parallel, and while Redis is away."""

import asyncio

import pytest
from django.http import HttpRequest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from live.rate_limits import address, client_address
from store import keys
from store.client import StoreUnavailable, client, close
from store.limits import Policy, take

CALLS = st.lists(st.tuples(st.integers(0, 700), st.integers(1, 3)), max_size=40)


@pytest.fixture(autouse=True)
def policies(settings):
    settings.RATE_LIMITS = {
        "fixed": Policy(limit=5, window_s=2),
        "sliding": Policy(limit=5, window_s=2, sliding=True),
        "open": Policy(limit=5, window_s=2, opens_when_away=True),
    }


@given(CALLS)
@hypothesis_settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_sliding_window_agrees_with_a_list_of_calls(calls):
    asyncio.run(_compare(calls))


async def _compare(calls):
    await client().delete(keys.limit("sliding", "bob"))
    log, now_ms = [], 1_000_000
    for pause_ms, cost in calls:
        now_ms += pause_ms
        log = [at for at in log if at > now_ms - 2000]
        decision = await take("sliding", "bob", cost=cost, now_ms=now_ms)
        assert decision.allowed == (len(log) + cost <= 5)
        if decision.allowed:
            log += [now_ms] * cost
        else:
            free_ms = sorted(log)[len(log) + cost - 5 - 1] + 2000
            assert decision.retry_after_s == -(-(free_ms - now_ms) // 1000)
        assert decision.remaining == 5 - len(log)
    await close()


@pytest.mark.parametrize("name", ["fixed", "sliding"])
async def test_fifty_at_once_never_exceed_the_limit(name):
    decisions = await asyncio.gather(*(take(name, "bob") for _ in range(50)))
    assert sum(decision.allowed for decision in decisions) == 5
    assert all(0 < decision.retry_after_s <= 2 for decision in decisions if not decision.allowed)


@pytest.mark.parametrize("name", ["fixed", "sliding"])
async def test_every_key_ends_by_itself(name):
    await take(name, "bob")
    assert 0 < await client().pttl(keys.limit(name, "bob")) <= 2000


async def test_a_fixed_window_begins_anew(prefix):
    for _ in range(5):
        await take("fixed", "bob")
    assert not (await take("fixed", "bob")).allowed
    await client().delete(keys.limit("fixed", "bob"))  # What its end does.
    assert (await take("fixed", "bob")).remaining == 4


@pytest.mark.parametrize("name", ["fixed", "sliding"])
async def test_others_are_counted_apart(name):
    for _ in range(5):
        await take(name, "bob")
    assert (await take(name, "carol")).allowed


async def test_while_redis_is_away_a_door_is_as_its_policy_says(settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    await close()
    assert (await take("open", "bob")).allowed
    with pytest.raises(StoreUnavailable):
        await take("fixed", "bob")
    await close()


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [
        (0, "6.6.6.6", "127.0.0.1"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 10.0.0.1", "1.2.3.4"),
        (2, "1.2.3.4", "127.0.0.1"),
        (1, "", "127.0.0.1"),
    ],
)
def test_an_address_comes_only_from_our_own_proxies(settings, proxies, header, address):
    settings.PROXY_COUNT = proxies
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": "127.0.0.1"} | ({"HTTP_X_FORWARDED_FOR": header} if header else {})
    assert client_address(request) == address


@pytest.mark.parametrize(
    ("proxies", "header", "expected"),
    [
        (0, "198.51.100.9", "203.0.113.7"),
        (1, "", "203.0.113.7"),
        (1, "198.51.100.9", "198.51.100.9"),
        (1, "10.0.0.1, 198.51.100.9", "198.51.100.9"),
        (2, "6.6.6.6, 198.51.100.9, 10.0.0.1", "198.51.100.9"),
        (2, "198.51.100.9", "203.0.113.7"),
        (1, "198.51.100.9:4711", "198.51.100.9"),
        (1, "[2001:db8::1]:443", "2001:db8::/64"),
        (1, "2001:db8:0:0:5::1", "2001:db8::/64"),
        (1, "::ffff:198.51.100.9", "198.51.100.9"),
        (1, "fe80::1%eth0", "fe80::/64"),
        (1, "unknown", "203.0.113.7"),
        (1, "1.2.3.4.5", "203.0.113.7"),
        (1, "198.51.100.9,,", "198.51.100.9"),
    ],
)
def test_the_address_that_the_outermost_trusted_proxy_saw(settings, proxies, header, expected):
    settings.PROXY_COUNT = proxies
    assert address({"X-Forwarded-For": header}, "203.0.113.7") == expected
