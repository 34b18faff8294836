"""Whether two servers hold the same: fingerprints of keys, and a scratch server on a snapshot."""

import pytest

from operators.backup import snapshot
from operators.backup.fingerprint import counted_by_app, differing, fingerprints
from store.client import client, other, url

KINDS = {
    "string": (("set", "a"), ("set", "b")),
    "bits": (("setbit", 7, 1), ("setbit", 70_000, 1)),
    "hash": (("hset", "a", "1"), ("hset", "b", "1")),
    "set": (("sadd", "a"), ("sadd", "b")),
    "zset": (("zadd", {"a": 1.5}), ("zadd", {"a": 2.5})),
    "list": (("rpush", "a"), ("rpush", "b")),
    "stream": (("xadd", {"a": "1"}), ("xadd", {"a": "2"})),
    "hll": (("pfadd", "a"), ("pfadd", "b", "c")),
    "end": (("set", "a"), ("expire", 3600)),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_fingerprint_changes_with_its_value(prefix, kind):
    (first, *arguments), (second, *more) = KINDS[kind]
    name = f"{prefix}:tests:{{x}}:{kind}"
    connection = other(url(), 5)
    await getattr(client(), first)(name, *arguments)
    before, same = await fingerprints(connection), await fingerprints(connection)
    await getattr(client(), second)(name, *more)
    after = await fingerprints(connection)
    await connection.aclose()
    assert before == same != after
    assert list(after) == [name.encode()]
    assert differing(before, same, after) == ([name], 1)
    assert differing(before, after, before) == ([], 0)  # It changed meanwhile: that proves nothing.
    assert differing(before, before, {}) == ([name], 1)
    assert counted_by_app(after) == {"tests": 1}


async def test_a_scratch_server_holds_what_the_snapshot_held(prefix, tmp_path):
    for number in range(1, 501):
        await client().hset(f"{prefix}:tests:{{{number}}}:h", mapping={f"f{n}": n for n in range(number)})
        await client().sadd(f"{prefix}:tests:{{{number}}}:s", *range(number + 1))
    connection = other(url(), 5)
    before = await fingerprints(connection)
    snapshot.save(tmp_path / "redis.rdb")
    await client().delete(f"{prefix}:tests:{{7}}:h")
    after = await fingerprints(connection)
    await connection.aclose()
    with snapshot.scratch(tmp_path / "redis.rdb", tmp_path / "scratch") as address:
        held = other(address, 5)
        copy = await fingerprints(held)
        await held.srem(f"{prefix}:tests:{{8}}:s", 1)
        spoilt = await fingerprints(held)
        await held.aclose()
    assert len(before) == 1_000
    assert differing(before, after, copy) == ([], 999)
    assert differing(before, after, spoilt) == ([f"{prefix}:tests:{{8}}:s"], 999)
