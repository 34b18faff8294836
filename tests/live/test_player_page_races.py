"""Shared pages for players under races, refusals and outages, each at the moment that a test picks."""

import asyncio
from types import SimpleNamespace

import pytest

from live.servers.own_parts import SKELETON, NotShared
from live.servers.player_pages import AWAY, PlayerPages
from live.servers.shared_pages import SHARED
from store.client import StoreUnavailable

ADA, BELA, CLEO = (SimpleNamespace(pk=pk, language="", flags=frozenset()) for pk in (1, 2, 3))
PLAYERS = {"ada": ADA, "bela": BELA, "cleo": CLEO}


@pytest.fixture(autouse=True)
def _kept(settings):
    settings.SHARED_PAGE_S = 1.0


class Pages:
    """`PlayerPages` before an application that says for whom it rendered; `status` and `before` are the test's."""

    def __init__(self) -> None:
        self.rendered: list[str] = []
        self.status = 200
        self.before = lambda who: asyncio.sleep(0)
        self.values = lambda player: None
        self.pages = PlayerPages(self.application, self.find, self.flags, lambda _: "en", self.visit, lambda *_: False)

    async def application(self, scope, receive, send):
        page = scope.get(SKELETON)
        who = "all" if page else "one"
        self.rendered.append(f"{who} {scope[AWAY]}" if AWAY in scope else who)
        await self.before(who)
        body = f"{who}: {' '.join(sorted(page.flags)) if page else ''}".encode()
        if page and self.status == 200:
            page.request = SimpleNamespace(scope=scope)
            scope[SHARED] = ("", "")
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": body})

    async def find(self, key):
        await asyncio.sleep(0)
        return PLAYERS.get(key)

    async def flags(self, player):
        await asyncio.sleep(0)
        self.values(player)
        return player.flags

    async def visit(self, cookies, scope, game):
        return None

    async def get(self, who: str, path: str = "/", query: str = "", host: str = "here") -> str:
        sent = []

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "query_string": query.encode(),
            "headers": [(b"host", host.encode()), (b"cookie", f"sessionid={who}".encode())],
        }
        await self.pages(scope, None, send)
        return sent[-1]["body"].decode()


async def test_many_who_come_at_once_wait_for_one_page():
    pages = Pages()
    assert await asyncio.gather(*(pages.get("ada") for _ in range(20))) == ["all: "] * 20
    assert pages.rendered == ["all"]
    assert await pages.get("nobody") == "one: "


async def test_nobody_gets_a_page_of_other_flags_however_many_change_them(monkeypatch):
    monkeypatch.setattr(ADA, "flags", frozenset({"secret"}))
    pages = Pages()
    for order in (["ada", "bela", "cleo"], ["bela", "ada", "cleo"], ["cleo", "bela", "ada"]) * 4:
        found = await asyncio.gather(*(pages.get(who) for who in order))
        assert found == ["all: secret" if who == "ada" else "all: " for who in order]
    assert len(pages.rendered) == 2


async def test_somebody_who_leaves_takes_no_page_from_the_others():
    pages, going_on = Pages(), asyncio.Event()
    pages.before = lambda who: going_on.wait()
    leaving, staying = (asyncio.create_task(pages.get(who)) for who in ("ada", "bela"))
    while not pages.rendered:
        await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.sleep(0)
    going_on.set()
    assert await staying == "all: "


async def test_a_page_that_hangs_is_rendered_for_each(settings):
    settings.SQL_TIMEOUT_S = 0.05
    pages, ever = Pages(), asyncio.Event()
    pages.before = lambda who: ever.wait() if who == "all" else asyncio.sleep(0)
    assert await asyncio.gather(*(pages.get("ada") for _ in range(3))) == ["one: "] * 3
    assert pages.rendered == ["all", "one", "one", "one"]
    settings.SQL_TIMEOUT_S = 20
    pages.before = lambda who: asyncio.sleep(0)
    while pages.pages._rendering:
        await asyncio.sleep(0.01)
    assert await pages.get("ada") == "all: "


async def test_a_page_for_all_that_takes_too_long_ends_as_if_its_reader_left(settings, monkeypatch):
    settings.SQL_TIMEOUT_S = 0.05
    monkeypatch.setattr("live.servers.player_pages.GRACE_S", 60.0)
    pages, told = Pages(), []

    async def application(scope, receive, send):
        if SKELETON in scope:
            told.extend([(await receive())["type"], (await receive())["type"]])
        else:
            await send({"type": "http.response.body", "body": b"one: "})

    pages.pages.application = application
    assert await pages.get("ada") == "one: "
    while pages.pages._rendering:
        await asyncio.sleep(0.01)
    assert told == ["http.request", "http.disconnect"]


@pytest.mark.parametrize(
    ("status", "is_tried_again"), [(404, False), (302, False), (500, False), (400, True), (415, True), (429, True)]
)
async def test_what_is_no_page_is_not_tried_again_unless_it_may_be_one_next_time(status, is_tried_again):
    pages = Pages()
    pages.status = status
    for _ in range(3):
        await pages.get("ada")
    assert pages.rendered == (["all", "one"] * 3 if is_tried_again else ["all", "one", "one", "one"])
    await pages.get("ada", "/boards/fuse/")  # Of another address nothing is known yet.
    await pages.get("ada", host="there")
    assert pages.rendered.count("all") == (5 if is_tried_again else 3)


async def test_an_outage_is_waited_for_once_and_is_over_at_once():
    pages = Pages()

    def away(player):
        raise StoreUnavailable(reason="its memory is full")

    pages.values = away
    await pages.get("ada")
    assert pages.rendered == ["one its memory is full"]
    pages.values = lambda player: None
    pages.status = 503
    await pages.get("ada")
    assert pages.rendered[1:] == ["all", "one "]
    pages.status = 200
    assert await pages.get("ada") == "all: "


async def test_a_page_that_fails_for_a_player_is_rendered_for_them(caplog):
    pages = Pages()

    def broken(player):
        raise ValueError("a fault of ours")

    pages.values = broken
    assert await pages.get("ada") == "one: "
    assert "a fault of ours" in caplog.text
    pages.values = lambda player: None
    assert await pages.get("ada") == "all: "


async def test_a_part_that_reads_too_much_is_said_once(caplog):
    pages = Pages()

    def reads_too_much(player):
        raise NotShared

    pages.values = reads_too_much
    for _ in range(3):
        assert await pages.get("ada") == "one: "
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("path", "query"), [("/boards/fuse/", "show=following"), ("/accounts/settings/", ""), ("/no/such/", "")]
)
async def test_what_is_each_player_s_costs_no_page_for_all(path, query):
    pages = Pages()
    assert await pages.get("ada", path, query) == "one: "
    assert pages.rendered == ["one"]


async def test_old_pages_are_dropped_and_never_more_than_the_most_are_kept(monkeypatch):
    monkeypatch.setattr("live.servers.shared_pages.KEPT_MAX", 5)
    monkeypatch.setattr("live.servers.player_pages.KEPT_MAX", 5)
    pages = Pages()
    for number in range(12):
        await pages.get("ada", query=f"x={number}")
    assert len(pages.pages._pages._kept) == 5
    monkeypatch.setattr("live.servers.shared_pages.STALE_S", -1.0)
    await pages.get("ada", query="x=another")
    assert len(pages.pages._pages._kept) <= 1
    pages.status = 404
    for number in range(12):
        await pages.get("ada", query=f"y={number}")
    assert len(pages.pages._refused) == 5
