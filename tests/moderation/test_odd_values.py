"""The admin looks up by whatever an address or a form names: what no column can be is a 400 and a line in the log."""

import logging

import pytest
from django.contrib import admin
from django.db import models
from django.test import Client

from accounts.models import Player
from audit.export import safe
from gameapp.context import here
from live.observe.logs import NoRepeats, NoTraceback

pytestmark = pytest.mark.django_db(transaction=True)


def addresses() -> list[str]:
    """A list of every registered model, with each of its fields asked for by what it cannot be."""
    found = []
    for model in admin.site._registry:
        meta = model._meta
        base = f"/admin/{meta.app_label}/{meta.model_name}/"
        found.append(f"{base}?_to_field=nonsense")
        found.append(f"{base}?o=x&p=x")
        for field in meta.concrete_fields:
            found += [f"{base}?{field.name}={value}" for value in ("99999999999999999999", "x", "%2500", "%00")]
            if isinstance(field, models.DateTimeField):
                found += [f"{base}?{field.name}__year={year}" for year in ("99999999", "-5", "x", "")]
                found += [f"{base}?{field.name}__gte={value}" for value in ("99999999-01-01", "x", "%00")]
    return found


def test_every_list_by_every_field_with_odd_values(caplog):
    client = Client(raise_request_exception=False)
    client.force_login(Player.objects.create_superuser("Olga", "correct horse"))
    with caplog.at_level(logging.INFO):
        answered = {address: client.get(address).status_code for address in addresses()}
    assert len(answered) > 200
    assert {address: code for address, code in answered.items() if code >= 500} == {}
    assert answered["/admin/leaderboard/run/?accepted_at__year=99999999"] == 400
    only_line = NoTraceback()
    assert [record for record in caplog.records if only_line.filter(record) and record.exc_info] == []


def test_odd_forms_of_the_admin():
    client = Client(raise_request_exception=False)
    client.force_login(Player.objects.create_superuser("Olga", "correct horse"))
    for selected in ("abc", "1%", "9" * 30, "\0"):
        form = {"action": "ban", "index": 0, "reason": "x", "_selected_action": selected}
        answer = client.post("/admin/accounts/player/", form)
        assert answer.status_code < 500
        assert selected != "\0" or answer.status_code == 400
    assert client.get("/admin/flags/flag/add/?players=x").status_code == 400
    assert client.get("/admin/").status_code == 200


def test_a_nul_is_refused_however_it_was_packed_and_the_text_of_one_is_not():
    client = Client(raise_request_exception=False)
    head = b'--x\r\nContent-Disposition: form-data; name="name"\r\n'
    for part, expected in (
        (b"Content-Transfer-Encoding: base64\r\n\r\nYQBi\r\n", 400),
        (b"\r\na\0b\r\n", 400),
        (b"\r\na%00b\r\n", 422),  # As any other wrong name: without a password nobody signs in.
    ):
        body = head + part + b"--x--\r\n"
        answer = client.post("/accounts/sign-in/", body, content_type="multipart/form-data; boundary=x")
        assert answer.status_code == expected, part
    assert client.get("/accounts/sign-in/?next=/a%2500").status_code == 200
    assert client.get("/accounts/sign-in/?next=%00").status_code == 400


def test_more_fields_than_anybody_reads_are_a_page(rf):
    client = Client(raise_request_exception=False)
    answer = client.get("/accounts/sign-in/?" + "a=1&" * 1500)
    assert answer.status_code == 400
    assert b"<h1>" in answer.content
    assert here(rf.get("/accounts/sign-in/?" + "a=1&" * 1500)) == "/"


def test_another_fault_at_the_same_address_is_another_line():
    def record(error: type[Exception]) -> logging.LogRecord:
        try:
            raise error("x")
        except error as raised:
            info = (error, raised, raised.__traceback__)
        return logging.LogRecord("django.request", logging.ERROR, "", 0, "Internal Server Error: /x", (), info)

    repeats = NoRepeats()
    assert repeats.filter(record(ValueError))
    assert not repeats.filter(record(ValueError))
    assert repeats.filter(record(TypeError))


@pytest.mark.parametrize("unseen", ["", "\u00ad", "\u200c", "\u200e", "\u2060", "\u180e", "\u3000", "\x07", " '\""])
@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\uff1d"])
def test_no_cell_begins_a_formula_behind_what_nobody_sees(unseen, sign):
    assert str(safe(f"{unseen}{sign}1+1")).startswith("'")
    assert str(safe(f"a;{unseen}{sign}1+1")).startswith("a;'")
    assert safe(f"a{sign}1") == f"a{sign}1"
