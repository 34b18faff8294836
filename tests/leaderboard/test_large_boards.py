"""A board of 100,000 players with 60 closed seasons: every page and every moderator's action, and what they touch."""

import pytest
from django.core.management.color import no_style
from django.db import connection

from accounts.follows import follow
from accounts.models import Player
from leaderboard import boards, keys, score
from leaderboard.boards import FinishedRun
from leaderboard.known_boards import now_ms
from leaderboard.models import Board, Placement, Run, Season
from leaderboard.periods import all_current, current, find
from leaderboard.reading import standings, windows
from leaderboard.repair import rebuild
from leaderboard.seasons import archive
from moderation import visibility
from moderation.models import Moderation
from nearby import cells
from store.scripts import Script
from store.stream import moment
from store.sync_loop import run_sync
from tests.worker import drain

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]

PLAYERS, SEASONS, SEASON_PLAYERS = 100_000, 60, 1_500
DAY_MS = 24 * 60 * 60 * 1000
BERLIN = cells.Place(52.52, 13.4)


@pytest.fixture
def board() -> Board:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO accounts_player (id, password, is_superuser, name, name_key, email, email_asked, country,
                visibility, theme, sound, reduced_motion, avatar, themes, name_color, avatar_frame, is_guest,
                is_demo, is_active, is_staff, is_gone, joined_at)
            WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < %s)
            SELECT id, '!', FALSE, 'p' || id, 'p' || id, '', '', '', 'everyone', 'system', FALSE, FALSE, 0, '{}', '',
                '', FALSE, FALSE, TRUE, FALSE, FALSE, '2026-01-01 00:00:00' FROM n
            """,
            [PLAYERS],
        )
        for statement in connection.ops.sequence_reset_sql(no_style(), [Player]):
            cursor.execute(statement)
    run_sync(_stand(range(1, PLAYERS + 1)))
    made = Board.objects.get(slug="fuse")
    for age in range(1, SEASONS + 1):
        period = current("day", now_ms() - age * DAY_MS)
        ends = moment(period.end_ms)
        season = Season.objects.create(board=made, period=period.id, kind="day", ends_at=ends, closed_at=ends)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO leaderboard_placement (season_id, rank, player_id, points, reached_at) "
                "SELECT %s, id, id, 100000 - id, %s FROM accounts_player WHERE id <= %s",
                [season.pk, f"{period.id[4:]} 12:00:00", SEASON_PLAYERS],
            )
    return made


FILL = Script(
    """
    for player = tonumber(ARGV[1]), tonumber(ARGV[2]) do
      local id = string.format('%.0f', player)
      for period = 2, #KEYS do redis.call('ZADD', KEYS[period], 1000000 - player + tonumber(ARGV[3]), id) end
      redis.call('HSET', KEYS[1], id, '{"name":"p' .. id .. '"}')
    end
    """
)


async def _stand(players: range) -> None:
    names = [keys.cards("fuse"), *(keys.standings("fuse", period.id) for period in all_current(now_ms()))]
    earliness = score.encode(0, now_ms())
    for start in range(players.start, players.stop, 10_000):
        await FILL(names, [start, min(start + 10_000, players.stop) - 1, earliness])


def test_every_page_of_a_large_board(client, board):
    player = Player.objects.get(pk=50_000)
    client.force_login(player)
    for other in range(1, 500):
        follow(player, Player(pk=other))
    run_sync(cells.join(player.pk, BERLIN))
    for path in ("", "?show=following", "?show=nearby", "?period=all&show=following", "last/7/", "last/30/", "past/"):
        assert client.get(f"/boards/fuse/{path}").status_code == 200, path
    page = client.get("/boards/fuse/?show=following").content.decode()
    assert "p499" in page
    assert "50,000" in page or "50000" in page
    assert client.get("/boards/champions/?period=all").status_code == 200
    assert client.get("/boards/").status_code == 200
    assert client.get(Season.objects.first().get_absolute_url()).status_code == 200
    cursor = run_sync(standings.top("fuse", "all", 50)).cursor
    assert "p51" in client.get("/boards/fuse/", {"period": "all", "after": cursor}).content.decode()
    client.force_login(Player.objects.create_superuser("Olga", "correct horse"))
    lines = b"".join(client.get("/boards/fuse/export.csv?period=all")).splitlines()
    assert len(lines) == 1 + PLAYERS
    assert len(set(lines)) == len(lines)


@pytest.mark.parametrize("count", [0, 1, 9_000, PLAYERS + 1])
async def test_every_read_gives_as_many_rows_as_are_asked_for(count, fuse):
    await _stand(range(1, 10_001))
    expected = min(count, 10_000)
    assert len((await standings.top("fuse", "day", count)).rows) == expected
    assert len((await standings.around("fuse", "day", 5_000, count)).rows) == expected
    name = keys.standings("fuse", current("day", now_ms()).id)
    assert len((await standings.rows_of_key(fuse, name, count)).rows) == expected
    first = (await standings.top("fuse", "day", 1)).cursor
    assert len((await standings.page("fuse", "day", first, count)).rows) == min(count, 9_999)
    assert len((await windows.window("fuse", 7, count)).rows) == expected
    assert len((await standings.among("fuse", "day", range(1, count + 1))).rows) == expected
    [found] = await standings.standings_of([("fuse", "day", range(1, count + 1))])
    assert sum(each.rank is not None for each in found) == expected


class Touched:
    """Counts the placements that are written meanwhile."""

    def __enter__(self):
        self.rows = 0
        self._wrapper = connection.execute_wrapper(self._count)
        self._wrapper.__enter__()
        return self

    def __exit__(self, *error):
        self._wrapper.__exit__(*error)

    def _count(self, execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if sql.startswith(("INSERT", "UPDATE", "DELETE")) and "leaderboard_placement" in sql.split("WHERE")[0]:
            self.rows += context["cursor"].rowcount if not many else len(params)
        return result


def test_moderators_act_on_a_large_board_and_touch_no_more_than_changes(board):
    first = Player.objects.get(pk=1)
    season = Season.objects.first()
    for act in (visibility.hide_player, visibility.restore_player, visibility.ban, visibility.unban):
        with Touched() as touched:
            run_sync(act(first, reason="x", by=None))
        assert touched.rows == 0
        is_away = act in (visibility.hide_player, visibility.ban)
        assert run_sync(archive.shown(season, 1))[0].placement.player_id == (2 if is_away else 1)
        assert (run_sync(archive.past(board, 60))[0].crowned[0].name == "p2") is is_away
    assert not Moderation.objects.filter(applied=False).exists()
    hiding_a_run_moves_one_place_in_the_seasons_that_hold_it(board)
    a_large_board_is_compared_and_its_players_leave_it(board)


def hiding_a_run_moves_one_place_in_the_seasons_that_hold_it(board):
    bob = Player.objects.get(pk=SEASON_PLAYERS + 5)
    yesterday_ms = find(Season.objects.first().period).start_ms + 1000
    for number, points in enumerate((99_990, 99_000)):
        run = FinishedRun(f"r{number}", "fuse", bob.pk, bob.card, points, yesterday_ms, "{}")
        run_sync(boards.submit(run, at_ms=yesterday_ms))
    run_sync(drain())
    run_sync(archive.put_right(board, bob.pk))
    season = Season.objects.first()
    assert Placement.objects.get(season=season, player=bob).rank == 10  # Before whoever had as many later.
    with Touched() as touched:
        run_sync(visibility.hide_run(Run.objects.select_related("player").get(pk="r0"), reason="x", by=None))
    assert Placement.objects.get(season=season, player=bob).rank == 1_000
    assert touched.rows <= 2 * 990 + 2
    ranks = list(season.placements.values_list("rank", flat=True))
    assert ranks == list(range(1, SEASON_PLAYERS + 2))
    run_sync(visibility.restore_run(Run.objects.select_related("player").get(pk="r0"), reason="x", by=None))
    assert Placement.objects.get(season=season, player=bob).rank == 10


def a_large_board_is_compared_and_its_players_leave_it(board):
    # What stands there has no runs in SQL: all of it differs. Two players were written anew.
    assert len(run_sync(rebuild.differences(board))) == 4 * (PLAYERS - 2)
    run_sync(boards.remove_players("fuse", list(range(1, 20_001))))
    run_sync(boards.remove_players("fuse", []))
    assert run_sync(standings.top("fuse", "all", 1)).rows[0].player == 20_001
