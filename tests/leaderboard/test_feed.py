"""The activity feed: who took a first place, who beat their own best."""

import pytest

from accounts.models import Player
from leaderboard import boards, keys
from leaderboard.stream import feed
from store.client import client
from store.stream import Entry

pytestmark = pytest.mark.usefixtures("fuse")


@pytest.mark.django_db(transaction=True)
class TestFeed:
    async def entries(self):
        return [Entry(keys.runs("fuse"), id, fields) for id, fields in await client().xrange(keys.runs("fuse"))]

    async def lines(self):
        return [(line.kind, line.player, line.rank, line.points) for _, line in await feed.lines()]

    async def test_a_first_place_and_a_personal_best_are_told(self, finished, alice):
        for pk in range(10, 14):
            await boards.submit(finished(Player(pk=pk, name="P"), 1000 + pk))
        await client().delete(keys.runs("fuse"))
        await boards.submit(finished(alice, 5))  # Fifth: nothing to tell.
        await boards.submit(finished(alice, 50))  # Better than before.
        await feed.write(await self.entries())
        assert await self.lines() == [("best", alice.pk, 5, 50)]
        await client().delete(keys.runs("fuse"), keys.feed_pause(alice.pk))
        await boards.submit(finished(alice, 5000))
        await feed.write(await self.entries())
        assert (await self.lines())[0] == ("place", alice.pk, 1, 5000)

    async def test_one_player_fills_no_feed_and_repeated_entries_add_nothing(self, finished, alice):
        for points in range(10, 200, 10):
            await boards.submit(finished(alice, points))
        for _ in range(2):
            await feed.write(await self.entries())
        assert len(await self.lines()) == 1

    async def test_it_keeps_the_last_hundred(self, finished):
        for pk in range(1, 121):
            await boards.submit(finished(Player(pk=pk, name="P"), pk))
        await feed.write(await self.entries())
        lines = await feed.lines()
        assert len(lines) == feed.LINES_MAX
        assert lines[0][1].player == 120

    async def test_where_lower_is_better_a_lower_run_is_the_better_one(self, fuse, finished, alice):
        fuse.order = "asc"
        for pk in range(10, 14):
            await boards.submit(finished(Player(pk=pk, name="P"), 1))
        for points in (500, 900, 400):
            await boards.submit(finished(alice, points))
        await client().delete(keys.feed())
        await feed.write(await self.entries())
        assert [line for line in await self.lines() if line[1] == alice.pk] == [("best", alice.pk, 5, 400)]

    async def test_a_line_comes_once_however_late_its_entry_is_read_again(self, finished, alice):
        await boards.submit(finished(alice, 5))
        await feed.write(await self.entries())
        await client().delete(keys.feed_pause(alice.pk))
        await feed.write(await self.entries())
        assert len(await self.lines()) == 1

    async def test_hidden_players_say_nothing_more_and_their_lines_are_not_shown(self, finished):
        from leaderboard.models import HiddenPlayer

        slur = await Player.objects.acreate(name="Slur")
        await boards.submit(finished(slur, 5))
        await feed.write(await self.entries())
        assert len(await feed.shown(10)) == 1
        await HiddenPlayer.objects.acreate(player=slur)
        assert await feed.shown(10) == []
        await client().delete(keys.feed_pause(slur.pk), keys.runs("fuse"))
        await boards.submit(finished(slur, 50))
        await feed.write(await self.entries())
        assert len(await feed.lines()) == 1

    async def test_runs_of_a_batch_say_nothing(self, finished, alice):
        await boards.submit_many([finished(alice, 5), finished(alice, 6)])
        await feed.write(await self.entries())
        assert await self.lines() == []
