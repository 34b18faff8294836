"""What tests leave in Redis, for the look at all keys at their end."""

from store.client import sync
from store.keys import find


def unknown_or_endless(of: str = "test*") -> list[str]:
    """The keys of tests that no app declares, and those that should end and do not.

    Tests name keys of their own without an app, `test7:x`, or with the app `tests`.
    """
    found = []
    with sync() as connection:
        pipe, must_end = connection.pipeline(), []
        for name in connection.scan_iter(match=f"{of}:*:*", count=1_000):
            mine, app = name.split(":")[:2]
            known = None if app == "tests" else find(name, of=mine)
            if app != "tests" and known is None:
                found.append(name)
            elif known and known.key.ends:
                pipe.ttl(name)
                must_end.append(name)
        found += [name for name, ttl in zip(must_end, pipe.execute(), strict=True) if ttl == -1]
    return sorted(found)
