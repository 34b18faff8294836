"""What runs earn: coins, progress and achievements, each once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Player
from achievements import awards
from achievements.models import Award, Progress
from achievements.rules import every, measures
from games.game import find
from games.kept_runs.record import record
from leaderboard import boards, keys
from leaderboard.boards import FinishedRun
from leaderboard.known_boards import now_ms
from leaderboard.seasons import closing
from leaderboard.stream import history
from store.client import client as redis
from tests.sockets import Socket
from tests.worker import drain
from visitors import active_days
from wallet import coins
from wallet.coins import RUN_COINS_MAX, coins_of

pytestmark = pytest.mark.django_db(transaction=True)

DAY_MS = 24 * 60 * 60 * 1000


def by_slug(slug: str):
    return next(each for each in every() if each.slug == slug)


@pytest.fixture
async def bob():
    return await Player.objects.acreate(name="Bob")


async def submit(player: Player, id: str, points: int = 100, record: str = "{}", at_ms: int | None = None) -> None:
    run = FinishedRun(id, "fuse", player.pk, player.card, points, 0, record)
    await boards.submit(run, at_ms=at_ms)


async def earned(player: Player) -> set[str]:
    return {slug async for slug in Award.objects.filter(player=player).values_list("slug", flat=True)}


def test_the_rules_are_sound():
    assert len({each.slug for each in every()}) == len(every())
    assert all(each.measure in measures() and each.target > 0 and each.coins > 0 for each in every())
    assert [coins_of(points) for points in (0, 199, 200, 10**7)] == [0, 1, 2, RUN_COINS_MAX]


async def test_a_first_run_pays_and_awards(bob):
    await submit(bob, "r1", 400)
    await drain()
    assert await earned(bob) == {"first-run"}
    expected = coins_of(400) + by_slug("first-run").coins
    assert (await coins.purse(bob.pk)).balance == expected


async def test_reading_again_pays_and_awards_nothing_more(bob):
    await submit(bob, "r1")
    await drain()
    before = await coins.purse(bob.pk)
    await redis().xgroup_setid(keys.runs("fuse"), history.GROUP.name, "0")
    await drain()
    assert await coins.purse(bob.pk) == before
    # Not even when Redis has forgotten that it paid: the ledger has not.
    async for name in redis().scan_iter(match="*:movement:*"):
        await redis().delete(name)
    await redis().xgroup_setid(keys.runs("fuse"), history.GROUP.name, "0")
    await drain()
    assert await coins.purse(bob.pk) == before


async def test_a_worker_that_dies_between_paying_and_awarding_pays_once(bob, monkeypatch):
    await submit(bob, "r1")
    own = Award.objects.aget_or_create

    async def die(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(type(Award.objects), "aget_or_create", die)
    with pytest.raises(KeyboardInterrupt):
        await drain()
    monkeypatch.undo()
    assert await earned(bob) == set()
    await drain()
    assert await earned(bob) == {"first-run"}
    assert (await coins.purse(bob.pk)).balance == coins_of(100) + 20
    assert own is not None


async def test_ten_runs_of_one_batch_all_count(bob):
    for n in range(10):
        await submit(bob, f"r{n}")
    await drain()
    assert "ten-runs" in await earned(bob)


async def test_the_largest_tile_comes_from_the_runs_own_record(bob):
    game = find("fuse")
    state = game.rules.new("seed")
    state = state.__class__(state.seed, (2048, *state.cells[1:]), 20_000)
    await submit(bob, "r1", 20_000, record(game, "seed", [], state))
    await drain()
    assert {"tile-128", "tile-512", "tile-2048", "points-10000"} <= await earned(bob)


async def test_days_in_a_row_make_a_streak(bob):
    today = datetime.now(UTC).date()
    for back in range(1, 7):
        await active_days.mark(bob.pk, today - timedelta(days=back))
    await submit(bob, "r1")
    await drain()
    assert {"streak-3", "streak-7"} <= await earned(bob)
    row = await Progress.objects.aget(player=bob, measure="streak")
    assert row.value == 7


@pytest.mark.parametrize(("others", "is_king"), [(0, False), (1, False), (2, True)])
async def test_the_king_of_the_day_is_crowned_when_it_ends_and_three_have_played(bob, others, is_king):
    yesterday_ms = now_ms() - 24 * 60 * 60 * 1000
    await submit(bob, "r0", 900, at_ms=yesterday_ms)
    rivals = [await Player.objects.acreate(name=f"Rival{n}") for n in range(others)]
    for number, rival in enumerate(rivals):
        await submit(rival, f"r{number + 1}", 100, at_ms=yesterday_ms)
    await drain()
    assert "day-first" not in await earned(bob)  # The day was not over, as far as anybody knew.
    for _ in range(2):
        await closing.close_ended()
    assert ("day-first" in await earned(bob)) is is_king
    assert not any(["day-first" in await earned(rival) for rival in rivals])
    assert (await coins.purse(bob.pk)).balance == coins_of(900) + 20 + (100 if is_king else 0)


async def test_an_award_is_announced_to_the_players_sockets_and_nobody_elses(bob):
    carol = await Player.objects.acreate(name="Carol")
    from accounts.sessions import engine
    from accounts.sessions.engine import SessionStore, session_name

    async def signed_in(player):
        session = SessionStore()
        await session.aset("_auth_user_id", str(player.pk))
        await session.asave()
        await engine.note_session(player.pk, session.session_key, 60)
        return session_name(session.session_key)

    async with Socket("/ws/", bob, await signed_in(bob)) as own, Socket("/ws/", carol, await signed_in(carol)) as other:
        await submit(bob, "r1")
        await drain()
        assert (await own.next("achieved"))["slug"] == "first-run"
        assert await other.quiet(0.3)


async def test_a_profile_shows_how_far_the_others_are(bob):
    await submit(bob, "r1", 2_500)
    await drain()
    shown = {each.achievement.slug: each for each in await awards.shown(bob)}
    assert shown["first-run"].at is not None
    assert (shown["points-10000"].reached, shown["points-10000"].percent) == (2_500, 25)
    assert shown["ten-runs"].reached == 1


async def test_somebody_who_is_gone_holds_nothing_up(bob):
    await submit(bob, "r1")
    await Player.objects.filter(pk=bob.pk).adelete()
    carol = await Player.objects.acreate(name="Carol")
    await submit(carol, "r2")
    await drain()
    assert "first-run" in await earned(carol)


def test_a_games_own_achievements_are_measured_by_its_own_marks():
    own = [each for each in every() if each.measure.startswith("fuse:")]
    assert {each.measure for each in own} == {f"fuse:{each.measure}" for each in find("fuse").achievements}
    assert len({each.slug for each in every()}) == len(every())


async def test_a_game_says_for_how_many_points_it_pays_a_coin(bob, monkeypatch):
    game = replace(find("fuse"), points_per_coin=50)
    monkeypatch.setattr(awards, "known", lambda slug: game if slug == "fuse" else None)
    await submit(bob, "r1", 400, record(find("fuse"), "seed", [], find("fuse").rules.new("seed")))
    await drain()
    assert (await coins.purse(bob.pk)).balance == 1 + 400 // 50 + by_slug("first-run").coins
