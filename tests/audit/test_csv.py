"""The admin's lists as CSV: with a reason, audited, by their role only."""

import csv
import io

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from accounts.models import Player
from audit import export
from audit.models import Entry

GOOD = "correct horse"

pytestmark = pytest.mark.django_db(transaction=True)


class TestCsv:
    def take(self, client, path: str, **fields: object):
        return client.post(f"/admin/{path}", {"action": "export_csv", **fields})

    def body(self, answer) -> list[list[str]]:
        text = b"".join(answer).decode()
        return list(csv.reader(io.StringIO(text)))

    def test_chosen_rows_are_taken_with_a_reason_and_audited(self, client):
        olga = Player.objects.create_superuser("Olga", GOOD)
        client.force_login(olga)
        first, second, _ = [Player.objects.create(name=name) for name in ("Ann", "=1+1", "Cyd")]
        chosen = [first.pk, second.pk]
        page = self.take(client, "accounts/player/", _selected_action=chosen).content.decode()
        assert "Ann" in page
        assert "Cyd" not in page
        assert (
            "This field is required"
            in self.take(client, "accounts/player/", _selected_action=chosen, reason=" ").content.decode()
        )
        assert not Entry.objects.exists()
        answer = self.take(client, "accounts/player/", _selected_action=chosen, reason="a talk")
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="player-')
        header, *rows = self.body(answer)
        assert header[:3] == ["id", "name", "country"]
        assert not {"password", "email"} & set(header)
        assert [row[:2] for row in rows] == [[str(first.pk), "Ann"], [str(second.pk), "'=1+1"]]
        entry = Entry.objects.get()
        assert (entry.action, entry.by, entry.reason, entry.target_kind) == ("export_csv", olga, "a talk", "player")

    def test_all_that_a_filter_finds_is_more_than_a_page(self, client, monkeypatch):
        monkeypatch.setattr(export, "READ_AT_ONCE", 100)
        client.force_login(Player.objects.create_superuser("Olga", GOOD))
        Player.objects.bulk_create(Player(name=f"g{n}", name_key=f"g{n}", is_guest=True) for n in range(250))
        fields = {"select_across": "1", "_selected_action": [Player.objects.last().pk]}
        page = self.take(client, "accounts/player/?is_guest__exact=1", **fields).content.decode()
        assert "every row that the list’s filters find" in page
        answer = self.take(client, "accounts/player/?is_guest__exact=1", reason="all", **fields)
        rows = self.body(answer)[1:]
        assert sorted(row[1] for row in rows) == sorted(f"g{n}" for n in range(250))
        assert Entry.objects.get().after["where"] == "is_guest__exact=1"

    def test_a_moderator_takes_nothing(self, client):
        mona = Player.objects.create_user("Mona", GOOD, is_staff=True)
        mona.groups.add(Group.objects.get(name="Moderator"))
        client.force_login(mona)
        answer = self.take(client, "accounts/player/", _selected_action=[mona.pk], reason="curious", follow=True)
        assert not answer.streaming
        assert not Entry.objects.exists()

    def test_the_terminal_does_the_same(self, capsys):
        Player.objects.create(name="Ann")
        call_command("operate", "export-list", "player", "--reason", "a talk")
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].startswith("id,name,country")
        assert ",Ann," in lines[1]
        assert Entry.objects.get().by is None
        with pytest.raises(CommandError):
            call_command("operate", "export-list", "secrets", "--reason", "x")
