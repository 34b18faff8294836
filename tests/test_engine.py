"""The engine against a sorted list: every order and operator, moderation, periods, pages, on a real Redis and SQL."""

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Player
from leaderboard import boards, consumers, definitions, history, keys, moderation, rebuild, results, standings
from leaderboard.boards import FinishedRun
from leaderboard.errors import PlayerHidden
from leaderboard.models import Board, HiddenPlayer, Run
from leaderboard.periods import current
from store.client import blocking, client, close
from store.lock import LockLost, hold
from store.stream import Group, GroupReader, replay_dead_letters

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
                elif self.operator == "best" and (points > before if self.lower else points < before):
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
@pytest.mark.parametrize("operator", ["best", "total", "latest"])
@given(steps=STEPS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_agrees_with_a_sorted_list(order, operator, steps, monkeypatch):
    asyncio.run(_compare(order, operator, steps, monkeypatch))


async def _compare(order, operator, steps, monkeypatch):
    await _begin(order, operator)
    model, now_ms = Model(order == "asc", operator), START_MS
    players = {pk: Player(pk=pk, name=f"p{pk}") for pk in PLAYERS}
    for module in (moderation, rebuild):
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
            act = moderation.hide_player if step == "hide" else moderation.restore_player
            await act(players[rest[0]], reason="test", by=None)
            (model.hidden.add if step == "hide" else model.hidden.discard)(rest[0])
        elif step in ("hide_run", "restore_run"):
            await _write_history()
            if model.runs:
                id = model.runs[rest[0] % len(model.runs)][0]
                row = await Run.objects.select_related("player").aget(pk=id)
                act = moderation.hide_run if step == "hide_run" else moderation.restore_run
                await act(row, reason="test", by=None)
                (model.hidden_runs.add if step == "hide_run" else model.hidden_runs.discard)(row.pk)
        elif step == "history":
            await _write_history()
        else:
            await rebuild.rebuild(await definitions.find("fuse"))
        await _check_reads(model, now_ms)
    await _write_history()
    assert await rebuild.differences(await definitions.find("fuse")) == []
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
    definitions.forget()
    definitions.remember(await Board.objects.aget(pk="fuse"), for_s=3600)


async def _write_history(rounds=1_000):
    connection = blocking(1)
    for _ in range(rounds):
        if not await GroupReader(history.GROUP, "w", consumers.streams).step(connection, block_ms=None):
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


async def test_a_player_who_plays_on_while_being_restored_is_counted_right(fuse_in_sql):
    bob = await Player.objects.acreate(name="Bob")

    async def play(number):
        run = FinishedRun(f"r{number}", "fuse", bob.pk, bob.card, number, 0, "{}")
        try:
            await boards.submit(run)
            return number
        except PlayerHidden:
            return -1

    for _ in range(5):
        await moderation.hide_player(bob, reason="test", by=None)
        played, _ = await asyncio.gather(
            asyncio.gather(*(play(number) for number in range(100, 130))),
            moderation.restore_player(bob, reason="test", by=None),
        )
    best = max(played) if max(played) >= 0 else None
    standing = await standings.standing("fuse", "all", bob.pk)
    reports = [int(fields["points"]) for _, fields in await client().xrange(keys.runs("fuse"))]
    assert standing.points == (max(reports) if reports else best)


@pytest.fixture
def fuse_in_sql(transactional_db):
    return Board.objects.get(pk="fuse")


@pytest.mark.parametrize("operator", ["best", "total"])
async def test_a_rebuild_under_fire_loses_nothing(fuse_in_sql, operator):
    fuse_in_sql.operator = operator
    await fuse_in_sql.asave()
    players = [await Player.objects.acreate(name=f"p{n}") for n in range(20)]
    count = 0

    async def fire():
        nonlocal count
        for number in range(400):
            player = players[number % 20]
            await boards.submit(FinishedRun(f"r{number}", "fuse", player.pk, player.card, number * 7 % 501, 0, "{}"))
            count += 1
            await asyncio.sleep(0.001)

    async def rebuild_often():
        rebuilt = 0
        while count < 400:
            await rebuild.rebuild(fuse_in_sql)
            rebuilt += 1
            await _write_history(rounds=1)
        return rebuilt

    _, rebuilt = await asyncio.gather(fire(), rebuild_often())
    assert rebuilt >= 3
    combine = {"best": max, "total": sum}[operator]
    expected = {player.pk: combine(n * 7 % 501 for n in range(400) if players[n % 20] == player) for player in players}
    read = await standings.top("fuse", "day", 100)
    assert {row.player: row.points for row in read.rows} == expected
    assert await rebuild.differences(fuse_in_sql) == []


async def test_a_difference_is_found_and_mended(fuse_in_sql):
    bob = await Player.objects.acreate(name="Bob")
    await boards.submit(FinishedRun("r1", "fuse", bob.pk, bob.card, 100, 0, "{}"))
    await _write_history()
    today = definitions.period(fuse_in_sql, "day").id
    await client().zadd(keys.standings("fuse", today), {str(bob.pk): 9999.5, "4711": 5.5})
    assert len(await rebuild.differences(fuse_in_sql)) == 2
    await rebuild.rebuild(fuse_in_sql)
    assert await rebuild.differences(fuse_in_sql) == []
    assert (await standings.standing("fuse", "day", bob.pk)).points == 100


async def test_trimming_waits_for_a_repair_and_repairs_for_trimming(fuse_in_sql):
    bob = await Player.objects.acreate(name="Bob")
    await boards.submit(FinishedRun("r1", "fuse", bob.pk, bob.card, 100, 0, "{}"))
    connection = blocking(1)
    for group in consumers.GROUPS:
        await GroupReader(group, "w", consumers.streams).step(connection, block_ms=None)
    await boards.submit(FinishedRun("r2", "fuse", bob.pk, bob.card, 200, 0, "{}"))
    for group in consumers.GROUPS:
        await GroupReader(group, "w", consumers.streams).step(connection, block_ms=None)
    await connection.aclose()
    async with hold(results.repair_lock("fuse")):
        assert await consumers.trim() == 0
    assert await consumers.trim() == 1


async def test_a_repairer_that_stalled_and_woke_up_puts_nothing_in_place(fuse_in_sql):
    bob = await Player.objects.acreate(name="Bob")
    await boards.submit(FinishedRun("r1", "fuse", bob.pk, bob.card, 100, 0, "{}"))
    await rebuild.rebuild(fuse_in_sql)
    today = definitions.period(fuse_in_sql, "day")
    with pytest.raises(LockLost):
        await rebuild._rebuild_period(fuse_in_sql, today, 0, lambda *_: None)
    with pytest.raises(LockLost):
        await moderation._put_right_on(fuse_in_sql, today, bob.pk, await moderation._flying(fuse_in_sql, bob.pk), 0)
    assert (await standings.standing("fuse", "day", bob.pk)).points == 100


async def test_a_hidden_player_is_put_on_no_board_whatever_was_worked_out(fuse_in_sql):
    bob = await Player.objects.acreate(name="Bob")
    await boards.submit(FinishedRun("r1", "fuse", bob.pk, bob.card, 100, 0, "{}"))
    today = definitions.period(fuse_in_sql, "day")
    await client().sadd(keys.hidden("fuse"), str(bob.pk))  # Between working out and putting.
    await moderation._put_right_on(fuse_in_sql, today, bob.pk, await moderation._flying(fuse_in_sql, bob.pk), 1)
    assert (await standings.standing("fuse", "day", bob.pk)).rank is None


@pytest.mark.parametrize(("operator", "points"), [("best", 70), ("total", 110), ("latest", 40)])
async def test_dead_letters_and_replays_keep_rebuilt_boards_equal(fuse_in_sql, operator, points):
    fuse_in_sql.operator = operator
    await fuse_in_sql.asave()
    definitions.forget()
    bob = await Player.objects.acreate(name="Bob")
    await boards.submit(FinishedRun("r1", "fuse", bob.pk, bob.card, 70, 0, "{}"))

    async def fail(entries):
        raise ValueError("not yet")

    connection = blocking(1)
    for _ in range(5):
        await GroupReader(Group("history", fail), "w", consumers.streams).step(connection, block_ms=None)
    await connection.aclose()
    await boards.submit(FinishedRun("r2", "fuse", bob.pk, bob.card, 40, 0, "{}"))

    async def holds():
        assert (await standings.standing("fuse", "day", bob.pk)).points == points
        assert await rebuild.differences(fuse_in_sql) == []

    await client().xtrim(keys.runs("fuse"), maxlen=1)  # The dead one is in the stream no more.
    await rebuild.rebuild(fuse_in_sql)
    await holds()
    assert sum(await asyncio.gather(*(replay_dead_letters(keys.runs("fuse")) for _ in range(5)))) == 1
    await rebuild.rebuild(fuse_in_sql)
    await holds()
    await _write_history()
    await rebuild.rebuild(fuse_in_sql)
    await holds()


async def test_a_redis_that_lost_everything_is_told_who_is_hidden_before_its_boards_are_rebuilt(fuse_in_sql):
    bob = await Player.objects.acreate(name="Bob")
    await moderation.hide_player(bob, reason="a bot", by=None)
    await client().delete(keys.hidden("fuse"))
    await rebuild.rebuild(fuse_in_sql)
    with pytest.raises(PlayerHidden):
        await boards.submit(FinishedRun("r1", "fuse", bob.pk, bob.card, 100, 0, "{}"))
