"""The admin's lists with a million players and five million runs, compared with the same lists by Django's defaults.

By default every page counts all its rows twice. The times include rendering the HTML.
"""

import argparse
import re
import statistics
import time
from datetime import UTC, datetime
from typing import Any

from benchmarks import stage
from benchmarks.postgres import Postgres
from benchmarks.report import Target, show

ROUNDS = 3
SLOW_MS = 1_000.0
#: What an operator opens, as paths under /admin/.
PAGES = {
    "players": "accounts/player/",
    "players, page 50": "accounts/player/?p=50",
    "players by name": "accounts/player/?o=1",
    "players, search": "accounts/player/?q=player7777",
    "players, search, many found": "accounts/player/?q=player77",
    "players, staff": "accounts/player/?is_staff__exact=1",
    "players, demo": "accounts/player/?is_demo__exact=1",
    "players, may not sign in": "accounts/player/?is_active__exact=0",
    "players, from DE": "accounts/player/?country=DE",
    "runs": "leaderboard/run/",
    "runs, page 50": "leaderboard/run/?p=50",
    "runs of a board": "leaderboard/run/?board__slug__exact=fuse",
    "runs, hidden": "leaderboard/run/?is_hidden__exact=1",
    "runs of guests": "leaderboard/run/?by=guests",
    "runs of demo players": "leaderboard/run/?by=demo",
    "runs, search by player": "leaderboard/run/?q=player7777",
    "runs, search by id": "leaderboard/run/?q=r4999999",
    "runs of a board, best first": "leaderboard/run/?board__slug__exact=fuse&o=-2",
    "one player": "accounts/player/7777/change/",
    "suspicious runs": "moderation/suspicion/",
    "moderation": "moderation/moderation/",
    "audit": "audit/entry/",
    "ledger": "wallet/ledgerentry/",
    "awards": "achievements/award/",
    "season places": "leaderboard/placement/",
    "ledger of a player": "wallet/ledgerentry/?q=player7777",
}


def fill(players: int, runs: int) -> None:
    """Insert players, runs and coin movements, and a suspicion and an audit entry per 500 runs, with plain SQL."""
    from django.core.management.color import no_style
    from django.db import connection
    from rich.progress import track

    from accounts.models import Player
    from leaderboard.models import Board, Season

    numbers = "WITH RECURSIVE n(i) AS (SELECT CAST({first} AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i < {last}) "
    player = """
        INSERT INTO accounts_player (id, password, is_superuser, name, name_key, email, email_asked, country,
            visibility, theme, sound, reduced_motion, clear_colors, challenges, language, avatar, themes, name_color,
            avatar_frame, is_guest, is_demo, is_active, is_staff, is_gone, joined_at)
        SELECT i, '', FALSE, 'player' || i, 'player' || i, '', '', CASE i % 9 WHEN 0 THEN 'DE' ELSE '' END, 'everyone',
            'system', FALSE, FALSE, FALSE, TRUE, '', 0, {json}, '', '', i % 3 = 0, i % 200000 = 0, i % 50000 <> 0,
            FALSE, FALSE,
            datetime('2026-11-24', '-' || ({players} - i) || ' seconds') FROM n"""
    run = """
        INSERT INTO leaderboard_run (id, board_id, player_id, points, started_at, accepted_at, sequence, record,
            is_hidden)
        SELECT 'r' || i, 'fuse', 1 + (i * 7919) % {players}, (i * 104729) % 4000000,
            datetime('2026-11-24', '-' || ({runs} - i + 60) || ' seconds'),
            datetime('2026-11-24', '-' || ({runs} - i) || ' seconds'), i, '{{}}', i % 100000 = 0 FROM n"""
    moved = """
        INSERT INTO wallet_ledgerentry (id, player_id, amount, balance, reason, item, at, sequence)
        SELECT 'm' || i, 1 + (i * 7919) % {players}, 1, 1, 'a run', '',
            datetime('2026-11-24', '-' || ({runs} - i) || ' seconds'), i FROM n"""
    suspicion = """
        INSERT INTO moderation_suspicion (run_id, confidence, words, decision, at)
        SELECT 'r' || (i * 100), 'medium', 'x', CASE i % 10 WHEN 0 THEN 'open' ELSE 'cleared' END,
            datetime('2026-11-24', '-' || i || ' seconds') FROM n"""
    entry = """
        INSERT INTO audit_entry (at, action, target_kind, target_id, reason)
        SELECT datetime('2026-11-24', '-' || i || ' seconds'), 'ban', 'player', CAST(i AS text), 'x' FROM n"""
    award = """
        INSERT INTO achievements_award (player_id, slug, at)
        SELECT i, 'first-run', datetime('2026-11-24', '-' || i || ' seconds') FROM n"""
    place = """
        INSERT INTO leaderboard_placement (season_id, rank, player_id, points, reached_at)
        SELECT 1, i, i, {players} - i, datetime('2026-11-24', '-' || i || ' seconds') FROM n"""
    parts = [(player, players), (run, runs), (moved, players), (suspicion, runs // 500), (entry, runs // 500)]
    parts += [(award, players), (place, players)]
    Board.objects.create(slug="other", title="Other", game="fuse", points_max=1)  # Without it, no filter by board.
    Season.objects.create(
        pk=1, board_id="fuse", period="month:2026-10", kind="month", ends_at=datetime(2026, 11, 1, tzinfo=UTC)
    )
    pieces = [
        (sql, first, min(first + 99_999, count)) for sql, count in parts for first in range(1, count + 1, 100_000)
    ]
    with connection.cursor() as cursor:
        for sql, first, last in track(pieces, "Filling…"):
            # The insert goes before its WITH in SQLite's grammar: INSERT … WITH … SELECT.
            head, _, body = _dialect(sql, players=players, runs=runs).partition("SELECT ")
            cursor.execute(f"{head} {numbers.format(first=first, last=last)} SELECT {body}")
        for statement in connection.ops.sequence_reset_sql(no_style(), [Player, Season]):
            cursor.execute(statement)
        cursor.execute("ANALYZE")


def _dialect(sql: str, **values: int) -> str:
    """A statement in the words of the database in use."""
    from django.db import connection

    if connection.vendor == "sqlite":
        return sql.format(json="'{}'", **values)
    before = r"datetime\('2026-11-24', '-' \|\| (.+?) \|\| ' seconds'\)"
    return re.sub(before, r"timestamptz '2026-11-24Z' - \1 * interval '1 second'", sql).format(
        json="'{}'::jsonb", **values
    )


def measured(browser: Any, path: str) -> tuple[float, int]:
    """The median time of a page in ms over a few rounds, and how many queries it took."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    took, queries = [], 0
    for _ in range(ROUNDS):
        with CaptureQueriesContext(connection) as asked:
            started = time.perf_counter()
            answer = browser.get(f"/admin/{path}")
            took.append(1000 * (time.perf_counter() - started))
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status_code}")
        queries = len(asked)
        if took[0] > 10 * SLOW_MS:
            break
    return statistics.median(took), queries


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--players", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5_000_000)
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL of its own instead of SQLite")
    parser.add_argument("--json", action="store_true", help="end with one line for programs")
    options = parser.parse_args()
    server = Postgres() if options.postgres else None
    with stage.prepare(**({"DATABASE_URL": server.url} if server else {})), stage.redis():
        from django.conf import settings
        from django.contrib import admin
        from django.core.management import call_command
        from django.core.paginator import Paginator
        from django.test import Client

        from accounts.models import Player

        settings.ALLOWED_HOSTS.append("testserver")
        settings.DEBUG = False
        call_command("migrate", verbosity=0)
        fill(options.players, options.runs)
        browser = Client()
        browser.force_login(Player.objects.create_superuser("Olga", "x"))
        browser.get("/admin/")
        ours = {case: measured(browser, path) for case, path in PAGES.items()}
        for each in admin.site._registry.values():
            each.show_full_result_count, each.paginator, each.list_select_related = True, Paginator, False
        stock = {case: measured(browser, path) for case, path in PAGES.items()}
    rows = [
        {
            "case": case,
            "queries": queries,
            "ms": took,
            "queries by default": stock[case][1],
            "ms by default": stock[case][0],
            "times faster": stock[case][0] / took,
        }
        for case, (took, queries) in ours.items()
    ]
    slowest, most = max(took for took, _ in ours.values()), max(queries for _, queries in ours.values())
    targets = [
        Target("slowest page, ms", slowest, SLOW_MS, slowest <= SLOW_MS),
        Target("most queries of a page", most, 20, most <= 20),
    ]
    show("lists on PostgreSQL" if server else "lists", options.runs, rows, targets, ("django",), options.json)


if __name__ == "__main__":
    main()
