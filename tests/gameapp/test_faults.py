"""Real kills of real processes while runs come in: nothing is lost, nothing is counted twice."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from store.server import private
from tests.forks import Forks
from tests.prepared import give
from tests.stack import ROOT, clean_environment, wait_for

pytestmark = [pytest.mark.stack, pytest.mark.timeout(170)]

RUNS = 5_000
KILLS = 20

# Submits runs of 50 players, 100 at a time, and prints the ids of those that were accepted.
SUBMIT = """
import asyncio, sys, time
from accounts.models import Player
from leaderboard import boards
from leaderboard.boards import FinishedRun
from leaderboard.reports import Report
from store.client import StoreUnavailable, close

total, pause_s = int(sys.argv[1]), float(sys.argv[2])

async def main():
    players = []
    for n in range(50):
        player, _ = await Player.objects.aget_or_create(name=f"Player{n}")
        players.append(player)
    for start in range(0, total, 100):
        runs = [FinishedRun(f"run{n}", "fuse", players[n % 50].pk, players[n % 50].card, n * 37 % 9973, 0, "{}")
                for n in range(start, start + 100)]
        try:
            answers = await boards.submit_many(runs)
            print(*(a.run for a in answers if isinstance(a, Report)), flush=True)
        except StoreUnavailable:
            await asyncio.sleep(0.1)
        await asyncio.sleep(pause_s)
    await close()

asyncio.run(main())
"""


UNREAD = """
from leaderboard import keys
from store.client import client
from store.sync_loop import run_sync

async def unread():
    groups = await client().xinfo_groups(keys.runs("fuse"))
    for group in groups:
        if group["name"] == "history":
            after = "(" + group["last-delivered-id"]
            return group["pending"] + len(await client().xrange(keys.runs("fuse"), min=after))
    return -1

print(run_sync(unread()))
"""


class Arcade:
    """A data folder with its Redis and database, whose processes the test starts and kills itself."""

    def __init__(self, folder, **environment):
        self.folder = folder
        self.environment = clean_environment(DATA_DIR=str(folder), **environment)
        give(folder, clean_environment())
        self.redis = private.start(folder, private.die_with_parent)
        self.forks = Forks(self.environment)

    def end(self):
        self.forks.close()
        self.redis.terminate()
        self.redis.wait()

    def manage(self, *arguments):
        done = self.forks.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def shell(self, code):
        return self.manage("shell", "-v0", "-c", code).strip()

    def worker(self):
        return self.forks.start("worker", "--name", "w1")

    def submit(self, total, pause_s):
        script = (
            "import django, os; os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'gameapp.settings'); django.setup()"
        )
        return subprocess.Popen(
            [sys.executable, "-c", script + SUBMIT, str(total), str(pause_s)],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )

    def rows(self):
        return int(self.shell("from leaderboard.models import Run; print(Run.objects.count())"))

    def unread(self):
        """How many accepted runs the history has not written and acknowledged yet; -1 before it has begun."""
        return int(self.shell(UNREAD))


def test_twenty_killed_workers_write_five_thousand_runs_once_each(tmp_path):
    arcade = Arcade(tmp_path)
    submitting = arcade.submit(RUNS, pause_s=0.1)
    rng, killed, worker = random.Random(5), 0, arcade.worker()
    while killed < KILLS:
        time.sleep(rng.uniform(0.02, 0.6))  # Some are killed while they start, some in the middle of a batch.
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        killed += 1
        worker = arcade.worker()
    accepted = submitting.communicate(timeout=60)[0].split()
    assert len(accepted) == RUNS
    wait_for(lambda: arcade.rows() == RUNS, 40)
    wait_for(lambda: arcade.unread() == 0, 60)
    assert "No difference" in arcade.manage("rebuild_boards", "--check")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait() == 0  # Told to, it stops by itself.
    arcade.end()


@pytest.mark.parametrize("policy", ["everysec", "always"])
def test_a_killed_redis_has_every_run_that_it_acknowledged_or_says_how_many_are_lost(tmp_path, policy, settings):
    settings.REDIS_APPENDFSYNC = policy
    arcade = Arcade(tmp_path, REDIS_TIMEOUT_S="1")
    submitting = arcade.submit(3_000, pause_s=0.05)
    for _ in range(3):
        time.sleep(0.6)
        os.kill(arcade.redis.pid, signal.SIGKILL)
        arcade.redis.wait()
        arcade.redis = private.start(tmp_path, private.die_with_parent)
    accepted = set(submitting.communicate(timeout=60)[0].split())
    assert len(accepted) > 500
    worker = arcade.worker()
    wait_for(lambda: arcade.unread() == 0, 30)
    kept = set(
        arcade.shell("from leaderboard.models import Run; print(*Run.objects.values_list('id', flat=True))").split()
    )
    lost = accepted - kept
    print(f"{len(lost)} of {len(accepted)} acknowledged runs lost in three kills with appendfsync {policy}")
    # With everysec Redis puts its own write off, for up to two seconds, while an fsync is under way.
    assert not lost or policy == "everysec"
    assert "No difference" in arcade.manage("rebuild_boards", "--check")
    worker.send_signal(signal.SIGTERM)
    worker.wait()
    arcade.end()
