"""Names: look-alikes, reserved words, and a new one every 30 days."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.urls import get_resolver
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Player
from accounts.names import KEY_LENGTH_MAX, PATTERN, _first_parts, fold, validate_name
from leaderboard import boards
from leaderboard.reading import standings
from store.sync_loop import run_sync

GOOD = "correct horse"


@pytest.mark.parametrize(
    ("one", "other"),
    [("Bob", "b0b"), ("Ill", "1lI"), ("a_b-c", "a-b_c"), ("Mary", "rnary"), ("wow", "vvovv"), ("5am", "sam")],
)
def test_look_alikes_fold_to_the_same(one, other):
    assert fold(one) == fold(other)


@given(st.from_regex(PATTERN, fullmatch=True))
def test_a_fold_is_stable_under_case_and_fits(name):
    assert fold(name) == fold(name.upper()) == fold(name.swapcase())
    assert len(fold(name)) <= KEY_LENGTH_MAX


def test_every_first_part_of_an_address_is_reserved():
    parts = set(_first_parts("", get_resolver().url_patterns))
    assert {"boards", "accounts", "admin", "players", "shop", "nearby", "play", "replays", "livez", "readyz"} <= parts
    for part in parts:
        if PATTERN.fullmatch(part):
            with pytest.raises(ValidationError, match="reserved"):
                validate_name(part.upper())


@pytest.mark.parametrize("name", ["adm1n", "ADMIN", "Moderat0r", "rnoderator", "sh0p", "b0ards"])
def test_what_looks_reserved_is_reserved(name):
    with pytest.raises(ValidationError):
        validate_name(name)


@pytest.mark.django_db(transaction=True)
class TestKeys:
    def test_two_who_look_alike_cannot_both_be(self):
        Player.objects.create_user("Bob", GOOD)
        with pytest.raises(IntegrityError):
            Player.objects.create_user("B0B", GOOD)

    def test_signing_up_as_a_look_alike_says_so_beside_the_field(self, client):
        Player.objects.create_user("Billy", GOOD)
        response = client.post("/accounts/sign-up/", {"name": "Bi11y", "password": GOOD})
        assert response.status_code == 422
        assert "looks like one that is" in response.content.decode()

    def test_the_admin_says_so_too(self, client):
        client.force_login(Player.objects.create_superuser("Olga", GOOD))
        Player.objects.create_user("Bob", GOOD)
        response = client.post("/admin/accounts/player/add/", {"name": "b0b", "password": GOOD})
        assert response.status_code == 200
        assert "looks like one that is" in response.content.decode()

    def test_signing_in_takes_no_look_alike_for_the_name(self, client):
        Player.objects.create_user("Bob", GOOD)
        assert client.post("/accounts/sign-in/", {"name": "b0b", "password": GOOD}).status_code == 422

    def test_who_looked_alike_before_the_rule_can_still_be_saved_and_sign_in(self, client):
        Player.objects.create_user("Bob", GOOD)
        late = Player.objects.create_user("Late", GOOD)
        Player.objects.filter(pk=late.pk).update(name="B0b", name_key=f"bob#{late.pk}")
        player = Player.objects.get(pk=late.pk)
        player.country = "DE"
        player.full_clean(exclude=["password"])
        player.save()
        assert Player.objects.get(pk=late.pk).name_key == f"bob#{late.pk}"
        client.post("/accounts/sign-in/", {"name": "b0b", "password": GOOD})
        assert client.session["_auth_user_id"] == str(late.pk)


@pytest.mark.django_db(transaction=True)
class TestRename:
    @pytest.fixture
    def bob(self, client):
        player = Player.objects.create_user("Bob", GOOD)
        client.force_login(player)
        return player

    def test_a_new_name_shows_on_the_board(self, client, bob, finished):
        run_sync(boards.submit(finished(bob, 500)))
        assert client.post("/accounts/name/", {"name": "Bobby"}).status_code == 302
        [row] = run_sync(standings.top("fuse", "day", 10)).rows
        assert row.card.name == "Bobby"

    def test_the_next_one_comes_after_thirty_days(self, client, bob):
        client.post("/accounts/name/", {"name": "Bobby"})
        response = client.post("/accounts/name/", {"name": "Robert"})
        assert response.status_code == 422
        page = response.content.decode()
        assert "again on" in page
        assert 'value="Robert"' in page
        assert Player.objects.get().name == "Bobby"
        Player.objects.update(renamed_at=datetime.now(UTC) - timedelta(days=30, minutes=1))
        assert client.post("/accounts/name/", {"name": "Robert"}).status_code == 302

    def test_a_taken_name_is_refused_and_the_own_one_in_other_case_is_not(self, client, bob):
        Player.objects.create_user("Carol", GOOD)
        assert client.post("/accounts/name/", {"name": "caro1"}).status_code == 422
        assert client.post("/accounts/name/", {"name": "BOB"}).status_code == 302
        assert Player.objects.get(pk=bob.pk).name == "BOB"
