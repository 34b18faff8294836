"""The engine against a sorted list: every order and operator, moderation, periods, pages, on a real Redis and SQL."""

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Player
from leaderboard import boards, keys, known_boards
from leaderboard.boards import FinishedRun
from leaderboard.errors import PlayerHidden
from leaderboard.models import Board, HiddenPlayer, Run
from leaderboard.periods import current
from leaderboard.reading import standings
from leaderboard.repair import one_player, rebuild
from leaderboard.stream import history, readers
from moderation import visibility
from store.client import blocking, client, close
from store.stream import GroupReader

START_MS = 1_795_478_400_000 + 22 * 3600 * 1000  # Two hours before midnight.
PLAYERS = range(8, 12)  # 10 and 11 sort before 8 and 9 as text.
KINDS = ("day", "all")

# Few players, points and moments, so that there are changes and ties of every kind.
SUBMIT = st.tuples(
    st.just("submit"), st.sampled_from(PLAYERS), st.integers(0, 5), st.sampled_from([0, 0, 500, 1000, 1_800_000])
)
STEPS = st.lists(
    st.one_of(
        *[SUBMIT] * 6,
        st.tuples(st.just("hide"), st.sampled_from(PLAYERS)),
        st.tuples(st.just("restore"), st.sampled_from(PLAYERS)),
        st.tuples(st.just("hide_run"), st.integers(0, 15)),
        st.tuples(st.just("restore_run"), st.integers(0, 15)),
        st.tuples(st.just("history")),
        st.tuples(st.just("rebuild")),
    ),
    min_size=8,
    max_size=30,
)


@dataclass
class Model:
    """A board as a plain list of runs."""

    lower: bool
    operator: str
    runs: list = field(default_factory=list)  # (id, player, points, at_ms)
    hidden: set = field(default_factory=set)
    hidden_runs: set = field(default_factory=set)

    def order(self, kind: str, now_ms: int) -> list[tuple[int, int]]:
        """(player, points) from the first place on."""
        period, results = current(kind, now_ms), {}
        for id, player, own, at_ms in self.runs:
            inside = period.start_ms <= at_ms < (period.end_ms or at_ms + 1)
            if not inside or player in self.hidden or id in self.hidden_runs:
                continue
            points, moment = own, at_ms // 1000
            if player in results:
                before, since = results[player]
                if self.operator == "total":
                    points += before
                elif (
                    self.operator == "best" and (points > before if self.lower else points < before)
                ) or self.operator == "first":
                    points, moment = before, since
                elif self.operator == "best" and points == before:
                    moment = since
            results[player] = (points, moment)
        sign = 1 if self.lower else -1
        ids = sorted(results, key=str, reverse=not self.lower)
        return [(p, results[p][0]) for p in sorted(ids, key=lambda p: (sign * results[p][0], results[p][1]))]


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(180)
@pytest.mark.parametrize("order", ["desc", "asc"])
@pytest.mark.parametrize("operator", ["best", "total", "latest", "first"])
@given(steps=STEPS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_agrees_with_a_sorted_list(order, operator, steps, monkeypatch):
    asyncio.run(_compare(order, operator, steps, monkeypatch))


async def _compare(order, operator, steps, monkeypatch):
    await _begin(order, operator)
    model, now_ms = Model(order == "asc", operator), START_MS
    players = {pk: Player(pk=pk, name=f"p{pk}") for pk in PLAYERS}
    for module in (one_player, rebuild):
        monkeypatch.setattr(module, "now_ms", lambda: now_ms)
    for step, *rest in steps:
        if step == "submit":
            pk, points, pause_ms = rest
            now_ms += pause_ms
            run = FinishedRun(f"run{len(model.runs)}", "fuse", pk, players[pk].card, points, now_ms, "{}")
            if pk in model.hidden:
                with pytest.raises(PlayerHidden):
                    await boards.submit(run, at_ms=now_ms)
            else:
                report = await boards.submit(run, at_ms=now_ms)
                model.runs.append((run.id, pk, points, now_ms))
                _check_report(model, report, pk, now_ms)
        elif step in ("hide", "restore"):
            act = visibility.hide_player if step == "hide" else visibility.restore_player
            await act(players[rest[0]], reason="test", by=None)
            (model.hidden.add if step == "hide" else model.hidden.discard)(rest[0])
        elif step in ("hide_run", "restore_run"):
            await _write_history()
            if model.runs:
                id = model.runs[rest[0] % len(model.runs)][0]
                row = await Run.objects.select_related("player").aget(pk=id)
                act = visibility.hide_run if step == "hide_run" else visibility.restore_run
                await act(row, reason="test", by=None)
                (model.hidden_runs.add if step == "hide_run" else model.hidden_runs.discard)(row.pk)
        elif step == "history":
            await _write_history()
        else:
            await rebuild.rebuild(await known_boards.find("fuse"))
        await _check_reads(model, now_ms)
    await _write_history()
    assert await rebuild.differences(await known_boards.find("fuse")) == []
    await close()


async def _begin(order, operator):
    names = await client().keys(f"{keys.standings('fuse', '')[:-10]}*")
    if names:
        await client().delete(*names)
    await Run.objects.all().adelete()
    await HiddenPlayer.objects.all().adelete()
    for pk in PLAYERS:
        await Player.objects.aget_or_create(pk=pk, defaults={"name": f"p{pk}"})
    await Board.objects.filter(pk="fuse").aupdate(order=order, operator=operator)
    known_boards.forget()
    known_boards.remember(await Board.objects.aget(pk="fuse"), for_s=3600)


async def _write_history(rounds=1_000):
    connection = blocking(1)
    for _ in range(rounds):
        if not await GroupReader(history.GROUP, "w", readers.streams).step(connection, block_ms=None):
            break
    await connection.aclose()


def _check_report(model, report, player, now_ms):
    for change in report.changes:
        order = model.order(change.kind, now_ms)
        ranks = {pk: rank for rank, (pk, _) in enumerate(order, start=1)}
        assert (change.rank, change.size) == (ranks[player], len(order))
        assert change.points == dict(order)[player]
        assert [(row.player, row.points) for row in change.rows] == order[max(0, change.rank - 3) : change.rank + 2]
        assert [row.rank for row in change.rows] == [ranks[row.player] for row in change.rows]


async def _check_reads(model, now_ms):
    for kind in KINDS:
        expected = model.order(kind, now_ms)
        read = await standings.top("fuse", kind, 100, now_ms=now_ms)
        assert [(row.player, row.points) for row in read.rows] == expected
        assert read.size == len(expected)
        paged, page = [], await standings.top("fuse", kind, 2, now_ms=now_ms)
        while True:
            paged += page.rows
            if page.cursor is None:
                break
            page = await standings.page("fuse", kind, page.cursor, 2, now_ms=now_ms)
        assert paged == read.rows
        among = await standings.among("fuse", kind, list(PLAYERS), now_ms=now_ms)
        assert among.rows == read.rows
        for row in read.rows:
            found = await standings.standing("fuse", kind, row.player, now_ms=now_ms)
            assert (found.rank, found.points, found.size) == (row.rank, row.points, read.size)
            near = await standings.around("fuse", kind, row.player, 3, now_ms=now_ms)
            assert len(near.rows) == min(3, read.size)
            assert row in near.rows
            start = near.rows[0].rank - 1
            assert near.rows == read.rows[start : start + 3]
