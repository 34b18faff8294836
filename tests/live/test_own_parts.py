"""A page that is rendered for all players can show nothing of one of them by mistake."""

import asyncio
from types import SimpleNamespace

import pytest
from django.http import HttpResponse
from django.template import Context, Template, engines
from django.test import AsyncRequestFactory

from live.servers.kept_page import Kept
from live.servers.own_parts import SKELETON, Anybody, NotShared, Own, Skeleton, own, suits
from live.servers.shared_pages import SHARED, shared

ADA = SimpleNamespace(pk=7, name="Ada & Co")


def asked(page: Skeleton | None = None):
    request = AsyncRequestFactory().get("/")
    request.player = Anybody() if page else ADA
    request.scope |= {SHARED: None} | ({SKELETON: page} if page else {})
    return request


def rendered(source: str, request, **values) -> str:
    engine = engines["django"].engine
    return Template(source, engine=engine).render(Context({"request": request, "player": request.player} | values))


def filled(body: str, page: Skeleton, player, values, *, gzip: bool = False) -> str:
    kept = Kept("", "", [], body.encode(), False, page)
    return kept.answer("TOKEN", gzip=gzip, player=player, values=values)[1].decode()


@pytest.mark.parametrize("made", [Anybody, lambda: Own(0)], ids=["player", "value"])
@pytest.mark.parametrize(
    "read", [str, lambda it: it.pk, lambda it: it == 7, lambda it: f"{it}", lambda it: hasattr(it, "name")]
)
def test_what_stands_for_a_player_tells_nothing(made, read):
    with pytest.raises(NotShared):
        read(made())


def test_only_a_player_may_be_asked_for():
    assert Anybody()
    with pytest.raises(NotShared):
        bool(Own(0))


@pytest.mark.parametrize(
    "source",
    [
        "{{ player }}",
        "{{ player.name }}",
        "{{ player.pk|default:3 }}",
        "{% if player.is_staff %}x{% endif %}",
        "{% if player == 7 %}x{% endif %}",
        "{% if value %}x{% endif %}",
        "{{ value.rank }}",
        "{{ value }}",
        "{% with name=player.name %}x{% endwith %}",
        "{% for each in value %}x{% endfor %}",
        "{% for each in player %}x{% endfor %}",
        "{% blocktranslate with name=player.name %}Account of {{ name }}{% endblocktranslate %}",
        "{% firstof player.name 'x' %}",
        "{{ value|yesno }}",
        "{{ value|length }}",
        "{{ value|json_script:'x' }}",
        "{{ value|safe }}",
        "{{ value|add:1 }}",
        "{{ player|default_if_none:'' }}",
    ],
)
async def test_a_template_that_shows_something_of_a_player_is_not_shared(source):
    page = Skeleton("en", frozenset())
    request = asked(page)
    value = await own(request, lambda player: None)
    try:
        shown = rendered(source, request, value=value)
    except (NotShared, TypeError):
        return
    # Django's own filters turn some errors into nothing; then nothing is shown.
    assert shown in ("", "0")


async def test_own_parts_are_each_player_s():
    page = Skeleton("en", frozenset())
    request = asked(page)

    async def rank(player):
        await asyncio.sleep(0)
        return {7: 3, 8: None}[player.pk]

    async def seen(player, cookie):
        return f"{player.name}: {cookie}"

    values = {"rank": await own(request, rank), "seen": await own(request, seen, cookie="seen")}
    source = "{% if player %}in{% endif %} {% own %}{{ player.name }} {{ rank }} {{ seen }}{% endown %} {{ same }}"
    body = rendered(source, request, same="<same>", **values)
    assert "Ada" not in body
    for player, cookies in ((ADA, {"seen": "a&b"}), (SimpleNamespace(pk=8, name="Bela"), {})):
        read = await page.read(player, cookies)
        expected = rendered(
            source,
            SimpleNamespace(player=player, scope={}),
            same="<same>",
            rank=await rank(player),
            seen=await seen(player, cookies.get("seen", "")),
        )
        assert filled(body, page, player, read) == expected
    plain = asked()
    plain.COOKIES["seen"] = "a"
    assert [await own(plain, rank), await own(plain, seen, cookie="seen")] == [3, "Ada & Co: a"]
    plain.player = None
    assert await own(plain, rank) is None


async def test_parts_in_loops_have_their_own_values():
    page = Skeleton("en", frozenset())
    request = asked(page)

    def times(factor):
        async def read(player):
            return factor * player.pk

        return read

    each = [{"name": factor, "points": await own(request, times(factor))} for factor in (1, 2, 3)]
    line = "{% with points=one.points %}{{ one.name }}{% own %}={{ points }}{% endown %} {% endwith %}"
    source = f"{{% for one in each %}}{line}{{% endfor %}}"
    body = rendered(source, request, each=each)
    assert filled(body, page, ADA, await page.read(ADA, {})) == "1=7 2=14 3=21 "


async def test_a_page_that_does_not_suit_a_player_is_rendered_for_them():
    page = Skeleton("en", frozenset())
    request = asked(page)

    async def points(player):
        return player.pk

    value = await own(request, points)
    suits(request, value, lambda points, player: points != 7)
    assert await page.read(ADA, {}) is None
    assert await page.read(SimpleNamespace(pk=8), {}) == [8]
    suits(asked(), 7, lambda *_: False)  # Means nothing where the page is rendered for its player.


@pytest.mark.parametrize("gzip", [False, True])
def test_lines_that_one_player_sees_otherwise(gzip):
    page = Skeleton("en", frozenset())
    lines = [page.line(number, f"<li>{number}</li>", lambda n=number: f"<li>you, {n}</li>") for number in (1, 2, 3, 2)]
    body = f"<ul>{''.join(lines)}</ul>\n"
    assert filled(body, page, ADA, []) == "<ul><li>1</li><li>2</li><li>3</li><li>2</li></ul>\n"
    own_body = filled(body, page, SimpleNamespace(pk=2), [])
    assert own_body == "<ul><li>1</li><li>you, 2</li><li>3</li><li>you, 2</li></ul>\n"
    assert filled(body, page, SimpleNamespace(pk=3), []).count("you") == 1


def test_a_mark_that_somebody_writes_is_text():
    page = Skeleton("en", frozenset())
    body = f"own-0000000000000000-p0; {page.mark[:-3]} {page.line(1, 'x', str)}"
    assert filled(body, page, ADA, []) == f"own-0000000000000000-p0; {page.mark[:-3]} x"


async def test_a_view_that_reads_the_player_is_not_shared():
    @shared
    async def greeting(request):
        return HttpResponse(f"Hello {request.player.name}")

    @shared
    async def same(request):
        return HttpResponse("Hello player" if request.player else "Hello")

    page = Skeleton("en", frozenset())
    request = asked(page)
    assert (await greeting(request)).status_code == 204
    assert request.scope[SHARED] is None
    assert (await greeting(asked())).content == b"Hello Ada & Co"
    assert (await same(request)).content == b"Hello player"
    assert request.scope[SHARED] == ("", "")
    for_ada = asked()
    await same(for_ada)
    assert for_ada.scope[SHARED] is None
    assert greeting.is_shared
