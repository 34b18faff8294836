"""The pages around a match that is over: its board, its players, its replay; and whom and what they do not show."""

import pytest
from django.test import AsyncClient

from games.models import Match, MatchSeat, Rating
from games.rooms import keys
from leaderboard.models import HiddenPlayer
from store.client import client
from tests.rooms.conftest import drain_matches, room_of, say_ended, two_players
from tests.worker import drain

pytestmark = pytest.mark.django_db(transaction=True)


async def rated_match(places: list[int]):
    players = await two_players()
    await say_ended("room0", players, places, [{}, {}], 1_800_000_000_000)
    await drain_matches()
    await drain()
    return players


async def test_a_rating_on_the_board_leads_to_the_match_and_play_to_the_search():
    await rated_match([1, 2])
    shown = await AsyncClient().get("/replays/room0.0/")
    assert (shown.status_code, shown["Location"]) == (302, "/rooms/room0/?replay")
    assert (await AsyncClient().get(shown["Location"])).status_code == 200
    board = (await AsyncClient().get("/boards/fuse-duel/?period=all")).content.decode()
    assert 'action="/play/fuse-duel/"' in board
    play = await AsyncClient().post("/play/fuse-duel/")
    assert (play.status_code, play["Location"]) == (302, "/rooms/play/fuse-duel/")
    assert (await AsyncClient().get("/replays/nothing.0/")).status_code == 404


@pytest.mark.parametrize(("places", "words"), [([1, 2], ["Won", "Lost"]), ([1, 1], ["Drew", "Drew"])])
async def test_a_profile_says_how_a_match_ended(places, words):
    for player, word in zip(await rated_match(places), words, strict=True):
        page = (await AsyncClient().get(f"/players/{player.name}/")).content.decode()
        assert f"{word} with" in page


async def test_a_match_of_a_hidden_player_is_not_shown():
    ada, bela = await rated_match([1, 2])
    assert ada.name in (await AsyncClient().get("/watch/")).content.decode()
    await HiddenPlayer.objects.acreate(player=ada)
    assert ada.name not in (await AsyncClient().get("/watch/")).content.decode()
    assert (await AsyncClient().get("/rooms/room0/?replay")).status_code == 404
    assert (await AsyncClient().get("/rooms/room0/frames.json")).status_code == 404
    assert "/rooms/room0/" not in (await AsyncClient().get(f"/players/{bela.name}/")).content.decode()


async def test_a_game_that_was_removed_breaks_no_page():
    ada, bela = await rated_match([1, 2])
    await Rating.objects.filter(player=ada).aupdate(game="removed")
    await Match.objects.filter(pk="room0").aupdate(game="removed")
    assert (await AsyncClient().get(f"/players/{ada.name}/")).status_code == 200
    assert (await AsyncClient().get("/watch/")).status_code == 200
    assert (await AsyncClient().get("/rooms/room0/?replay")).status_code == 404
    assert (await AsyncClient().get("/rooms/room0/frames.json")).status_code == 404
    room = await room_of(ada, bela)
    await client().hset(keys.room(room), "game", "removed")
    assert (await AsyncClient().get(f"/rooms/{room}/")).status_code == 404
    assert await MatchSeat.objects.acount() == 2
