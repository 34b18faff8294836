"""The dashboard's figures, from the layers below. Expensive ones are read every 30 seconds, the rest every second."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from asgiref.sync import sync_to_async

from accounts.models import Player
from games.game import all_games
from games.rooms import registry
from leaderboard import boards
from leaderboard import keys as board_keys
from leaderboard.models import Board, Season
from leaderboard.periods import in_words
from live.observe import processes
from live.topics import State
from moderation import suspicion
from operators import doctor, minutes, store_figures
from presence.online import online, playing
from store.client import client
from visitors import active_days, unique

SLOW_S = 30.0
CHART_DAYS = 30
STREAKS = (2, 3, 7, 14, 30)

_slow: tuple[float, State] = (0.0, {})
_before: tuple[float, Counter[str]] = (0.0, Counter())


async def read() -> State:
    """Every figure of the dashboard as a flat state: numbers under their names, tables as lists of rows."""
    slugs = [slug async for slug in Board.objects.values_list("slug", flat=True)]
    return {
        **await _visitors_now(),
        **await _now(slugs),
        **await store_figures.redis(),
        **await store_figures.streams(slugs),
        "t_locks": await store_figures.locks(slugs),
        **await _slowly(slugs),
        "as_of_ms": time.time_ns() // 1_000_000,
    }


async def _visitors_now() -> State:
    day, week, month = await unique.unique()
    return {"visitors_day": day, "visitors_week": week, "visitors_month": month}


async def _now(slugs: list[str]) -> State:
    """Who is online, what the web processes report, and rates per second since the last call."""
    global _before  # noqa: PLW0603
    count, _ = await online(0)
    heard = await processes.read()
    total: Counter[str] = Counter()
    for numbers in heard.values():
        total.update(numbers.counts)
    at, before = _before
    now = time.monotonic()
    rates = {name: max(0.0, (total[name] - before[name]) / (now - at)) if at else 0.0 for name in total}
    _before = (now, total)
    http = sum(rates.get(f"http_{kind}xx", 0.0) for kind in (2, 3, 4, 5))
    return {
        "online": count,
        "runs_day": await boards.accepted_today(slugs),
        "sockets": total["sockets_opened"] - total["sockets_closed"],
        "watchers": sum(each.watchers for each in heard.values()),
        "http_rate": round(http, 1),
        "socket_rate": round(rates.get("sockets_opened", 0.0), 1),
        "score_rate": round(rates.get("runs_finished", 0.0), 1),
        "runs_started": total["runs_started"],
        "runs_finished": total["runs_finished"],
        "runs_refused": sum(value for name, value in total.items() if name.startswith("run_refused_")),
        "sign_in_failed": total["sign_in_failed"],
        "rooms": (await registry.load(now_ms=time.time_ns() // 1_000_000))[0],
        "runners": len(await registry.runners(now_ms=time.time_ns() // 1_000_000)),
        "errors": total["errors"] + total["http_5xx"],
        "delay_p50": max((each.p50_ms for each in heard.values()), default=0.0),
        "delay_p99": max((each.p99_ms for each in heard.values()), default=0.0),
        "t_playing": sorted((await playing()).items()),
        "t_processes": [
            [
                name,
                each.counts.get("sockets_opened", 0) - each.counts.get("sockets_closed", 0),
                each.watchers,
                each.p99_ms,
            ]
            for name, each in heard.items()
        ],
        "t_refusals": _named(total, "refused_"),
        "t_runs_refused": _named(total, "run_refused_"),
        "t_errors": [[name, text] for name, each in heard.items() for text in each.errors],
    }


def _named(total: Counter[str], start: str) -> list[list[Any]]:
    """The counters whose names begin with `start`, as rows without that prefix."""
    return sorted([name.removeprefix(start), value] for name, value in total.items() if name.startswith(start))


async def _slowly(slugs: list[str]) -> State:
    """Charts, retention, memory and seasons, at most half a minute old."""
    global _slow  # noqa: PLW0603
    read_at, state = _slow
    if not state or time.monotonic() - read_at > SLOW_S:
        state = {**await _visitors_by_day(), **await _activity(), **await _memory(), **await _seasons(slugs)}
        state["t_wrong"] = [[each.what, each.words] for each in await doctor.wrong()]
        state["c_online"] = [list(each) for each in await minutes.online_by_minute()]
        state["suspicious"] = sum((await sync_to_async(suspicion.open_counts)()).values())
        _slow = (time.monotonic(), state)
    return state


async def _visitors_by_day() -> State:
    counts = await unique.by_day(2 * CHART_DAYS)
    today = datetime.now(UTC).date()
    days = [str(today - timedelta(days=back)) for back in range(CHART_DAYS - 1, -1, -1)]
    pairs = zip(days, counts[CHART_DAYS:], counts[:CHART_DAYS], strict=True)
    by_game = [[game.title, *await unique.unique(of=game.slug)] for game in all_games()]
    return {"c_visitors": [list(each) for each in pairs], "t_visitors": by_game}


async def _activity() -> State:
    today = active_days.today()
    counts = await active_days.actives(today, CHART_DAYS)
    in_a_row = await active_days.streaks(today - timedelta(days=1), STREAKS)
    kept = await active_days.retention(today - timedelta(days=1))
    days = [str(today - timedelta(days=back)) for back in range(CHART_DAYS - 1, -1, -1)]
    return {
        "active_day": counts[-1],
        "c_active": [list(each) for each in zip(days, counts, strict=True)],
        "t_streaks": [list(each) for each in zip(STREAKS, in_a_row, strict=True)],
        "t_retention": [
            [span, before, both, round(100 * both / before, 1) if before else None]
            for span, (before, both) in zip((1, 7, 30), kept, strict=True)
        ],
    }


async def _memory() -> State:
    sample = await minutes.memory()
    apps = sample.apps
    players = await Player.objects.acount()
    whole = sum(size for _, size in apps.values())
    return {
        "t_memory": [[app, keys, size, round(size * minutes.SIZING)] for app, (keys, size) in sorted(apps.items())],
        "forecast_bytes": round(whole * minutes.SIZING / players * 1_000_000) if players else 0,
        "players": players,
        "endless": sample.endless,
        "t_endless": [[name] for name in sample.endless_names],
    }


async def _seasons(slugs: list[str]) -> State:
    closed = Season.objects.exclude(closed_at=None).order_by("-closed_at")[:5]
    titles = {slug: title async for slug, title in Board.objects.values_list("slug", "title")}
    rows = [
        [titles[each.board_id], in_words(each.period), int(each.closed_at.timestamp() * 1000)] async for each in closed
    ]
    pipe = client().pipeline()
    for slug in slugs:
        pipe.zrange(board_keys.open_periods(slug), 0, 2, withscores=True)
    opened = [
        [titles[slug], in_words(period), int(ends)]
        for slug, found in zip(slugs, await pipe.execute() if slugs else [], strict=True)
        for period, ends in found
    ]
    return {"t_closed": rows, "t_open": opened}
