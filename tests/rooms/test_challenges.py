"""Challenges and blocks: who may ask whom, and who never meets."""

import msgspec
import pytest
from django.test import AsyncClient

from accounts.models import Player
from accounts.sessions.engine import session_name
from games.models import Block, MatchSeat, Rating
from games.rooms import registry, rooms
from games.rooms.meeting.challenges import CHALLENGE_S
from people import deletion, export
from store.client import client
from tests.rooms.conftest import seat, twelve_matches, two_players
from tests.sockets import Socket

pytestmark = pytest.mark.django_db(transaction=True)


async def signed_in(player: Player) -> tuple[AsyncClient, str]:
    browser = AsyncClient()
    await browser.aforce_login(player)
    return browser, session_name((await browser.asession()).session_key)


async def challenge(browser: AsyncClient, name: str):
    return await browser.post(f"/players/{name}/challenge/", {"game": "fuse-duel"})


async def test_a_challenge_is_shown_at_once_and_leads_both_to_one_room():
    ada, bela = await two_players()
    (hers, _), (his, session) = await signed_in(ada), await signed_in(bela)
    async with Socket("/ws/", bela, session) as page:
        answer = await challenge(hers, "Bela")
        told = await page.next("challenged")
    assert (told["by"], told["title"], told["seconds"]) == ("Ada", "Fuse Duel", CHALLENGE_S)
    room = told["room"]
    assert answer.url == f"/rooms/{room}/"
    assert 0 < await client().pttl(rooms.keys.room(room)) <= 1000 * CHALLENGE_S
    assert (await his.post(f"/rooms/{room}/sit/")).status_code == 302
    found = await rooms.load(room)
    assert found.players == [ada.pk, bela.pk]
    assert await client().pttl(rooms.keys.room(room)) > 1000 * CHALLENGE_S


async def test_nobody_else_takes_the_seat():
    ada, _ = await two_players()
    carl = await Player.objects.acreate(name="Carl")
    room = (await challenge((await signed_in(ada))[0], "Bela")).url.split("/")[2]
    await (await signed_in(carl))[0].post(f"/rooms/{room}/sit/")
    assert (await rooms.load(room)).players == [ada.pk]


async def test_who_takes_none_or_has_blocked_the_other_is_not_asked():
    ada, bela = await two_players()
    browser, _ = await signed_in(ada)
    bela.challenges = False
    await bela.asave()
    assert (await challenge(browser, "Bela")).url == "/players/Bela/"
    bela.challenges = True
    await bela.asave()
    assert (await (await signed_in(bela))[0].post("/players/Ada/block/")).status_code == 302
    assert (await challenge(browser, "Bela")).url == "/players/Bela/"
    assert await Block.objects.acount() == 1


async def test_who_is_blocked_takes_no_seat_by_a_link():
    ada, bela = await two_players()
    await Block.objects.acreate(player=ada, blocked=bela)
    room = await rooms.make(rooms.find_room_game("fuse-duel"), [seat(ada), None], rated=True)
    await (await signed_in(bela))[0].post(f"/rooms/{room}/sit/")
    assert (await rooms.load(room)).players == [ada.pk]


async def test_challenging_oneself_and_nobody_are_not_found():
    ada, _ = await two_players()
    browser, _ = await signed_in(ada)
    for name in ("Ada", "Nobody1"):
        assert (await challenge(browser, name)).status_code == 404
    assert (await browser.post("/players/Bela/challenge/", {"game": "chess"})).status_code == 404


async def test_a_flood_of_challenges_stops():
    ada, _ = await two_players()
    browser, _ = await signed_in(ada)
    answers = [(await challenge(browser, "Bela")).status_code for _ in range(12)]
    assert answers[-1] == 429


async def test_matches_are_exported_and_forgotten_with_their_player():
    await twelve_matches()
    ada = await Player.objects.aget(name="Ada")
    kept = await export.export(ada)
    assert len(kept["matches"]) == 12
    assert kept["ratings"][0]["matches"] == 10
    page = await AsyncClient().get("/players/Ada/")
    assert "rated matches won" in page.content.decode()
    await deletion.delete(ada)
    assert await Rating.objects.filter(player=ada.pk).acount() == 0
    assert await MatchSeat.objects.filter(name="Ada").acount() == 0
    assert await MatchSeat.objects.filter(name="Somebody", player=None).acount() == 12


async def test_two_tabs_of_one_place_are_not_rated_by_a_link_either():
    ada, bela = await two_players()
    game = rooms.find_room_game("fuse-duel")
    for origins, is_rated in ((("same", "same"), False), (("one", "other"), True), (("", ""), False)):
        room = await rooms.make(game, [seat(ada), None], rated=True)
        first, second = of_place(seat(ada), origins[0]), of_place(seat(bela), origins[1])
        await client().hset(rooms.keys.room(room), "seat:0", msgspec.json.encode(first).decode())
        await rooms.sit(await rooms.load(room), second)
        assert (await rooms.load(room)).is_rated is is_rated
        await registry.end(room, [ada.pk, bela.pk])


def of_place(taken: rooms.Seat, origin: str) -> rooms.Seat:
    return rooms.Seat(taken.player, taken.card, taken.rating, origin=origin)


async def test_who_was_in_a_room_that_is_gone_is_free():
    ada, bela = await two_players()
    room = await rooms.make(rooms.find_room_game("fuse-duel"), [seat(ada), seat(bela)], rated=True)
    assert await registry.room_of(ada.pk) == room
    await registry.end(room, [])  # As a runner does that finds no keys of it.
    assert await registry.room_of(ada.pk) is None
    assert await client().hget(rooms.keys.playing(), str(ada.pk)) is None
