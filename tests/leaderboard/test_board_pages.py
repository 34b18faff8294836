"""Boards beyond the live page: further pages, past seasons, windows, CSV, moderation, commands."""

import csv
import io
import re

import pytest

from accounts.models import Follow, Player
from leaderboard import boards
from leaderboard.boards import FinishedRun
from leaderboard.known_boards import find, now_ms, period
from leaderboard.pages import export
from leaderboard.reading import standings
from leaderboard.seasons import closing
from leaderboard.stream import history
from leaderboard.stream.readers import streams
from store.client import blocking
from store.stream import GroupReader

pytestmark = pytest.mark.django_db(transaction=True)

DAY_MS = 24 * 3600 * 1000


async def submit(player: Player, points: int, id: str, at_ms: int | None = None) -> None:
    await boards.submit(FinishedRun(id, "fuse", player.pk, player.card, points, 0, "{}"), at_ms=at_ms)


async def write_history() -> None:
    connection = blocking(1)
    while await GroupReader(history.GROUP, "w", streams).step(connection, block_ms=None):
        pass
    await connection.aclose()


@pytest.fixture
async def sixty():
    players = [Player(name=f"Player{number:02}") for number in range(60)]
    await Player.objects.abulk_create(players)
    for number, player in enumerate(players):
        await submit(player, number * 10, f"run{number}")


async def text_of(browser, path: str, status: int = 200) -> str:
    response = await browser.get(path)
    assert response.status_code == status
    return response.content.decode()


class TestPages:
    async def test_the_next_fifty_are_a_link_away(self, async_client, sixty):
        page = await text_of(async_client, "/boards/fuse/?period=day")
        link = re.search(r'href="(\?period=day&amp;after=[^"]+)"', page).group(1).replace("&amp;", "&")
        second = await text_of(async_client, f"/boards/fuse/{link}")
        assert "Player09" in second
        assert "Player00" in second
        assert "Player10" not in second

    async def test_a_page_of_an_ended_period_says_so(self, async_client, sixty):
        read = await standings.top("fuse", "day", 5, now_ms=now_ms())
        board = await find("fuse")
        old = standings._cursor(period(board, "day", now_ms() - DAY_MS).id, ["1", "5.5", ""])
        assert read.cursor
        assert "has ended" in await text_of(async_client, f"/boards/fuse/?period=day&after={old}", 410)
        assert "no page of this board" in await text_of(async_client, "/boards/fuse/?period=day&after=made-up", 410)

    async def test_a_window_is_a_tab_and_keeps_the_filter(self, async_client, sixty):
        one, other = [player async for player in Player.objects.filter(name__in=["Player00", "Player01"])]
        await async_client.aforce_login(one)
        await Follow.objects.acreate(follower=one, followed=other)
        page = await text_of(async_client, "/boards/fuse/last/7/?show=following")
        assert one.name in page and other.name in page and "Player02" not in page
        assert 'href="/boards/fuse/last/30/?show=following"' in page
        assert 'href="/boards/fuse/?period=day&amp;show=following"' in page
        assert '<a href="/boards/fuse/last/7/?show=following" aria-current="page">' in page
        assert 'href="/boards/fuse/last/7/?show=following"' in await text_of(
            async_client, "/boards/fuse/?period=week&show=following"
        )

    async def test_windows_and_champions(self, async_client, sixty):
        assert "Player59" in await text_of(async_client, "/boards/fuse/last/7/")
        assert "Player59" in await text_of(async_client, "/boards/champions/?period=day")
        await text_of(async_client, "/boards/fuse/last/8/", 404)
        await text_of(async_client, "/boards/champions/?period=year", 404)

    async def test_past_seasons_and_their_crowns(self, async_client):
        alice = await Player.objects.acreate(name="Alice")
        yesterday = now_ms() - DAY_MS
        assert "No season has ended yet" in await text_of(async_client, "/boards/fuse/past/")
        await submit(alice, 500, "r1", yesterday)
        await closing.close_ended()
        day = period(await find("fuse"), "day", yesterday).id
        assert "Alice" in await text_of(async_client, "/boards/fuse/past/")
        assert "Crown" in await text_of(async_client, f"/boards/fuse/past/{day}/")
        assert "Yesterday" in await text_of(async_client, "/boards/fuse/?period=day")
        await text_of(async_client, "/boards/fuse/past/day:2020-01-01/", 404)

    async def test_the_lobby_tells_what_happened(self, async_client, sixty):
        from leaderboard.stream import feed

        connection = blocking(1)
        while await GroupReader(feed.GROUP, "w", streams).step(connection, block_ms=None):
            pass
        await connection.aclose()
        assert "</strong> took place 1 on Fuse with" in await text_of(async_client, "/")

    async def test_own_runs_and_the_best_of_them(self, async_client):
        alice = await Player.objects.acreate(name="Alice")
        assert (await async_client.get("/boards/fuse/mine/")).status_code == 302
        await async_client.aforce_login(alice)
        assert "No run of yours is kept yet" in await text_of(async_client, "/boards/fuse/mine/")
        for number, points in enumerate((700, 900, 900, 100)):
            await submit(alice, points, f"r{number}")
        await write_history()
        page = await text_of(async_client, "/boards/fuse/mine/")
        assert "Best of 4 runs" in page
        assert "<strong>900 points</strong>" in page
        assert (await history.personal_best(await find("fuse"), alice)).pk == "r1"
        assert {"title": "Fuse", "runs": 4, "players": 1} in await history.counts()

    async def test_a_time_board_shows_minutes_and_seconds(self, async_client):
        board = await find("fuse")
        board.format, board.unit = "time", "time"
        await board.asave()
        await submit(await Player.objects.acreate(name="Alice"), 65_250, "r1")
        assert "1:05.250" in await text_of(async_client, "/boards/fuse/")


class TestExport:
    async def rows(self, browser):
        response = await browser.get("/boards/fuse/export.csv?period=day")
        assert response.status_code == 200
        text = b"".join([chunk async for chunk in response]).decode()
        return list(csv.reader(io.StringIO(text)))

    async def test_staff_get_every_row(self, async_client, sixty, monkeypatch):
        monkeypatch.setattr(export, "PAGE", 7)
        await async_client.aforce_login(await Player.objects.acreate(name="Olga", is_staff=True, is_superuser=True))
        header, *rows = await self.rows(async_client)
        assert header == export.HEADER
        assert [int(row[0]) for row in rows] == list(range(1, 61))
        assert [int(row[5]) for row in rows] == [number * 10 for number in range(59, -1, -1)]

    async def test_others_get_nothing(self, async_client):
        await async_client.aforce_login(await Player.objects.acreate(name="Helper", is_staff=True))
        assert (await async_client.get("/boards/fuse/export.csv")).status_code == 403

    @pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
    def test_no_cell_is_a_formula(self, text):
        assert export.safe(text) == f"'{text}"
        assert export.safe("plain-name") == "plain-name"
