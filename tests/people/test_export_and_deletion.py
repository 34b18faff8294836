"""A player's rights: everything kept about them as JSON, and being forgotten without a trace."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType

from accounts.follows import follow
from accounts.models import Follow, Player
from accounts.sessions import engine
from accounts.sessions.engine import SessionStore, session_exists, session_name
from games import runs
from games.game import find
from leaderboard import boards, keys
from leaderboard.boards import FinishedRun
from leaderboard.models import Placement, Run, Season
from leaderboard.reading import standings
from leaderboard.seasons import archive, closing
from leaderboard.stream import feed
from moderation import account_actions
from nearby import cells
from people import deletion, key_scan
from people.deletion import StaffStay
from presence import online
from store.client import client as redis
from store.keys import dead_letters, every_key
from store.stream import sequence_of
from store.sync_loop import run_sync
from tests.sockets import Socket
from tests.worker import drain
from visitors import active_days
from wallet import coins
from wallet.coins import Movement
from wallet.models import LedgerEntry

GOOD = "correct horse"
# So odd that nothing else in SQL or Redis looks like it.
ODD_ID, ODD_NAME = 31_415_926, "Zyxwvut-Q"

pytestmark = pytest.mark.django_db(transaction=True)


async def submit(player: Player, id: str, points: int, at_ms: int | None = None) -> None:
    await boards.submit(FinishedRun(id, "fuse", player.pk, player.card, points, 0, '{"game":"fuse"}'), at_ms=at_ms)


@pytest.fixture
async def odd():
    """A player who has used everything there is."""
    player = Player(pk=ODD_ID, name=ODD_NAME, email="zyxwvut@example.org", country="DE")
    player.set_password(GOOD)
    await player.asave()
    neighbour = await Player.objects.acreate(name="Neighbour")
    yesterday_ms = int((datetime.now(UTC) - timedelta(days=1)).timestamp() * 1000)
    await submit(neighbour, "n0", 450, at_ms=yesterday_ms)
    await submit(player, "p0", 400, at_ms=yesterday_ms)
    await closing.close_ended()
    await submit(player, "p1", 500)
    await submit(neighbour, "n1", 510)  # Whose report names the odd one.
    await drain()
    await submit(player, "p2", 700)  # Still on its way.
    await runs.begin(find("fuse"), player.pk)
    session = SessionStore()
    await session.aset("_auth_user_id", str(player.pk))
    await session.asave()
    await engine.note_session(player.pk, session.session_key, 3600)
    player.session = session_name(session.session_key)
    await coins.move(Movement(player.pk, 300, "a gift", "gift"))
    from wallet import shop

    await coins.buy(player.pk, shop.find("frame-ring"), "request-of-theirs")
    await cells.join(player.pk, cells.Place(52.52, 13.4))
    await online.renew(player.pk, "tab", player.card, visible=False, audience=[neighbour.pk])
    await active_days.mark(player.pk)
    from asgiref.sync import sync_to_async

    await sync_to_async(follow)(player, neighbour)
    await sync_to_async(follow)(neighbour, player)
    admin = await Player.objects.acreate(name="Olga", is_staff=True)
    kind = await sync_to_async(ContentType.objects.get_for_model)(Player)
    await LogEntry.objects.acreate(
        user=admin, content_type=kind, object_id=str(player.pk), object_repr=ODD_NAME, action_flag=CHANGE
    )
    return player


async def leftovers_in_redis() -> list[str]:
    """Every key and value that still speaks of the odd one."""
    found = []
    for name in await redis().keys(every_key()):
        kind = await redis().type(name)
        if kind == "none":
            continue  # It ended meanwhile.
        reads = {
            "string": redis().get,
            "hash": redis().hgetall,
            "set": redis().smembers,
            "list": lambda key: redis().lrange(key, 0, -1),
            "zset": lambda key: redis().zrange(key, 0, -1),
            "stream": redis().xrange,
        }
        if ":active:" in name or ":{active}:" in name:
            value = str(await redis().getbit(name, ODD_ID) and ODD_ID)
        else:
            try:
                value = str(await reads[kind](name))
            except UnicodeDecodeError:
                value = ""
        if any(word in name + value for word in (str(ODD_ID), ODD_NAME, "zyxwvut")):
            found.append(f"{name}: {value}")
    return found


async def leftovers_in_sql() -> list[str]:
    found = []
    for model in apps.get_models():
        async for row in model._default_manager.values():
            texts = [str(value) for value in row.values()]
            if str(ODD_ID) in texts or any(ODD_NAME in text or "zyxwvut" in text for text in texts):
                found.append(f"{model.__name__}: {row}")
    return found


class TestDeletion:
    async def test_nothing_is_left_anywhere(self, odd):
        assert len(await leftovers_in_redis()) >= 10
        assert len(await leftovers_in_sql()) >= 8
        await deletion.delete(odd)
        assert await leftovers_in_redis() == []
        assert await leftovers_in_sql() == []

    async def test_a_name_from_before_a_rename_goes_from_the_feed_too(self, odd):
        assert any(ODD_NAME in line.winners for _, line in await feed.lines())
        await Player.objects.filter(pk=odd.pk).aupdate(name="Renamed", name_key="renarned")
        await deletion.delete(await Player.objects.aget(pk=odd.pk))
        assert not any(ODD_NAME in line.winners for _, line in await feed.lines())

    async def test_a_dead_letter_of_theirs_is_kept_in_the_history(self, odd):
        [(entry_id, fields)] = await redis().xrevrange(keys.runs("fuse"), count=1)
        assert fields["run"] == "p2"
        await redis().xadd(dead_letters(keys.runs("fuse")), fields | {"_id": entry_id, "_reason": "x", "_group": "g"})
        await redis().xdel(keys.runs("fuse"), entry_id)
        await deletion.delete(odd)
        assert (await Run.objects.aget(pk="p2")).sequence == sequence_of(entry_id)
        assert await leftovers_in_redis() == []

    async def test_history_stays_without_the_name(self, odd):
        await deletion.delete(odd)
        kept = {run.pk: run async for run in Run.objects.select_related("player")}
        assert {"p0", "p1", "p2", "n0", "n1"} == set(kept)
        gone = kept["p1"].player
        assert gone.is_gone
        assert not gone.is_active
        assert gone.shown_name == "Somebody"
        season = await Season.objects.aget(kind="day")
        names = [row.placement.player.shown_name for row in await archive.shown(season, 10)]
        assert names == ["Neighbour", "Somebody"]
        assert await Placement.objects.filter(season=season).acount() == 2

    async def test_boards_session_and_socket_are_gone_at_once(self, odd):
        socket = Socket("/ws/", odd, odd.session)
        await socket.connect(timeout=5)
        await deletion.delete(odd)
        assert await socket.closed() == 4401
        assert not await session_exists(odd.session)
        assert [row.card.name for row in (await standings.top("fuse", "all", 10)).rows] == ["Neighbour"]
        assert await Follow.objects.acount() == 0
        assert not await LedgerEntry.objects.filter(player_id=ODD_ID).aexists()

    async def test_a_neighbours_report_names_nobody_and_stays_idempotent(self, odd):
        neighbour = await Player.objects.aget(name="Neighbour")
        await deletion.delete(odd)
        again = await boards.submit(FinishedRun("n1", "fuse", neighbour.pk, neighbour.card, 510, 0, "{}"))
        assert again.points == 510
        shown = {(row.player, row.card.name) for change in again.changes for row in change.rows}
        assert shown == {(0, "Somebody"), (neighbour.pk, "Neighbour")}
        assert await Run.objects.acount() == 5

    async def test_a_crash_half_way_is_finished_by_the_worker(self, odd, monkeypatch):
        async def crash(*_):
            raise KeyboardInterrupt

        monkeypatch.setattr(key_scan, "erase", crash)
        with pytest.raises(KeyboardInterrupt):
            await deletion.delete(odd)
        monkeypatch.undo()
        assert await deletion.finish_leaving() == 0  # It may still be at work.
        await Player.objects.filter(pk=ODD_ID).aupdate(leaving_at=datetime.now(UTC) - timedelta(minutes=2))
        assert await deletion.finish_leaving() == 1
        assert await leftovers_in_redis() == []
        assert await leftovers_in_sql() == []

    async def test_a_run_that_the_worker_had_in_hand_brings_nothing_back(self, odd):
        await deletion.delete(odd)
        await drain()
        assert await leftovers_in_redis() == []
        assert await leftovers_in_sql() == []

    async def test_staff_stay(self, odd):
        odd.is_staff = True
        with pytest.raises(StaffStay):
            await deletion.delete(odd)
        assert await Player.objects.filter(pk=ODD_ID, is_active=True).aexists()


class TestStaleGuests:
    async def guest(self, name: str, joined_days_ago: int) -> Player:
        guest = await Player.objects.acreate(name=name, is_guest=True)
        joined = datetime.now(UTC) - timedelta(days=joined_days_ago)
        await Player.objects.filter(pk=guest.pk).aupdate(joined_at=joined)
        return guest

    async def test_only_guests_without_a_run_for_thirty_days_go(self):
        long_ago_ms = int((datetime.now(UTC) - timedelta(days=31)).timestamp() * 1000)
        stale, fresh = await self.guest("stale-otter-1234", 40), await self.guest("fresh-otter-1234", 29)
        active, member = await self.guest("active-otter-1234", 90), await Player.objects.acreate(name="Member")
        await Player.objects.filter(pk=member.pk).aupdate(joined_at=datetime.now(UTC) - timedelta(days=300))
        await submit(stale, "s1", 10, at_ms=long_ago_ms)
        await submit(active, "a1", 10)
        await drain()
        assert await deletion.remove_stale_guests() == 1
        left = {player.name async for player in Player.objects.filter(is_gone=False)}
        assert left == {fresh.name, active.name, member.name}
        run = await Run.objects.select_related("player").aget(pk="s1")
        assert run.player.shown_name == "Somebody"
        assert await deletion.remove_stale_guests() == 0


class TestPages:
    @pytest.fixture
    def bob(self, client):
        player = Player.objects.create_user("Bob", GOOD)
        client.force_login(player)
        return player

    def test_the_export_has_everything(self, client, bob):
        run_sync(submit(bob, "r1", 500))
        run_sync(drain())
        run_sync(cells.join(bob.pk, cells.Place(52.52, 13.4)))
        run_sync(account_actions.grant_coins(bob, 5, reason="a prize", by=None))
        response = client.get("/accounts/data/export.json")
        assert "attachment" in response.headers["Content-Disposition"]
        data = json.loads(response.content)
        assert data["player"]["name"] == "Bob"
        assert "password" not in json.dumps(data["player"])
        assert [run["points"] for run in data["runs"]] == [500]
        [board] = [each for each in data["boards"] if each["board"] == "fuse"]
        assert board["day"] == {"rank": 1, "points": 500}
        assert data["coins"] > 0
        assert {row["slug"] for row in data["achievements"]} == {"first-run"}
        assert len(data["sessions"]) == 1
        assert data["nearby_cell"]
        assert data["ledger"]
        assert [act["reason"] for act in data["acts_on_account"]] == ["a prize"]

    def test_deleting_takes_the_password(self, client, bob):
        response = client.post("/accounts/data/delete/", {"current": "wrong"})
        assert response.status_code == 422
        assert "not your password" in response.content.decode()
        assert Player.objects.filter(name="Bob").exists()
        assert client.post("/accounts/data/delete/", {"current": GOOD}).headers["Location"] == "/"
        assert not Player.objects.filter(name="Bob").exists()
        page = client.get("/").content.decode()
        assert "Your account is deleted" in page
        assert "data-player" not in page

    def test_a_guest_types_their_name(self, client):
        client.post("/play/fuse/")
        guest = Player.objects.get()
        assert client.post("/accounts/data/delete/", {"name": "somebody"}).status_code == 422
        assert client.post("/accounts/data/delete/", {"name": guest.name.upper()}).status_code == 302
        assert not Player.objects.exists()

    def test_the_admin_forgets_a_player_as_wholly(self, client, bob):
        run_sync(submit(bob, "r1", 500))
        run_sync(drain())
        client.force_login(Player.objects.create_superuser("Olga", GOOD))
        answer = client.post(f"/admin/accounts/player/{bob.pk}/delete/", {"post": "yes"})
        assert answer.status_code == 302
        assert not Player.objects.filter(name="Bob").exists()
        assert Run.objects.get().player.is_gone
        assert run_sync(standings.top("fuse", "day", 5)).rows == []

    def test_staff_are_told_why_not(self, client, bob):
        Player.objects.update(is_staff=True)
        client.post("/accounts/data/delete/", {"current": GOOD})
        assert Player.objects.filter(name="Bob", is_active=True).exists()

    @pytest.mark.parametrize("path", ["/accounts/data/", "/accounts/data/export.json", "/accounts/devices/"])
    def test_strangers_are_sent_to_sign_in(self, client, path):
        assert "/accounts/sign-in/" in client.get(path).headers["Location"]
