"""The doctor: all is well on a good site, and each illness is named with what mends it."""

import pytest
from django.core.management import CommandError, call_command

from accounts import keys as account_keys
from store import heartbeat
from store.client import client as redis
from store.client import run_sync
from store.keys import heartbeats

pytestmark = pytest.mark.django_db(transaction=True)


def examined(capsys) -> str:
    try:
        call_command("doctor")
    except CommandError as error:
        return capsys.readouterr().out + str(error)
    return capsys.readouterr().out


@pytest.fixture(autouse=True)
def good(settings):
    run_sync(heartbeat.beat("w1"))
    settings.DEBUG = True


async def do(*command: object) -> None:
    await redis().execute_command(*command)


def test_a_good_site_is_well(client, capsys):
    client.post("/play/fuse/")
    out = examined(capsys)
    assert "✗" not in out
    assert "All is well." in out
    for what in (
        "Redis version",
        "latency",
        "Eviction",
        "Append-only",
        "Clock",
        "Hash tags",
        "Worker",
        "SQL",
        "Static",
    ):
        assert what in out


@pytest.mark.parametrize(
    ("ill", "well", "words"),
    [
        (
            ("CONFIG", "SET", "maxmemory-policy", "allkeys-lru"),
            ("CONFIG", "SET", "maxmemory-policy", "noeviction"),
            "✗ Eviction",
        ),
        (("CONFIG", "SET", "appendonly", "no"), ("CONFIG", "SET", "appendonly", "yes"), "✗ Append-only"),
    ],
)
def test_an_ill_redis_is_named(capsys, ill, well, words):
    run_sync(do("CONFIG", "SET", *ill[2:]))
    try:
        assert words in examined(capsys)
    finally:
        run_sync(do("CONFIG", "SET", *well[2:]))


def test_a_session_that_never_ends_is_found(capsys):
    run_sync(do("HSET", account_keys.session("x" * 40), "a", "1"))
    out = examined(capsys)
    assert "✗ Keys that must end: 1 of" in out
    assert "1 finding needs mending." in out


def test_a_key_without_a_tag_is_found(capsys, prefix):
    run_sync(do("SET", f"{prefix}:odd", "1"))
    assert f"✗ Hash tags: 1 of 2 keys have none, such as {prefix}:odd" in examined(capsys)


def test_a_site_without_worker_or_static_files_is_ill(capsys, settings, tmp_path):
    run_sync(do("DEL", heartbeats()))
    settings.DEBUG, settings.STATIC_ROOT = False, tmp_path
    out = examined(capsys)
    assert "✗ Worker: none alive" in out
    assert "✗ Static files: run manage.py collectstatic" in out


def test_redis_away_is_named_and_the_rest_is_still_looked_at(capsys, settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    out = examined(capsys)
    assert "✗ Redis: no answer" in out
    assert "✓ SQL" in out
