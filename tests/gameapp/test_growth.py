"""What a stranger can make the site keep, and what only somebody above may change."""

import concurrent.futures
import threading
import time

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.test import Client
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts import settings_pages
from accounts.models import Player
from accounts.sessions.engine import devices
from accounts.sign_in import hashing, mail_address
from accounts.sign_in.forms import NewPasswordForm
from accounts.sign_in.hashing import Busy, PooledHasher
from audit.models import Entry
from games import ranking, runs
from games.game import find
from leaderboard.models import Run
from moderation import account_actions
from store.client import client as redis
from store.sync_loop import run_sync
from tests.worker import drain
from wallet import coins
from wallet.models import LedgerEntry

GOOD, BETTER = "correct horse", "battery staple"

pytestmark = pytest.mark.django_db(transaction=True)


async def _keys(prefix: str, part: str) -> list[str]:
    return await redis().keys(f"{prefix}:{part}")


class TestNothingForNobody:
    def test_signing_out_keeps_no_session(self, client, prefix):
        for _ in range(3):
            assert client.post("/accounts/sign-out/").status_code == 302
        assert run_sync(_keys(prefix, "accounts:*")) == []
        client.force_login(Player.objects.create_user("Bob", GOOD))
        answer = client.post("/accounts/sign-out/", follow=True)
        assert "You are signed out." in answer.content.decode()
        assert run_sync(_keys(prefix, "accounts:{session*")) == []

    async def test_a_run_without_points_is_kept_nowhere(self, alice):
        run = await runs.end(await runs.begin(find("fuse"), alice.pk))
        report = await ranking.rank(run, alice.card)
        assert report.changes == []
        await drain()
        assert not await Run.objects.aexists()
        assert await ranking.unsettled(now_ms=run.started_ms + 10**9) == []

    def test_an_address_makes_no_more_guests_than_it_may(self, client, settings):
        from dataclasses import replace

        settings.RATE_LIMITS = settings.RATE_LIMITS | {
            "guest_address": replace(settings.RATE_LIMITS["guest_address"], limit=5),
            "guest_address_day": replace(settings.RATE_LIMITS["guest_address_day"], limit=3),
        }
        statuses = [Client().post("/play/fuse/").status_code for _ in range(5)]
        assert statuses == [302] * 3 + [429] * 2
        assert Player.objects.filter(is_guest=True).count() == 3

    async def test_a_player_has_one_open_run_as_long_as_it_lives(self, alice, prefix):
        from games import keys

        run = await runs.begin(find("fuse"), alice.pk)
        await redis().pexpire(keys.current(alice.pk, "fuse"), 1_000)  # As after a week with the page open.
        await runs.move(run, "left")
        pointer, own = [await redis().pttl(name) for name in (keys.current(alice.pk, "fuse"), keys.run(run.id))]
        assert pointer >= own
        await redis().pexpire(keys.current(alice.pk, "fuse"), 1_000)
        assert (await runs.begin(find("fuse"), alice.pk)).id == run.id
        assert await redis().pttl(keys.current(alice.pk, "fuse")) > 1_000


class TestHashing:
    def test_two_at_a_time_and_a_short_queue(self, monkeypatch):
        begun, go = threading.Semaphore(0), threading.Event()

        def slow(self, password, salt, iterations=None):
            begun.release()
            go.wait(20)
            return "done"

        monkeypatch.setattr("django.contrib.auth.hashers.PBKDF2PasswordHasher.encode", slow)
        with concurrent.futures.ThreadPoolExecutor(40) as threads:
            tries = [threads.submit(PooledHasher().encode, "x", "salt") for _ in range(40)]
            room = hashing.AT_ONCE + hashing.WAITING_MAX
            while sum(each.done() for each in tries) < 40 - room:
                time.sleep(0.01)  # Whoever finds no room is told so at once.
            assert begun.acquire(timeout=10)
            go.set()
            done = [each.exception() for each in tries]
        assert sum(error is None for error in done) == room
        assert all(error is None or isinstance(error, Busy) for error in done)

    def test_whoever_comes_too_many_is_told_to_come_again(self, client, settings, monkeypatch):
        settings.PASSWORD_HASHERS = ["accounts.sign_in.hashing.PooledHasher"]
        monkeypatch.setattr(hashing, "_places", threading.BoundedSemaphore(1))
        hashing._places.acquire()
        Player.objects.create(name="Bob", password="pbkdf2_sha256$1$salt$hash")
        answer = client.post("/accounts/sign-in/", {"name": "Bob", "password": GOOD})
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert "too many people are signing in" in answer.content.decode()

    def test_it_is_djangos_own_format(self, settings):
        from django.contrib.auth.hashers import PBKDF2PasswordHasher, check_password

        assert PooledHasher().encode("x", "salt", 1) == PBKDF2PasswordHasher().encode("x", "salt", 1)
        settings.PASSWORD_HASHERS = ["accounts.sign_in.hashing.PooledHasher"]
        assert check_password("x", PBKDF2PasswordHasher().encode("x", "salt"))


class TestMailAddress:
    def ask(self, client, name: str, address: str) -> str:
        """Ask for an address as a new player; the path in the mail."""
        client.force_login(Player.objects.create_user(name, GOOD))
        mail.outbox.clear()
        form = {"form": "mail", "email": address, "current": GOOD}
        assert client.post("/accounts/password/", form, headers={"Host": "testserver"}).status_code == 302
        settings_pages._mail.submit(int).result()
        [sent] = mail.outbox
        assert sent.to == [address]
        return next(line for line in sent.body.splitlines() if line.startswith("http"))

    def forgot(self, client, address: str) -> list[str]:
        mail.outbox.clear()
        client.post("/accounts/forgot/", {"email": address})
        settings_pages._mail.submit(int).result()
        return [sent.body.split("Hello ")[1].split(",")[0] for sent in mail.outbox]

    def test_three_strangers_keep_nobodys_link_from_them(self, client, settings):
        settings.SITE_URLS = ["https://play.example.org"]
        for number in range(3):
            self.ask(Client(), f"Eve{number}", "bob@example.org")
        link = self.ask(client, "Bob", "bob@example.org")
        assert link.startswith("https://play.example.org/accounts/mail/")
        assert self.forgot(client, "bob@example.org") == []  # Nobody has opened a link yet.
        path = link.removeprefix("https://play.example.org")
        assert "bob@example.org" in client.get(path).content.decode()
        assert client.post(path).status_code == 302
        assert self.forgot(client, "bob@example.org") == ["Bob"]
        assert client.post(path).status_code == 404  # Once.

    def test_a_link_is_good_for_the_address_that_was_asked_for_last(self, client):
        bob = Player.objects.create_user("Bob", GOOD)
        old = mail_address.link(bob, "old@example.org")
        Player.objects.filter(pk=bob.pk).update(email_asked="new@example.org")
        assert client.get(old).status_code == 404
        assert client.get(mail_address.link(bob, "new@example.org")).status_code == 200
        assert client.get("/accounts/mail/nonsense/").status_code == 404

    def test_a_reset_link_works_once_for_six_at_a_time(self, client):
        bob = Player.objects.create_user("Bob", GOOD)
        uid, token = urlsafe_base64_encode(force_bytes(bob.pk)), default_token_generator.make_token(bob)
        path = f"/accounts/reset/{uid}/{token}/"
        read = [Player.objects.get(pk=bob.pk) for _ in range(6)]
        forms = [NewPasswordForm(each, {"new": f"{BETTER} {n}"}) for n, each in enumerate(read)]
        assert all(form.is_valid() for form in forms)
        for form in forms:
            form.prepare()
        assert [form.save() for form in forms] == [True] + [False] * 5
        assert client.get(path).status_code == 404


class TestRanks:
    @pytest.fixture
    def owner(self, client):
        player = Player.objects.create_user("Olga", GOOD, is_staff=True)
        player.groups.add(Group.objects.get(name="Owner"))
        client.force_login(player)
        return player

    def staff(self, name: str, role: str) -> Player:
        player = Player.objects.create_user(name, GOOD, is_staff=True)
        player.groups.add(Group.objects.get(name=role))
        return player

    def test_an_owner_takes_over_no_other(self, client, owner):
        other = self.staff("Otto", "Owner")
        before = other.password
        for path in (f"{other.pk}/change/", f"{other.pk}/password/", f"{other.pk}/delete/"):
            client.post(
                f"/admin/accounts/player/{path}",
                {"name": "Mine", "email": "o@example.org", "password1": BETTER, "password2": BETTER, "post": "yes"},
            )
        other.refresh_from_db()
        assert (other.name, other.email, other.password) == ("Otto", "", before)
        assert not Entry.objects.exists()

    def test_an_owner_changes_who_stands_lower_and_it_is_kept(self, client, owner):
        mona = self.staff("Mona", "Moderator")
        form = {"usable_password": "true", "password1": BETTER, "password2": BETTER}
        client.post(f"/admin/accounts/player/{mona.pk}/password/", form)
        mona.refresh_from_db()
        assert mona.check_password(BETTER)
        assert Entry.objects.get().action == "set_password"

    def test_a_role_gets_no_rights_of_owners_and_the_rest_is_kept(self, client, owner):
        role = Group.objects.get(name="Moderator")
        own = [str(pk) for pk in role.permissions.values_list("pk", flat=True)]
        change = Permission.objects.get(codename="change_player")
        view = Permission.objects.get(codename="view_ledgerentry")
        path = f"/admin/auth/group/{role.pk}/change/"
        client.post(path, {"name": "Moderator", "permissions": [*own, str(change.pk)]})
        assert change not in role.permissions.all()
        client.post(path, {"name": "Moderator", "permissions": [*own, str(view.pk)]})
        assert view in role.permissions.all()
        entry = Entry.objects.get()
        assert (entry.action, entry.target_id, entry.by) == ("change_role", "Moderator", owner)
        assert entry.after["given"] == ["wallet.view_ledgerentry"]
        owners = Group.objects.get(name="Owner")
        client.post(f"/admin/auth/group/{owners.pk}/change/", {"name": "Owner", "permissions": own})
        assert owners.permissions.count() > len(own)
        client.post(f"/admin/auth/group/{role.pk}/delete/", {"post": "yes"})
        assert Entry.objects.filter(action="delete_role").exists()

    def test_nobody_gives_a_role_rights_that_they_lack_and_who_has_it_signs_in_anew(self, client):
        roles = Group.objects.create(name="Roles")
        roles.permissions.set(Permission.objects.filter(codename__in=["change_group", "view_group"]))
        rita, mona = self.staff("Rita", "Roles"), self.staff("Mona", "Moderator")
        moderator = Group.objects.get(name="Moderator")
        own = [str(pk) for pk in moderator.permissions.values_list("pk", flat=True)]
        path = f"/admin/auth/group/{moderator.pk}/change/"
        client.force_login(rita)
        grant = Permission.objects.get(codename="grant_coins")
        page = client.post(path, {"name": "Moderator", "permissions": [*own, str(grant.pk)]}).content.decode()
        assert grant not in moderator.permissions.all()
        # Whoever changes roles stands as high as an owner: a lower one's right is refused by its name.
        assert "a right that you do not have" in page
        client.force_login(Player.objects.create_superuser("Olga", GOOD))
        elsewhere = Client()
        elsewhere.force_login(mona)
        client.post(path, {"name": "Moderator", "permissions": [*own, str(grant.pk)]})
        assert grant in moderator.permissions.all()
        assert run_sync(devices(mona.pk)) == []

    def test_a_gift_is_given_once_however_late_it_is_sent_again(self, owner):
        bob = Player.objects.create_user("Bob", GOOD)
        give = {"reason": "x", "by": owner, "token": "abc"}
        assert run_sync(account_actions.grant_coins(bob, 50, **give)) == 50
        run_sync(drain())
        assert LedgerEntry.objects.count() == 1
        run_sync(_forget_movements())
        assert run_sync(account_actions.grant_coins(bob, 50, **give)) == 50
        assert run_sync(coins.purse(bob.pk)).balance == 50


async def _forget_movements() -> None:
    async for name in redis().scan_iter(match="*:movement:*"):
        await redis().delete(name)
