"""The life of a run."""

import asyncio
import json
from typing import Any

import msgspec
import pytest
from django.test import AsyncClient

from accounts.models import Player
from games import keys, ranking, runs
from games.game import UnknownInput, find
from games.kept_runs.record import states
from leaderboard import boards
from leaderboard import keys as board_keys
from leaderboard.known_boards import now_ms
from leaderboard.reading import standings
from store.client import client

pytestmark = pytest.mark.usefixtures("fuse")

FUSE = find("fuse")
SPIN = ("left", "down", "right", "up")


async def play_on(run: runs.Run, moves: int) -> runs.Run:
    for number in range(moves):
        if run.over:
            break
        run = await runs.move(run, SPIN[number % 4])
    return run


async def play_to_the_end(run: runs.Run) -> runs.Run:
    return await play_on(run, 100_000)


async def test_beginning_again_goes_on_with_the_open_run(alice):
    first = await runs.begin(FUSE, alice.pk)
    moved = await play_on(first, 5)
    assert await runs.begin(FUSE, alice.pk) == moved


async def test_twenty_tabs_that_begin_at_once_share_one_run(alice, prefix):
    begun = await asyncio.gather(*(runs.begin(FUSE, alice.pk) for _ in range(20)))
    assert len({run.id for run in begun}) == 1
    assert len(await client().keys(f"{prefix}:games:*:run")) == 1


async def test_a_new_run_begins_after_the_old_one_is_over(alice):
    first = await runs.begin(FUSE, alice.pk)
    await runs.end(first)
    assert (await runs.begin(FUSE, alice.pk)).id != first.id


async def test_a_run_goes_on_where_it_was_left_in_any_process(alice):
    moved = await play_on(await runs.begin(FUSE, alice.pk), 10)
    assert await runs.load(moved.id, alice.pk) == moved


async def test_somebody_elses_run_is_refused(alice, bob):
    run = await runs.begin(FUSE, alice.pk)
    with pytest.raises(runs.NotYourRun):
        await runs.load(run.id, bob.pk)


async def test_a_run_that_never_was_is_unknown(alice):
    with pytest.raises(runs.UnknownRun):
        await runs.load("nothing", alice.pk)


async def test_an_input_that_the_game_does_not_have_is_refused(alice):
    run = await runs.begin(FUSE, alice.pk)
    with pytest.raises(UnknownInput):
        await runs.move(run, "sideways")


async def test_of_fifty_equal_moves_at_once_one_is_played(alice):
    run = await runs.begin(FUSE, alice.pk)
    done = await asyncio.gather(*(runs.move(run, "left") for _ in range(50)))
    assert sum(after is not None for after in done) == 1
    assert (await runs.load(run.id, alice.pk)).seq == 1


async def test_an_ended_run_takes_no_move_even_from_an_old_copy(alice):
    run = await runs.begin(FUSE, alice.pk)
    await runs.end(run)
    assert await runs.move(run, "left") is None
    with pytest.raises(runs.RunOver):
        await runs.move(await runs.load(run.id, alice.pk), "left")


def replayed(seed: str, inputs: list[str]) -> Any:
    """The state that these inputs lead to."""
    *_, last = states(FUSE, seed, inputs)
    return last


async def test_the_log_replays_to_the_same_state(alice):
    run = await play_to_the_end(await runs.begin(FUSE, alice.pk))
    inputs = await client().lrange(keys.inputs(run.id), 0, -1)
    assert replayed(run.seed, inputs) == run.state
    assert len(inputs) == run.state.step - 1


async def test_an_input_that_changes_nothing_takes_a_number_and_is_not_logged(alice):
    run = await runs.begin(FUSE, alice.pk)
    settled = replayed(run.seed, ["left"] * 600)  # Left for long enough moves nothing any more.
    run = msgspec.structs.replace(run, state=settled)
    after = await runs.move(run, "left")
    assert (after.seq, after.state) == (1, settled)
    assert await client().llen(keys.inputs(run.id)) == 0


async def test_a_finished_run_is_ranked_with_the_points_that_the_server_counted(alice):
    run = await play_to_the_end(await runs.begin(FUSE, alice.pk))
    report = await ranking.rank(run, alice.card)
    assert report.points == run.points == replayed(run.seed, json.loads(await record_of())["inputs"]).points
    assert (await standings.standing("fuse", "day", alice.pk)).points == run.points


async def record_of() -> str:
    from leaderboard.keys import runs as stream

    [(_, fields)] = await client().xrange(stream("fuse"))
    return fields["record"]


async def test_ranking_twice_is_ranking_once(alice):
    run = await runs.end(await play_on(await runs.begin(FUSE, alice.pk), 20))
    assert await ranking.rank(run, alice.card) == await ranking.rank(run, alice.card)
    assert await boards.accepted_today(["fuse"]) == 1


async def test_a_ranked_run_is_forgotten_before_its_report_so_that_it_is_never_ranked_anew(alice):
    run = await runs.end(await play_on(await runs.begin(FUSE, alice.pk), 20))
    await ranking.rank(run, alice.card)
    report_ms = await client().pttl(board_keys.report("fuse", run.id))
    for name in (keys.run(run.id), keys.inputs(run.id)):
        assert 0 < await client().pttl(name) < report_ms - 3600 * 1000


async def test_showing_a_ranked_run_again_and_again_does_not_lengthen_its_life(alice):
    run = await runs.end(await play_on(await runs.begin(FUSE, alice.pk), 20))
    await ranking.rank(run, alice.card)
    for name in (keys.run(run.id), keys.inputs(run.id)):
        await client().pexpire(name, 60_000)  # Nearly a day later…
    await ranking.rank(run, alice.card)
    for name in (keys.run(run.id), keys.inputs(run.id)):
        assert 0 < await client().pttl(name) <= 60_000


async def test_a_run_whose_process_died_before_ranking_it_is_found(alice):
    ended = await runs.end(await runs.begin(FUSE, alice.pk))
    assert await ranking.unsettled() == []
    later_ms = now_ms() + ranking.SETTLE_AFTER_MS
    assert [run.id for run in await ranking.unsettled(now_ms=later_ms)] == [ended.id]
    await ranking.rank(ended, alice.card)
    assert await ranking.unsettled(now_ms=later_ms) == []


async def test_a_run_that_did_not_end_after_all_is_not_settled(alice):
    run = await runs.begin(FUSE, alice.pk)
    await client().zadd(keys.finishing(), {run.id: 0})
    assert await ranking.unsettled() == []
    assert await client().zcard(keys.finishing()) == 0


async def test_runs_are_forgotten_a_week_after_their_last_move(alice):
    run = await play_on(await runs.begin(FUSE, alice.pk), 8)
    for name in (keys.run(run.id), keys.inputs(run.id), keys.current(alice.pk, "fuse")):
        assert 0 < await client().pttl(name) <= runs.TTL_MS


async def test_a_run_ends_at_the_most_inputs_it_may_have(alice):
    run = await play_to_the_end(await runs.begin(FUSE, alice.pk, inputs_max=3))
    assert run.over
    assert run.seq == 3


@pytest.mark.django_db(transaction=True)
async def test_the_lobby_says_where_an_open_run_goes_on():
    browser, alice = AsyncClient(), await Player.objects.acreate(name="Alice")
    await browser.aforce_login(alice)
    assert await runs.waiting_points(FUSE, alice.pk) is None
    run = await play_on(await runs.begin(FUSE, alice.pk), 20)
    assert await runs.waiting_points(FUSE, alice.pk) == run.points > 0
    assert f"You go on at {run.points:,} points." in (await browser.get("/")).content.decode()
    await runs.end(run)
    assert "You go on at" not in (await browser.get("/")).content.decode()
