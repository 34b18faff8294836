"""What the dashboard says first: what the doctor would say of the running site."""

import time

import pytest

from operators import doctor, figures
from store import heartbeat

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_worker_that_is_silent_is_named_and_one_that_is_alive_is_not(monkeypatch):
    assert "Worker" in {each.what for each in await doctor.wrong()}
    await heartbeat.beat("w1")
    assert "Worker" not in {each.what for each in await doctor.wrong()}


async def test_the_figures_have_it_and_look_again_after_half_a_minute(monkeypatch):
    monkeypatch.setattr(figures, "_slow", (0.0, {}))
    assert "Worker" in {what for what, _ in (await figures.read())["t_wrong"]}
    await heartbeat.beat("w1")
    assert "Worker" in {what for what, _ in (await figures.read())["t_wrong"]}
    monkeypatch.setattr(figures, "_slow", (time.monotonic() - figures.SLOW_S - 1, figures._slow[1]))
    assert "Worker" not in {what for what, _ in (await figures.read())["t_wrong"]}
