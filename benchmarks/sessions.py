"""Sessions beside Django's own backends on the same machine: `cache` (on the same Redis) and `db`.

Measures loads and saves per second with one writer and with two at once, bytes per session, and how many fields
are lost when two writers add to one session.
"""

import argparse
import functools
import statistics
import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from rich.progress import track

from benchmarks import stage
from benchmarks.report import Target, show

BACKENDS = {
    "gameapp": "accounts.sessions.engine",
    "cache": "django.contrib.sessions.backends.cache",
    "db": "django.contrib.sessions.backends.db",
}
# What a signed-in player's session holds.
DATA = {
    "_auth_user_id": "4711",
    "_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
    "_auth_user_hash": "c2b1a7" * 10,
    "device": "Firefox on Linux",
}
ROUNDS = 5
FIELDS = 150


def engine(name: str) -> Any:
    return import_module(BACKENDS[name]).SessionStore


def new_session(name: str) -> str:
    session = engine(name)()
    session.update(DATA)
    session.save()
    return session.session_key


def load_and_save(name: str, key: str, number: int) -> None:
    session = engine(name)(key)
    session["number"] = number
    session.save()


def rate(name: str, n: int, writers: int) -> float:
    """Loads and saves per second of `writers` threads, each with its own sessions."""
    from django.db import connection

    keys = [[new_session(name) for _ in range(50)] for _ in range(writers)]

    def write(own: list[str]) -> None:
        for number in range(n // writers):
            load_and_save(name, own[number % len(own)], number)
        connection.close()

    return n / elapsed([functools.partial(write, own) for own in keys])


def lost_fields(name: str) -> int:
    """How many fields are missing after two writers have each added their own to one session."""
    from django.db import connection

    key = new_session(name)

    def write(writer: str) -> None:
        for number in range(FIELDS):
            session = engine(name)(key)
            session[f"{writer}{number}"] = number
            session.save()
        connection.close()

    elapsed([lambda: write("a"), lambda: write("b")])
    kept = engine(name)(key).load()
    return sum(f"{writer}{number}" not in kept for writer in "ab" for number in range(FIELDS))


def elapsed(calls: list[Callable[[], None]]) -> float:
    threads = [threading.Thread(target=call) for call in calls]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started


def bytes_of(name: str) -> float:
    """What a session takes: MEMORY USAGE of its key, or the length of its row."""
    from django.conf import settings

    from accounts.keys import session as key_of
    from accounts.sessions.engine import session_name
    from store.client import sync

    key = new_session(name)
    if name == "db":
        from django.contrib.sessions.models import Session

        row = Session.objects.get(pk=key)
        return len(row.session_key) + len(row.session_data) + 8
    with sync() as connection:
        found = key_of(session_name(key))
        if name == "cache":
            [found] = connection.keys(f"{settings.CACHES['default']['KEY_PREFIX']}*{key}")
        return connection.memory_usage(found, samples=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=4_000, help="loads and saves a round (default: 4,000)")
    parser.add_argument("--json", action="store_true", help="end with one line for programs")
    options = parser.parse_args()
    with stage.prepare(), stage.redis():
        rows = measure(options.n)
    by_case = {row["case"]: row for row in rows}
    ratio = statistics.median(
        own / cache for own, cache in zip(by_case["gameapp"]["rates"], by_case["cache"]["rates"], strict=True)
    )
    targets = [
        Target("two writers, against the cache backend in the same round", ratio, 1.0, ratio >= 1.0),
        Target("lost fields", by_case["gameapp"]["lost"], 0, by_case["gameapp"]["lost"] == 0),
    ]
    for row in rows:
        del row["rates"]
    show("sessions", options.n, rows, targets, ("django", "redis"), options.json)


def measure(n: int) -> list[dict]:
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from store.client import url

    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": url(),
            "KEY_PREFIX": "bench-cache",
        }
    }
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        # The tables of `django.contrib.sessions` are there; a row a session is all that the backend needs.
        cursor.execute("DELETE FROM django_session")
    one: dict[str, list[float]] = {name: [] for name in BACKENDS}
    two: dict[str, list[float]] = {name: [] for name in BACKENDS}
    for _ in track(range(ROUNDS), description="rounds", transient=True):
        for name in BACKENDS:
            # The database is some tens of times slower: fewer are enough.
            count = n if name != "db" else n // 8
            one[name].append(rate(name, count, 1))
            two[name].append(rate(name, count, 2))
    return [
        {
            "case": name,
            "1 writer /s": statistics.median(one[name]),
            "2 writers /s": statistics.median(two[name]),
            "bytes": float(bytes_of(name)),
            "lost": lost_fields(name),
            "rates": two[name],
        }
        for name in BACKENDS
    ]


if __name__ == "__main__":
    main()
