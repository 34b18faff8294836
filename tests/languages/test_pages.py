"""Which language a page speaks, and that its words, numbers and dates are of it."""

from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.utils import translation

from accounts.models import Player
from gameapp.languages import SocketLanguageMiddleware, catalog
from games.modes import daily_board
from leaderboard import words
from leaderboard.periods import in_words
from live.errors import GameError
from live.rate_limits import TooMany
from store.limits import Decision
from tests.sockets import Socket
from wallet import reasons

pytestmark = pytest.mark.django_db

PLAY = {
    "en": "Play at once",
    "de": "Sofort spielen",
    "es": "Juega ya",
    "fr": "Joue tout de suite",
    "pt": "Jogue já",
    "ja": "すぐに遊ぶ",
}


def page(client, path="/", **headers):
    answer = client.get(path, headers=headers)
    return answer, answer.content.decode()


@pytest.mark.parametrize("language", PLAY)
def test_a_page_speaks_what_the_browser_asks_for(client, language):
    answer, text = page(client, accept_language=f"xx, {language};q=0.8, en;q=0.1")
    assert PLAY[language] in text and f'<html lang="{language}" dir="ltr"' in text
    assert answer["Content-Language"] == language and "Accept-Language" in answer["Vary"]


@pytest.mark.parametrize(
    ("asked", "spoken"), [("pt-BR", "pt"), ("de-AT,de", "de"), ("nl", "en"), ("", "en"), ("*", "en"), ("\x80", "en")]
)
def test_a_language_that_is_not_there_is_the_nearest_or_english(client, asked, spoken):
    assert f'<html lang="{spoken}"' in page(client, accept_language=asked)[1]


def test_a_refusal_speaks_it_too(client):
    assert "Hier ist nichts" in page(client, "/boards/nothing/", accept_language="de")[1]
    assert "Diese Anfrage ergibt keinen Sinn" in page(client, "/?a=%00", accept_language="de")[1]


def test_what_is_chosen_at_the_foot_of_a_page_stays(client):
    answer = client.post("/language/", {"language": "fr", "next": "/boards/"})
    assert answer.status_code == 302 and answer["Location"] == "/boards/"
    assert "Classements" in page(client, "/boards/", accept_language="de")[1]


@pytest.mark.parametrize("given", ["", "xx", "en; Max-Age=0", "../de"])
def test_nonsense_for_a_language_changes_nothing(client, given):
    answer = client.post("/language/", {"language": given, "next": "https://evil.example/"})
    assert answer.status_code == 302 and answer["Location"] == "/"
    assert settings.LANGUAGE_COOKIE_NAME not in answer.cookies


def test_a_players_choice_goes_with_them_to_every_device(client, django_user_model):
    player = django_user_model.objects.create_user("Ada", "correct horse battery")
    client.force_login(player)
    client.post("/language/", {"language": "ja"})
    player.refresh_from_db()
    assert player.language == "ja"
    client.cookies.pop(settings.LANGUAGE_COOKIE_NAME)
    assert "すぐに遊ぶ" in page(client, accept_language="de")[1]


def test_settings_have_the_language_and_answer_in_it(client, django_user_model):
    player = django_user_model.objects.create_user("Ada", "correct horse battery", theme="dark")
    client.force_login(player)
    answer = client.post("/accounts/settings/", {"language": "es", "visibility": "everyone"}, follow=True)
    text = answer.content.decode()
    assert "Guardado." in text and '<option value="es" selected>' in text
    client.post("/accounts/settings/", {"visibility": "everyone"})  # A form without the field changes nothing.
    player.refresh_from_db()
    assert (player.language, player.theme) == ("es", "dark")


def test_a_request_leaves_no_language_behind(client):
    page(client, accept_language="ja")
    assert translation.get_language() == "en"


@pytest.mark.parametrize(
    ("language", "written"),
    [("en", "1,234,567"), ("de", "1.234.567"), ("es", "1.234"), ("fr", "1\u202f234"), ("ja", "1,234")],
)
def test_numbers_are_of_the_language(language, written):
    with translation.override(language):
        assert words.number(1_234_567).startswith(written)


@pytest.mark.parametrize(
    ("language", "day", "week"),
    [
        ("en", "28 Nov 2026", "Week 47, 2026"),
        ("de", "28. Nov. 2026", "Woche 47, 2026"),
        ("ja", "2026年11月28日", "2026年第47週"),
    ],
)
def test_days_and_weeks_are_of_the_language(language, day, week):
    with translation.override(language):
        assert (in_words("day:2026-11-28"), in_words("week:2026-W47")) == (day, week)


def test_an_error_is_translated_when_it_is_shown():
    error = GameError("A socket watches at most {count} topics.", count=12)
    wait = TooMany(Decision(False, 5, 0, 1))
    assert str(error) == "A socket watches at most 12 topics."
    assert str(wait) == "That was too often. Try again in 1 second."
    with translation.override("de"):
        assert str(error) == "Ein Socket verfolgt höchstens 12 Themen."
        assert str(wait) == "Das war zu oft. Versuch es in 1 Sekunde wieder."


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ("a run of 12,345 points", "ein Lauf: 12.345 Punkte"),
        ("for “First steps”", "für „Erste Schritte“"),
        ("bought Gold", "Gold gekauft"),
        ("a gift", "ein Geschenk"),
        ("thanks for the report", "thanks for the report"),
    ],
)
def test_what_coins_were_for_is_said_in_the_language(kept, shown):
    with translation.override("de"):
        assert reasons.in_language(kept) == shown


def test_the_scripts_get_their_words():
    assert catalog("en") == "{}"
    assert "Wirklich beenden?" in catalog("de") and "Tages-Fuse" in catalog("de") and "<" not in catalog("de")


class GermanBrowser(Socket):
    """A socket whose browser asks for German."""

    async def _signed_in(self, scope, receive, send):
        application = SocketLanguageMiddleware(super()._signed_in)
        asked = {"player": self.player, "headers": [(b"accept-language", b"de")]}
        return await application({**scope, **asked}, receive, send)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("chosen", "said"), [("", "Dieses Thema gibt es nicht."), ("fr", "Ce sujet n’existe pas.")])
async def test_a_socket_refuses_in_the_language_of_its_player(chosen, said):
    player = await Player.objects.acreate(name="Ada", language=chosen)
    async with GermanBrowser("/ws/", player) as socket:
        await socket.say(type="watch", topic="nothing:here")
        assert (await socket.next("error"))["message"] == said


def test_a_moment_is_in_utc_until_a_script_has_run(client, django_user_model):
    ada = django_user_model.objects.create_user("Ada", "correct horse battery")
    Player.objects.filter(pk=ada.pk).update(joined_at=datetime(2026, 1, 2, tzinfo=UTC))
    assert "joined 2 Jan 2026" in page(client, "/players/Ada/")[1]
    assert "dabei seit 2. Jan. 2026" in page(client, "/players/Ada/", accept_language="de")[1]


@pytest.mark.parametrize("query", ["", "?period=day&after=of-nowhere"])
def test_the_name_of_a_tab_is_translated_as_the_heading_is(client, query):
    _, text = page(client, f"/boards/{daily_board('fuse')}/{query}", accept_language="de")
    assert "<title>Tages-Fuse: Heute" in text and "<title>Daily" not in text
