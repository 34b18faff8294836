"""A page that is rendered for all players can show nothing of one of them by mistake."""

import asyncio
from types import SimpleNamespace

import pytest
from django.http import HttpResponse
from django.template import Context, Template, TemplateSyntaxError, engines
from django.test import AsyncRequestFactory

from live.servers.kept_page import Kept
from live.servers.own_parts import SKELETON, Anybody, NotShared, Own, Skeleton, own, suits
from live.servers.shared_pages import SHARED, shared

ADA = SimpleNamespace(pk=7, name="Ada & Co")


def asked(page: Skeleton | None = None):
    request = AsyncRequestFactory().get("/")
    request.player = Anybody(page) if page else ADA
    request.scope |= {SHARED: None} | ({SKELETON: page} if page else {})
    if page:
        page.request = request
    return request


def rendered(source: str, request, **values) -> str:
    engine = engines["django"].engine
    return Template(source, engine=engine).render(Context({"request": request, "player": request.player} | values))


def filled(body: str, page: Skeleton, player, values, *, gzip: bool = False) -> str:
    page.request = page.request or asked()
    kept = Kept("", "", [], body.encode(), False, page)
    return kept.answer("TOKEN", gzip=gzip, player=player, values=values)[1].decode()


USES = [
    str,
    bool,
    len,
    list,
    int,
    lambda it: it.pk,
    lambda it: it == 7,
    lambda it: it != 7,
    lambda it: it > 7,
    lambda it: 7 in it,
    lambda it: it + 1,
    lambda it: f"{it}",
    lambda it: it["name"],
    lambda it: hasattr(it, "name"),
]


@pytest.mark.parametrize("made", [Anybody, lambda page: Own(page, 0)], ids=["player", "value"])
@pytest.mark.parametrize("use", USES)
def test_what_stands_for_a_player_refuses_any_use(made, use):
    page = Skeleton("en", frozenset())
    if use is bool and made is Anybody:
        assert use(made(page))  # There is a player.
        assert not page.refused
        return
    with pytest.raises(NotShared):
        use(made(page))
    assert page.refused


@pytest.mark.parametrize(
    "source",
    [
        "{{ player }}",
        "{{ player.name }}",
        "{{ player.pk|default:3 }}",
        "{{ request.player.name }}",
        "{{ request.user.name }}",
        "{% if player.is_staff %}x{% endif %}",
        "{% if not player.is_staff %}public{% else %}for staff{% endif %}",
        "{% if player.is_staff and 1 %}x{% endif %}",
        "{% if 0 or player.is_staff %}x{% endif %}",
        "{% if player == 7 %}x{% endif %}",
        "{% if player.pk != 7 %}x{% endif %}",
        "{% if value %}x{% endif %}",
        "{% if not value %}x{% endif %}",
        "{% if value > 3 %}x{% endif %}",
        "{% if 3 in value %}x{% endif %}",
        "{{ value.rank }}",
        "{{ value }}",
        "{{ card.value }}",
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
        "{{ value|floatformat }}",
        "{{ value|slugify }}",
        "{{ value|default:'x' }}",
    ],
)
async def test_a_template_that_shows_something_of_a_player_is_refused(source):
    page = Skeleton("en", frozenset())
    request = asked(page)
    request.user = request.player
    value = await own(request, lambda player: None)
    try:
        rendered(source, request, value=value, card={"value": value})
    except TypeError:
        return  # An error page is not shared.
    except NotShared:
        pass
    assert page.refused  # Though Django's own tags take some errors for false.


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
            SimpleNamespace(player=player, scope={}, GET={}),
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

    request = asked(Skeleton("en", frozenset()))
    assert (await greeting(request)).status_code == 204
    assert request.scope[SHARED] is None
    request = asked(Skeleton("en", frozenset()))
    assert (await greeting(asked())).content == b"Hello Ada & Co"
    assert (await same(request)).content == b"Hello player"
    assert request.scope[SHARED] == ("", "")
    for_ada = asked()
    await same(for_ada)
    assert for_ada.scope[SHARED] is None
    assert greeting.not_shared == ()
    assert shared(same, but=("show",)).not_shared == shared(but=("show",))(same).not_shared == ("show",)

    @shared
    async def quiet(request):
        return HttpResponse(rendered("{% if not player.pk %}x{% endif %}", request))

    assert (await quiet(asked(Skeleton("en", frozenset())))).status_code == 204


BLOCKS = "{% if player %}in{% endif %}{% own %}{% block a %}{% endblock %}{% endown %}"


def test_a_block_does_not_stand_in_an_own_part():
    with pytest.raises(TemplateSyntaxError, match="into the block"):
        Template(BLOCKS, engine=engines["django"].engine)


SAME = [
    "{% for x in many %}{% own %}{{ forloop.counter }}{{ forloop.last }}{{ player.name }}{% endown %}{% endfor %}",
    "{% for x in many %}{% for y in x %}{% own %}{{ forloop.parentloop.counter }}{% endown %}{% endfor %}{% endfor %}",
    "{% own %}{% with a=1 %}{{ a }}{% own %}{{ player.name }}{% endown %}{% endwith %}{% endown %}",
    "{% own %}{% firstof player.name as it %}{% endown %}[{{ it }}]",
    "{% autoescape off %}{% own %}{{ player.name }}{% endown %}{% endautoescape %}",
    "{% own %}{{ request.player.name }}{{ user.name }}{% endown %}",
    "{% own %}{% for x in many %}{% own_mark x %}{% endfor %}{% endown %}",
    "{% for x in many %}<li{% own_mark x %}>{% endfor %}",
    "{% own %}{% csrf_token %}{% endown %}",
    "{% own %}{% include 'leaderboard/_missing.html' with missing='following' %}{{ player.name }}{% endown %}",
]


@pytest.mark.parametrize("source", SAME)
async def test_a_part_is_what_it_is_on_a_page_for_one_visitor(source):
    page = Skeleton("en", frozenset())
    request = asked(page)
    many = [7, 8, 9] if "in x" not in source else ["ab", "cd", "ef"]
    body = rendered(source, request, many=many, csrf_token="TOKEN")
    plain = asked()
    plain.user = ADA
    expected = rendered(source, plain, many=many, csrf_token="TOKEN", user=ADA)
    assert [filled(body, page, ADA, []) for _ in range(3)] == [expected] * 3
    assert len(page.parts) + len(page.lines) <= 9  # They do not grow with each answer.
    assert not page.refused


async def test_a_part_that_reads_what_is_not_filled_in_refuses_its_page():
    page = Skeleton("en", frozenset())
    request = asked(page)
    value = await own(request, lambda player: None)
    for source in ("{% own %}{{ card.value }}{% endown %}", "{% own %}{% if not card.value %}x{% endif %}{% endown %}"):
        page.refused = False
        body = rendered(source, request, card={"value": value})
        assert not page.refused
        with pytest.raises(NotShared):
            filled(body, page, ADA, [1])
