"""Stores that were lost or exchanged, a Redis that cannot do what it must, and folders that another server wrote."""

import time

import pytest
import redis as redis_package
from django.core.management import CommandError, call_command

from accounts.models import Player
from leaderboard import boards, keys
from leaderboard.boards import FinishedRun
from leaderboard.reading import standings
from operators import identity
from operators.backup import take
from operators.models import SiteIdentity
from store.client import client as redis
from store.client import close, url
from store.keys import every_key, site
from store.server import binary, datafolder, private, probe
from store.server.binary import NoServer
from store.server.datafolder import Made
from store.sync_loop import run_sync
from tests.servers import Started
from tests.worker import drain
from wallet import coins
from wallet import keys as wallet_keys
from wallet.coins import Movement

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def used(settings, tmp_path):
    """A site that is in use: a player with a run and coins, and stores that know each other."""
    settings.REDIS_URL, settings.DATA_DIR = url(), tmp_path
    player = Player.objects.create(name="Bob")
    run_sync(boards.submit(FinishedRun("r1", "fuse", player.pk, player.card, 500, 0, "{}")))
    run_sync(coins.move(Movement(player.pk, 70, "a gift", "g1")))
    run_sync(drain())
    run_sync(identity.unite())
    assert run_sync(identity.problems()) == []
    return player


async def _delete(*names: str) -> None:
    await redis().delete(*names)


async def _empty() -> None:
    async for name in redis().scan_iter(match=every_key()):
        await redis().delete(name)


def problem() -> str:
    [words] = run_sync(identity.problems())
    return words


def test_a_new_site_has_nothing_to_complain_of(settings, tmp_path):
    settings.REDIS_URL, settings.DATA_DIR = url(), tmp_path
    assert run_sync(identity.problems()) == []
    run_sync(identity.unite())
    assert run_sync(identity.problems()) == []
    id = SiteIdentity.objects.get().pk
    assert (tmp_path / "site_id").read_text().strip() == id
    assert run_sync(_get(site())) == id


async def _get(name: str):
    return await redis().get(name)


def test_a_lost_redis_is_named_and_written_from_sql(used, capsys):
    run_sync(_empty())
    assert "--rebuild-redis" in problem()
    with pytest.raises(take.Emptier):
        take.make(identity.settings.DATA_DIR / "backups")
    with pytest.raises(CommandError):
        call_command("stores")
    call_command("stores", rebuild_redis=True)
    assert "belong together" in capsys.readouterr().out
    assert run_sync(standings.standing("fuse", "all", used.pk)).points == 500
    assert run_sync(coins.purse(used.pk)).balance >= 70


@pytest.mark.parametrize("lost", ["balances", "board"])
def test_a_redis_that_lost_a_part_is_named(used, lost):
    name = wallet_keys.balances() if lost == "balances" else keys.standings("fuse", "all")
    run_sync(_delete(name))
    assert "--rebuild-redis" in problem()


def test_a_lost_database_is_named_and_nobody_inherits_its_coins(used):
    SiteIdentity.objects.all().delete()
    Player.objects.all().delete()
    assert "--forget-redis" in problem()
    run_sync(_delete(site()))  # As of a site from before it had an id.
    assert "--forget-redis" in problem()
    call_command("stores", forget_redis=True, yes=True)
    heir = Player.objects.create(pk=used.pk, name="Heir")
    assert run_sync(coins.purse(heir.pk)) == coins.Purse(0, frozenset())
    assert run_sync(standings.standing("fuse", "all", heir.pk)).rank is None


def test_a_lost_secret_key_is_named(used, settings):
    settings.SECRET_KEY = "another one that is long enough to be a secret key of a site"
    assert "--new-secret" in problem()
    settings.SECRET_KEY_FALLBACKS = ["only-for-tests-and-long-enough-to-be-one"]
    assert run_sync(identity.problems()) == []
    settings.SECRET_KEY_FALLBACKS = []
    call_command("stores", new_secret=True)
    assert run_sync(identity.problems()) == []


def test_stores_of_two_sites_are_named(used, settings, tmp_path):
    run_sync(_put(site(), "another"))
    assert "two different sites" in problem()
    run_sync(identity.unite())
    (tmp_path / "site_id").write_text("another")
    assert "another site's" in problem()
    (tmp_path / "site_id").unlink()  # A second machine on the same stores.
    assert run_sync(identity.problems()) == []


async def _put(name: str, value: str) -> None:
    await redis().set(name, value)


class TestAble:
    @pytest.mark.parametrize(
        ("rules", "words"),
        [
            (["+@all"], []),
            (["+@all", "-eval", "-evalsha"], ["scripts"]),
            (["+@all", "resetchannels"], ["published"]),
            (["+@all", "-publish"], ["published"]),
            (["+@all", "-set"], ["written", "scripts"]),
        ],
    )
    def test_what_a_user_may_not_is_named(self, settings, tmp_path, rules, words):
        with Started(tmp_path) as started:
            started.run("ACL", "SETUSER", "poor", "on", ">p", "~*", "&*", *rules)
            settings.REDIS_URL = f"unix://poor:p@{started.socket}"
            probe.forget()
            found = run_sync(probe.problems())
            assert len(found) == len(words)
            assert all(word in line for word, line in zip(words, found, strict=True))

    def test_the_documented_user_may_do_all(self, settings, tmp_path):
        text = (private.settings.BASE_DIR / "docs" / "running.md").read_text()
        rule = next(line for line in text.splitlines() if line.startswith("ACL SETUSER gameapp "))
        with Started(tmp_path) as started:
            started.run(*rule.replace("~gameapp:*", f"~{settings.REDIS_PREFIX}:*").split())
            settings.REDIS_URL = f"unix://gameapp:SECRET@{started.socket}"
            probe.forget()
            found = run_sync(probe.problems())
            assert any("published" in line for line in found)  # Its channels are the default prefix's.
            started.run("ACL", "SETUSER", "gameapp", f"&{settings.REDIS_PREFIX}:*")
            probe.forget()
            assert run_sync(probe.problems()) == []

    def test_a_full_memory_is_not_well(self, settings, tmp_path, client):
        with Started(tmp_path, "--maxmemory", "1") as started:
            settings.REDIS_URL = started.url
            probe.forget()
            answer = client.get("/readyz")
            assert answer.status_code == 503
            assert "memory is full" in " ".join(answer.json()["problems"])
            with pytest.raises(CommandError):
                call_command("doctor")
        run_sync(close())


class TestFolder:
    def written(self, folder, *files: str, by: str = "", rdb: int = 9):
        for name in files:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(b"REDIS%04d" % rdb)
        if by:
            datafolder.note(folder, datafolder.parse(by))

    @pytest.mark.parametrize(
        ("by", "made", "reads"),
        [
            ("Redis 7.0.15", "Redis 6.2.14", False),
            ("Redis 7.0.15", "Redis 7.0.5", True),
            ("Redis 6.2.14", "Redis 7.0.15", True),
            ("Redis 8.0.1", "Valkey 8.1.0", False),
            ("Redis 7.2.4", "Valkey 8.1.0", True),
            ("Valkey 8.1.0", "Redis 7.0.15", True),
            ("Valkey 9.0.0", "Redis 8.2.0", False),
            ("Valkey 9.0.0", "Valkey 8.1.0", False),
        ],
    )
    def test_the_note_says_who_wrote_it(self, tmp_path, by, made, reads):
        self.written(tmp_path, "dump.rdb", by=by)
        said = datafolder.unreadable(tmp_path, datafolder.parse(made))
        assert bool(said) is not reads
        assert not said or (by in said and made in said and "\n" not in said)

    def test_without_a_note_the_files_do(self, tmp_path):
        old, new = Made("Redis", (6, 2, 14)), Made("Redis", (7, 0, 15))
        assert datafolder.unreadable(tmp_path, old) == ""
        self.written(tmp_path, "appendonlydir/appendonly.aof.1.base.rdb", rdb=10)
        assert "RDB version 10" in datafolder.unreadable(tmp_path, old)
        assert datafolder.unreadable(tmp_path, new) == ""
        self.written(tmp_path, "appendonlydir/appendonly.aof.1.base.rdb", rdb=9)
        assert "Redis 7.0 or newer" in datafolder.unreadable(tmp_path, old)

    def test_a_server_is_not_started_on_what_it_cannot_read(self, tmp_path):
        folder = tmp_path / "redis"
        folder.mkdir()
        self.written(folder, "dump.rdb", by="Redis 99.0.0")
        before = (folder / "dump.rdb").read_bytes()
        with pytest.raises(NoServer, match=r"Redis 99\.0\.0.*Redis [678]"):
            private.start(tmp_path, private.die_with_parent)
        assert (folder / "dump.rdb").read_bytes() == before

    def test_without_any_server_the_line_says_where_one_is(self, monkeypatch):
        monkeypatch.setattr(binary, "installed", list)
        with pytest.raises(NoServer) as refused:
            binary.find()
        assert all(word in str(refused.value) for word in ("apt install", "dnf install", "brew install", "docker run"))

    def test_a_planted_socket_folder_is_refused(self, tmp_path, monkeypatch):
        planted = tmp_path / "planted"
        planted.symlink_to(tmp_path)
        monkeypatch.setattr(private, "private_socket", lambda _: planted / "redis.sock")
        with pytest.raises(NoServer, match="somebody else"):
            private.start(tmp_path / "data", private.die_with_parent)

    def test_nobody_starts_beside_a_server_that_is_still_there(self, tmp_path, monkeypatch):
        first = private.start(tmp_path, private.die_with_parent)
        monkeypatch.setattr(private, "LEFT_BEHIND_S", 0.2)
        second = private.start(tmp_path, private.die_with_parent)
        assert first.wait(10) == 0  # It was asked to end, and had its time.
        assert second.poll() is None
        second.terminate()
        second.wait()

    def test_only_its_owner_may_look_into_a_data_folder(self, tmp_path):
        folder = tmp_path / "data"
        folder.mkdir(mode=0o755)
        private.own(folder).close()
        process = private.start(folder, private.die_with_parent)
        process.terminate()
        process.wait()
        assert folder.stat().st_mode & 0o077 == 0
        # What the server makes is closed by itself; the rest lies behind the folder.
        made = [path for path in (folder / "redis").rglob("*") if path.name not in ("lock", "written_by", "redis.log")]
        assert made
        assert not [path for path in made if path.stat().st_mode & 0o077]


class TestWaiting:
    def test_a_server_that_loads_is_waited_for_and_says_how_far_it_is(self, tmp_path, monkeypatch):
        monkeypatch.setattr(private, "TELL_EVERY_S", 0.01)
        first = private.start(tmp_path, private.die_with_parent)
        with redis_sync(tmp_path) as connection:
            connection.mset({f"k{n}": "x" * 500 for n in range(20_000)})
            connection.bgrewriteaof()
            while connection.info("persistence")["aof_rewrite_in_progress"]:
                time.sleep(0.01)
        first.terminate()
        assert first.wait(20) == 0
        said: list[str] = []
        slow = ("--key-load-delay", "20", "--loading-process-events-interval-bytes", "1024")
        second = private.start(tmp_path, private.die_with_parent, more=slow, say=said.append)
        with redis_sync(tmp_path) as connection:
            assert connection.dbsize() == 20_000
        assert any("%" in line for line in said), said
        second.terminate()
        second.wait(20)

    def test_what_a_server_that_ended_said_last(self, tmp_path):
        private.log_file(tmp_path).parent.mkdir()
        assert private.last_words(tmp_path) == "it said nothing"
        private.log_file(tmp_path).write_text("1:M # one\n1:M # two\n")
        assert private.last_words(tmp_path) == "1:M # two"
        private.log_file(tmp_path).write_text(
            "Write error writing append only file: No space left on device\nExiting\n"
        )
        assert "is full" in private.last_words(tmp_path)


def redis_sync(data_dir):
    return redis_package.Redis(unix_socket_path=str(private.private_socket(data_dir)))
