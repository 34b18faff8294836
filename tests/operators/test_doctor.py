"""The doctor: all is well on a good site, and each illness is named with what mends it."""

import pytest
from django.core.management import CommandError, call_command

from accounts import keys as account_keys
from accounts.models import Player
from flags import flags
from games import ranking, runs
from games.game import find
from leaderboard import boards
from leaderboard.boards import FinishedRun
from leaderboard.known_boards import now_ms
from leaderboard.reading import windows
from leaderboard.seasons import closing
from presence import online
from store import heartbeat
from store.client import client as redis
from store.keys import heartbeats
from store.sync_loop import run_sync
from tests.worker import drain
from visitors import active_days, unique

pytestmark = pytest.mark.django_db(transaction=True)


def examined(capsys) -> str:
    try:
        call_command("doctor")
    except CommandError as error:
        return capsys.readouterr().out + str(error)
    return capsys.readouterr().out


async def live_a_little() -> None:
    """Leave the keys of a site in use: of runs, boards, seasons, coins, flags, presence, days."""
    player = await Player.objects.afirst()
    run = await runs.begin(find("fuse"), player.pk)
    for input in ("left", "down", "right", "up"):
        run = await runs.move(run, input) or run
    await ranking.rank(await runs.end(run), player.card)
    yesterday_ms = now_ms() - 24 * 60 * 60 * 1000
    await boards.submit(FinishedRun("old", "fuse", player.pk, player.card, 5, 0, "{}"), at_ms=yesterday_ms)
    await closing.close_ended()
    await windows.window("fuse", 7, 10)
    await drain()
    await active_days.mark(player.pk)
    await unique.saw("somebody")
    await online.renew(player.pk, "tab", player.card, visible=True)
    await flags.write_missing()


@pytest.fixture(autouse=True)
def good(settings):
    run_sync(heartbeat.beat("w1"))
    settings.DEBUG = True


async def do(*command: object) -> None:
    await redis().execute_command(*command)


def test_a_good_site_is_well(client, capsys):
    client.post("/play/fuse/")
    run_sync(live_a_little())
    out = examined(capsys)
    assert "✗" not in out
    assert "All is well." in out
    for what in (
        "Redis version",
        "latency",
        "Eviction",
        "Append-only",
        "Clock",
        "Keys",
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
    run_sync(do("DEL", account_keys.session("x" * 40)))
    assert "✗ Keys that must end: 1 of" in out
    assert "1 finding needs mending." in out


def test_a_key_that_nobody_declares_is_found(capsys, prefix):
    run_sync(do("SET", f"{prefix}:odd", "1"))
    assert f"✗ Keys: 1 of 2 are none of this version's, such as {prefix}:odd" in examined(capsys)


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
