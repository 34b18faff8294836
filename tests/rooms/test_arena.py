"""An arena through its sockets, with runners beside it: coming, leaving, the end of a round, the next one."""

import asyncio

import msgspec
import pytest
from django.test import AsyncClient

from accounts.models import Player
from games.models import Block, Match, MatchSeat, Rating
from games.rooms import keys, registry, rooms
from games.rooms.after import replays
from games.rooms.game import find_room_game
from games.rooms.meeting import arena
from leaderboard.reading import standings
from store.client import StoreUnavailable, client
from tests.rooms.conftest import RoomSocket, drain_matches, running, seat, two_players
from tests.worker import drain
from wallet.models import LedgerEntry

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_countdown")]
CLAIM = find_room_game("claim")


class Page(RoomSocket):
    """A page of an arena."""

    def who(self, number: int) -> int | None:
        """Whose the seat is; 0 is a bot."""
        held = self.key and self.key["seats"][number]
        return held and held["player"]

    @property
    def acked(self) -> list[int]:
        return super().acked if self.key else [0] * 16


async def many(count: int) -> list[Player]:
    return [await Player.objects.acreate(name=f"Player{number}") for number in range(count)]


@pytest.fixture
def short(monkeypatch):
    """Rounds of two seconds."""
    monkeypatch.setattr(CLAIM.rules, "LENGTH_TICKS", 20)


async def test_two_come_to_one_arena_and_leave_their_seats_to_bots():
    ada, bela = await two_players()
    first = await arena.come(CLAIM, seat(ada))
    async with running(), Page(first, ada) as one:
        await one.join()
        await one.until(lambda: one.who(0) == ada.pk)
        assert await arena.come(CLAIM, seat(bela)) == first
        async with Page(first, bela) as other:
            await other.join()
            assert other.seat == 1
            await other.until(lambda: other.who(1) == bela.pk)
            await other.play("left")
            await other.until(lambda: other.acked[1] == 1)
            await other.say(type="resign")
            await one.until(lambda: one.who(1) == 0)
            async with asyncio.timeout(20):
                while await registry.room_of(bela.pk):
                    await asyncio.sleep(0.02)
            await other.say(type="input", n=2, input="up")
            assert (await other.next("error"))["code"] == "not_your_seat"
            assert await arena.come(CLAIM, seat(bela)) == first  # And is welcome again.


async def test_whoever_comes_at_once_is_led_to_one_arena_and_the_seventeenth_to_another():
    players = await many(17)
    rooms_found = await asyncio.gather(*(arena.come(CLAIM, seat(each)) for each in players[:16]))
    assert len(set(rooms_found)) == 1
    assert await arena.come(CLAIM, seat(players[16])) not in rooms_found
    kept = await rooms.load(rooms_found[0])
    assert sorted(kept.players) == sorted(each.pk for each in players[:16])


async def test_who_plays_elsewhere_comes_to_no_arena():
    ada, bela = await two_players()
    duel = await rooms.make(find_room_game("fuse-duel"), [seat(ada), seat(bela)], rated=True)
    with pytest.raises(registry.Elsewhere):
        await arena.come(CLAIM, seat(ada))
    assert await registry.room_of(ada.pk) == duel
    led = await client().get(keys.arena("claim"))
    assert (await rooms.load(led)).players == []


async def test_an_arena_that_is_over_takes_nobody_and_a_new_one_is_made():
    ada, bela = await two_players()
    first = await arena.come(CLAIM, seat(ada))
    await client().hset(keys.room(first), "status", "over")
    await registry.end(first, [ada.pk])
    with pytest.raises(rooms.RoomOver):
        await rooms.sit(await rooms.load(first), seat(bela))
    assert await arena.come(CLAIM, seat(bela)) != first


async def test_a_round_ends_in_results_for_all_and_leads_to_the_next(short):
    people = await many(4)
    room = await arena.come(CLAIM, seat(people[0]))
    for each in people[1:]:
        assert await arena.come(CLAIM, seat(each)) == room
    idle = await Player.objects.acreate(name="Idle")
    assert await arena.come(CLAIM, seat(idle)) == room
    pages = [Page(room, each) for each in people]
    async with running(), pages[0], pages[1], pages[2], pages[3], Page(room) as watcher, Page(room, idle) as lying_open:
        await watcher.join()
        await lying_open.join()
        for page in pages:
            await page.join()
            await page.play("left")
            await page.until(lambda page=page: page.acked[page.seat] == 1)
        for page in pages:
            await page.until(lambda page=page: page.status == "over")
        told = {(await page.next("room_next"))["room"] for page in (*pages, watcher)}
        [next_room] = told
        later = await rooms.load(next_room)
        assert later.players == [each.pk for each in people]
        assert later.pause_ms == 1_000 * CLAIM.arena.pause_s
        await drain_matches()
        rated = await watcher.next("rated")
        assert [bool(each) for each in rated["after"]] == [True] * 4 + [False] * 12
    match = await Match.objects.aget(pk=room)
    assert match.is_rated
    seats = [each async for each in MatchSeat.objects.filter(match=match)]
    # Who sat there without a turn took no part.
    assert [each.number for each in seats] == [0, 1, 2, 3, 5, 6, 7]
    assert [bool(each.rating_after) for each in seats] == [True] * 4 + [False] * 3
    assert await Rating.objects.filter(game="claim").acount() == 4
    await drain()
    points = {row.player: row.points for row in (await standings.top("claim", "day", 9)).rows}
    assert points == {each.player_id: each.points for each in seats if each.player_id and each.points}
    assert len((await standings.top("claim-rating", "all", 9)).rows) == 4
    paid = [row.amount async for row in LedgerEntry.objects.filter(reason="a match of Claim")]
    assert len(paid) == len(points)  # Once for each: the rating pays nothing.


async def test_a_round_whose_end_broke_off_is_ended_by_the_next_owner(short, monkeypatch):
    monkeypatch.setattr(registry, "LEASE_MS", 1_000)
    monkeypatch.setattr("games.rooms.running.runner.RENEW_S", 0.2)
    tried, go_on = [], arena.go_on

    async def breaks_once(ended):
        tried.append(ended.room.id)
        if len(tried) == 1:
            raise StoreUnavailable("away")
        await go_on(ended)

    monkeypatch.setattr(arena, "go_on", breaks_once)
    ada = (await many(1))[0]
    room = await arena.come(CLAIM, seat(ada))
    async with running(), Page(room, ada) as page:
        await page.join()
        await page.play("left")
        next_room = (await page.next("room_next"))["room"]
    assert tried == [room, room]
    assert (await rooms.load(next_room)).players == [ada.pk]
    assert await client().get(keys.arena("claim")) == next_room
    await drain_matches()
    assert await Match.objects.acount() == 1


async def test_who_leaves_late_is_rated_as_last_and_gets_no_points(short, monkeypatch):
    monkeypatch.setattr("games.claim.room_rules.LENGTH_TICKS", 40)
    object.__setattr__(CLAIM.arena, "late_tick", 0)
    people = await many(4)
    room = await arena.come(CLAIM, seat(people[0]))
    for each in people[1:]:
        assert await arena.come(CLAIM, seat(each)) == room
    pages = [Page(room, each) for each in people]
    async with running(), pages[0], pages[1], pages[2], pages[3]:
        for page in pages:
            await page.join()
            await page.play("left")
            await page.until(lambda page=page: page.acked[page.seat] == 1)
        await pages[3].say(type="resign")
        await pages[0].until(lambda: pages[0].status == "over")
    object.__setattr__(CLAIM.arena, "late_tick", 900)
    await drain_matches()
    assert (await Match.objects.aget(pk=room)).is_rated
    left = await MatchSeat.objects.aget(match=room, player=people[3])
    others = [each async for each in MatchSeat.objects.filter(match=room).exclude(pk=left.pk)]
    assert left.place > max(each.place for each in others)
    assert left.rating_after < left.rating_before
    assert (await standings.standing("claim", "day", people[3].pk)).rank is None
    assert (await AsyncClient().get(f"/rooms/{room}/?replay")).status_code == 200


async def test_a_room_that_is_over_gives_nobody_their_old_seat():
    ada = (await many(1))[0]
    room = await arena.come(CLAIM, seat(ada))
    await client().hset(keys.room(room), "status", "over")
    await registry.end(room, [ada.pk])
    assert await arena.come(CLAIM, seat(ada)) != room


async def test_who_has_begun_a_duel_does_not_play_the_next_round_too():
    ada, bela = await two_players()
    following = await rooms.make(CLAIM, [seat(ada), *[None] * 15], rated=True, id="following")
    duel = await rooms.make(find_room_game("fuse-duel"), [seat(ada), seat(bela)], rated=True)
    async with running(), Page(following, ada) as page:
        await page.say(type="join", connection="page", take=True)
        assert (await page.next("error"))["code"] == "elsewhere"
        await page.say(type="input", n=1, input="left")
        assert (await page.next("error"))["code"] == "not_your_seat"
    assert (await rooms.load(following)).players == []
    assert await registry.room_of(ada.pk) == duel


async def test_who_blocked_somebody_is_led_to_another_arena():
    ada, bela = await two_players()
    room = await arena.come(CLAIM, seat(ada))
    await Block.objects.acreate(player=ada, blocked=bela)
    assert await arena.come(CLAIM, seat(bela)) != room


async def test_with_fewer_than_four_people_a_round_counts_for_points_and_not_for_ratings(short):
    ada = (await many(1))[0]
    room = await arena.come(CLAIM, seat(ada))
    async with running(), Page(room, ada) as page:
        await page.join()
        await page.play("left")
        await page.until(lambda: page.status == "over")
    await drain_matches()
    assert not (await Match.objects.aget(pk=room)).is_rated
    assert await Rating.objects.acount() == 0
    assert (await standings.standing("claim", "day", ada.pk)).rank == 1


async def test_its_replay_shows_the_round_again(short):
    ada = (await many(1))[0]
    room = await arena.come(CLAIM, seat(ada))
    async with running(), Page(room, ada) as page:
        await page.join()
        await page.play("left")
        await page.until(lambda: page.status == "over")
        shown = page.key["view"]
    await drain_matches()
    match = await Match.objects.aget(pk=room)
    found = await replays.frames(match, 0)
    assert found["total"] == len(found["frames"]) == replays.length(match) + 1
    state = CLAIM.rules.new(match.seed, 16)
    for entry in replays._log.decode(match.log):
        state = replays.after(CLAIM, state, entry)
    assert msgspec.json.decode(msgspec.json.encode(CLAIM.rules.view(state))) == shown
    answer = await AsyncClient().get(f"/rooms/{room}/?replay")
    assert answer.status_code == 200


async def test_another_runner_goes_on_with_the_round():
    ada, _ = await two_players()
    room = await arena.come(CLAIM, seat(ada))
    async with Page(room, ada) as page:
        async with running("r1"):
            await page.join()
            await page.until(lambda: page.version > 5 and page.who(0) == ada.pk)
        shown = page.version
        async with running("r2"):
            await page.until(lambda: page.key["epoch"] == 2 and page.version > shown + 5)
            assert page.who(0) == ada.pk
            await page.play("left")
            await page.until(lambda: page.acked[0] == 1)


async def test_a_steering_flood_is_refused_and_the_round_goes_on(settings):
    from store.limits import Policy

    settings.RATE_LIMITS = settings.RATE_LIMITS | {"room_input": Policy(40, 60)}
    ada, bela = await two_players()
    room = await arena.come(CLAIM, seat(ada))
    assert await arena.come(CLAIM, seat(bela)) == room
    async with running(), Page(room, ada) as flooder, Page(room, bela) as other:
        await flooder.join()
        await other.join()
        await other.until(lambda: other.who(1) == bela.pk)
        for number in range(1, 121):
            await flooder.say(type="input", n=number, input=("left", "up", "right", "down")[number % 4])
        assert (await flooder.next("error"))["code"] == "too_many"
        shown = other.version
        await other.until(lambda: other.version > shown + 3)
