"""The feed on a socket: a returning watcher gets what it missed."""

import pytest

from leaderboard import keys
from leaderboard.stream import feed
from leaderboard.stream.feed import Line
from live import protocol, topics
from live.hub import mark
from live.topics import apply_lines
from tests.sockets import Socket

pytestmark = [pytest.mark.usefixtures("fuse"), pytest.mark.django_db(transaction=True)]


async def tell(points: int) -> None:
    assert await feed.append(Line("best", "fuse", 0, player=points, points=points), told=keys.feed_told(str(points)))


def points(message: dict) -> list[int]:
    return [line.get("points", 0) for line in message["lines"]]


async def test_a_watcher_gets_the_last_lines_and_then_each_new_one():
    for number in range(3):
        await tell(number)
    async with Socket("/ws/") as socket:
        await socket.say(type="watch", topic="feed")
        first = await socket.next("lines")
        assert points(first) == [0, 1, 2]
        assert first["order"] == [line["id"] for line in first["lines"]]
        await tell(3)
        new = await socket.next("lines")
        assert points(new) == [3]
        assert new["version"] == first["version"] + 1
        assert "order" not in new


async def test_a_returning_watcher_gets_exactly_what_it_missed():
    for number in range(5):
        await tell(number)
    async with Socket("/ws/") as socket:
        await socket.say(type="watch", topic="feed")
        last = (await socket.next("lines"))["lines"][-1]["id"]
    for number in range(5, 65):
        await tell(number)
    async with Socket("/ws/") as socket:
        await socket.say(type="watch", topic="feed", after=last)
        assert points(await socket.next("lines")) == list(range(5, 65))


@pytest.mark.parametrize("after", ["", "0-1", "99999999999999-0", "nonsense"])
async def test_an_id_that_is_gone_or_never_was_gives_the_last_hundred(after):
    for number in range(130):
        await tell(number)
    async with Socket("/ws/") as socket:
        await socket.say(type="watch", topic="feed", after=after)
        assert points(await socket.next("lines")) == list(range(30, 130))


async def test_a_line_of_somebody_hidden_is_taken_back():
    from accounts.models import Player
    from leaderboard.models import HiddenPlayer

    player = await Player.objects.acreate(name="Slur")
    await tell(player.pk)
    async with Socket("/ws/") as socket:
        await socket.say(type="watch", topic="feed")
        [line] = (await socket.next("lines"))["lines"]
        await HiddenPlayer.objects.acreate(player=player)
        await mark("feed")
        assert (await socket.next("lines"))["drop"] == [line["id"]]
    async with Socket("/ws/") as socket:  # And who was away meanwhile is told what stands.
        await socket.say(type="watch", topic="feed", after=line["id"])
        again = await socket.next("lines")
        assert (again["lines"], again["order"]) == ([], [])


async def test_resuming_from_anywhere_gives_the_same_list_as_a_fresh_look():
    for number in range(20):
        await tell(number)
    topic = topics.find("feed")
    whole = await topic.snapshot()
    for after in [*whole, ""]:
        known = {id: whole[id] for id in list(whole)[: list(whole).index(after) + 1]} if after else {}
        message = topic.whole(1, whole, after)
        assert isinstance(message, protocol.Lines)
        assert apply_lines(known, message) == whole
