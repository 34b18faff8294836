"""On every topic: a snapshot plus its diffs equals a fresh snapshot."""

import random

import pytest

from accounts.cards import Card
from accounts.models import Player
from leaderboard import boards, keys
from leaderboard.stream import feed
from leaderboard.stream.feed import Line
from live import topics
from live.protocol import Diff, Lines
from live.topics import apply, apply_lines
from presence import online

STEPS = 80


async def play(rng, finished):
    await boards.submit(finished(Player(pk=rng.randint(1, 70), name="P"), rng.randint(0, 300)))


async def tell(rng, finished):
    await feed.append(
        Line("best", "fuse", 0, player=rng.randint(1, 9), points=rng.randint(1, 99)),
        told=keys.feed_told(f"{rng.random()}"),
    )


async def rename(rng, finished):
    await boards.update_card(["fuse"], rng.randint(1, 70), Card(f"name{rng.randint(0, 9)}"))


async def remove(rng, finished):
    await boards.remove_players("fuse", [rng.randint(1, 70)])


async def come(rng, finished):
    await online.renew(rng.randint(1, 30), "tab", Card("P"), now_ms=None)


async def go(rng, finished):
    await online.renew(rng.randint(1, 30), "tab", Card("P"), now_ms=0)


CHANGES = [tell, play, play, play, rename, remove, come, come, go]
NAMES = ["board:fuse:day", "board:fuse:week", "board:fuse:month", "board:fuse:all", "online", "feed", "dashboard"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", NAMES)
async def test_a_snapshot_plus_its_diffs_equals_a_fresh_snapshot(name, finished):
    rng = random.Random(name)
    topic = topics.find(name)
    kept = await topic.snapshot()
    last, changes = kept, 0
    for _ in range(STEPS):
        await rng.choice(CHANGES)(rng, finished)
        new = await topic.snapshot()
        message = topic.change(1, last, new)
        if isinstance(message, Diff):
            kept = apply(kept, message.set, message.drop)
        elif isinstance(message, Lines):
            kept = apply_lines(kept, message)
        changes += message is not None
        last = new
        assert kept == new
        assert list(kept) == list(new) or isinstance(message, Diff | None)
    assert changes > 3
    assert kept.keys() == (await topics.find(name).snapshot()).keys()


def test_every_declared_kind_is_tested_here():
    assert {name.partition(":")[0] for name in NAMES} == set(topics._kinds)
