"""Players nearby: who is found, and that nobody is located better than their cell."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Player
from leaderboard import boards
from leaderboard.boards import FinishedRun
from moderation import visibility
from nearby import cells, keys
from nearby.cells import CELL_KM, ENOUGH, TTL_MS, NoPlace, Place, cell
from store.client import client as redis
from store.sync_loop import run_sync

BERLIN = Place(52.52, 13.405)


def km(one: Place, other: Place) -> float:
    """Great-circle distance."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*one, *other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371 * math.asin(min(1, math.sqrt(half)))


PLACES = st.builds(Place, st.floats(-84.9, 84.9), st.floats(-180, 180))


@given(PLACES)
def test_a_place_is_within_its_cell(place):
    assert km(place, cell(place)) <= CELL_KM * 0.75  # Half a diagonal, and a little for the Earth's shape.
    assert cell(cell(place)) == cell(place)


@given(PLACES, st.floats(-0.001, 0.001), st.floats(-0.001, 0.001))
def test_there_are_few_cells(place, north, east):
    """A step of a hundred metres leads to the same cell, or to one beside it."""
    other = Place(max(-85, min(85, place.latitude + north)), max(-180, min(180, place.longitude + east)))
    assert cell(place) == cell(other) or km(cell(place), cell(other)) < 2 * CELL_KM


@pytest.mark.parametrize("place", [(91, 0), (-86, 0), (0, 181), (math.nan, 0), (0, math.inf), (0, math.nan)])
def test_what_is_no_place_is_refused(place):
    with pytest.raises(NoPlace):
        cell(Place(*place))


class TestAround:
    async def test_nobody_is_named_before_three_are_near(self):
        await cells.join(1, BERLIN)
        for other in range(2, 2 + ENOUGH):
            found = await cells.around(1)
            assert found.neighbours == []
            assert found.until_ms > 0
            await cells.join(other, BERLIN)
        assert {each.player for each in (await cells.around(1)).neighbours} == {2, 3, 4}

    async def test_nearest_first_in_buckets_and_nobody_beyond_reach(self):
        await cells.join(1, BERLIN)
        for player, kilometres in ((2, 80), (3, 15), (4, 0), (5, 150)):
            await cells.join(player, Place(BERLIN.latitude + kilometres / 111.32, BERLIN.longitude))
        found = (await cells.around(1)).neighbours
        assert [(each.player, each.distance) for each in found] == [
            (4, "around the corner"),
            (3, "within 25 km"),
            (2, "within 100 km"),
        ]

    async def test_those_who_do_not_count_push_nobody_out(self):
        await cells.join(1, BERLIN)
        for guest in range(1_000, 1_000 + 3 * cells.NAMED_MAX):
            await cells.join(guest, BERLIN)
        further = Place(BERLIN.latitude + 15 / 111.32, BERLIN.longitude)
        for player in (2, 3, 4):
            await cells.join(player, further)

        async def counted(players):
            return {player for player in players if player < 1_000}

        found = (await cells.around(1, counted=counted)).neighbours
        assert {each.player for each in found} == {2, 3, 4}

    async def test_who_has_not_joined_sees_nobody(self):
        for player in range(2, 10):
            await cells.join(player, BERLIN)
        assert await cells.around(1) == cells.Nearby(0, [])

    async def test_leaving_forgets_at_once(self):
        await cells.join(1, BERLIN)
        await cells.leave(1)
        assert await cells.kept(1) is None
        assert not await redis().exists(keys.cells(), keys.cells_until())

    async def test_a_day_later_it_is_forgotten(self):
        await cells.join(1, BERLIN, now_ms=1_000)
        for player in range(2, 6):
            await cells.join(player, BERLIN, now_ms=5_000)
        assert (await cells.around(2, now_ms=TTL_MS + 999)).neighbours != []
        assert {each.player for each in (await cells.around(2, now_ms=TTL_MS + 1_000)).neighbours} == {3, 4, 5}
        assert await cells.kept(1) is None

    async def test_without_any_further_read_redis_itself_forgets(self):
        await cells.join(1, BERLIN)
        for name in (keys.cells(), keys.cells_until()):
            assert 0 < await redis().pttl(name) <= TTL_MS

    async def test_only_the_centre_of_the_cell_is_kept(self):
        exact = Place(52.518611, 13.408333)
        await cells.join(1, exact)
        [position] = await redis().geopos(keys.cells(), "1")
        kept = Place(position[1], position[0])
        assert km(kept, cell(exact)) < 0.002
        assert km(kept, exact) > 0.05


async def test_a_thousand_chosen_origins_locate_nobody_better_than_the_cell():
    """Whoever moves about and asks gets, for every place within the victim's cell, the very same answers."""
    rng = random.Random(7)
    home = cell(BERLIN)
    tries = [(rng.uniform(-0.03, 0.03), rng.uniform(-0.05, 0.05)) for _ in range(400)]
    around = [Place(home.latitude + north, home.longitude + east) for north, east in tries]
    inside = [place for place in around if cell(place) == home]
    far = max(inside, key=lambda place: km(place, inside[0]))
    assert km(inside[0], far) > 3
    origins = [
        Place(BERLIN.latitude + rng.uniform(-0.9, 0.9), BERLIN.longitude + rng.uniform(-1.4, 1.4)) for _ in range(1_000)
    ]
    for other in (8, 9, 10):  # The attacker's own, so that enough are in reach.
        await cells.join(other, BERLIN)
    answers = []
    for victim in (inside[0], far):
        await cells.join(1, victim)
        seen = []
        for origin in origins:
            await cells.join(7, origin)
            seen.append([each for each in (await cells.around(7)).neighbours if each.player == 1])
        answers.append(seen)
    assert answers[0] == answers[1]
    assert sum(map(bool, answers[0])) > 500  # The attacker did see the victim from most of them.


def test_the_cities_are_places():
    found = cells.cities()
    assert len(found) > 1_000
    assert {"Berlin, DE", "Tokyo, JP", "Reykjavík, IS"} <= set(found)
    for place in found.values():
        cell(place)


@pytest.mark.django_db(transaction=True)
class TestPage:
    @pytest.fixture
    def bob(self, client):
        player = Player.objects.create_user("Bob", "correct horse")
        client.force_login(player)
        return player

    def near(self, count: int) -> list[Player]:
        players = [Player.objects.create(name=f"near-{n}") for n in range(count)]
        for points, player in enumerate(players, start=10):
            run_sync(cells.join(player.pk, BERLIN))
            run_sync(boards.submit(FinishedRun(f"r{player.pk}", "fuse", player.pk, player.card, points, 0, "{}")))
        return players

    def test_it_is_off_and_explained(self, client, bob):
        page = client.get("/nearby/").content.decode()
        assert "off unless you switch it on" in page
        assert "24 hours" in page
        assert not run_sync(cells.around(bob.pk)).until_ms

    @pytest.mark.parametrize(
        "form", [{"city": "Berlin, DE"}, {"city": " berlin, de "}, {"latitude": "52.52", "longitude": "13.41"}]
    )
    def test_joining_by_city_or_position(self, client, bob, form):
        self.near(3)
        assert client.post("/nearby/", form).status_code == 302
        page = client.get("/nearby/").content.decode()
        assert "near-0" in page
        assert "around the corner" in page
        assert "#1" in page

    @pytest.mark.parametrize(
        ("form", "words"),
        [
            ({"city": "Atlantis"}, "Choose a city"),
            ({"city": ""}, "Choose a city"),
            ({"latitude": "x", "longitude": "1"}, "no place on Earth"),
            ({"latitude": "nan", "longitude": "1"}, "no place on Earth"),
            ({"latitude": "1e400", "longitude": "1"}, "no place on Earth"),
            ({}, "no place on Earth"),
        ],
    )
    def test_a_bad_place_says_so_and_keeps_what_was_typed(self, client, bob, form, words):
        response = client.post("/nearby/", form)
        assert response.status_code == 422
        page = response.content.decode()
        assert words in page
        assert f'value="{form["city"]}"' in page if form.get("city") else True
        assert not run_sync(cells.around(bob.pk)).until_ms

    def test_moving_about_is_limited_and_leaving_is_not(self, client, bob):
        statuses = [client.post("/nearby/", {"city": "Berlin, DE"}).status_code for _ in range(7)]
        assert statuses == [302] * 6 + [422]
        assert client.post("/nearby/", {"leave": "1"}).status_code == 302
        assert run_sync(cells.kept(bob.pk)) is None

    def test_the_board_can_be_filtered_to_those_near(self, client, bob):
        far = Player.objects.create(name="Faraway")
        run_sync(boards.submit(FinishedRun("far", "fuse", far.pk, far.card, 90_000, 0, "{}")))
        self.near(3)
        assert "is off for you" in client.get("/boards/fuse/?show=nearby").content.decode()
        client.post("/nearby/", {"city": "Berlin, DE"})
        page = client.get("/boards/fuse/?show=nearby").content.decode()
        assert "near-2" in page
        assert "Faraway" not in page
        assert "data-rank>2</td>" in page  # The rank on the whole board, behind Faraway.

    def test_hidden_players_are_not_near(self, client, bob):
        players = self.near(4)
        client.post("/nearby/", {"city": "Berlin, DE"})
        run_sync(visibility.hide_player(players[0], reason="cheats", by=None))
        page = client.get("/nearby/").content.decode()
        assert "near-0" not in page
        assert "near-1" in page
        run_sync(cells.join(players[0].pk, BERLIN))
        assert "near-0" not in client.get("/nearby/").content.decode()

    def test_strangers_sign_in_first(self, client):
        assert "/accounts/sign-in/" in client.get("/nearby/").headers["Location"]
        assert "/accounts/sign-in/" in client.get("/boards/fuse/?show=nearby").headers["Location"]
