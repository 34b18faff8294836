"""Watching, beating and sharing runs: nothing of today's puzzle is given away."""

import io
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient
from PIL import Image

from accounts.models import Player
from games.game import find
from games.kept_runs import record, replay
from games.lights import rules as lights
from leaderboard import boards
from leaderboard.boards import FinishedRun
from leaderboard.models import HiddenPlayer, Run
from leaderboard.reading import standings
from leaderboard.words import result
from tests.daily.hands import daily, member, solve, start
from tests.worker import drain

pytestmark = pytest.mark.django_db(transaction=True)
LIGHTS = find("lights")


class TestWatching:
    async def test_todays_tries_are_watched_by_whoever_has_had_their_own(self):
        ada, bela = await member("Ada"), await member("Bela")
        async with await ada.socket() as socket:
            await solve(socket, await start(socket, daily().text))
        await drain()
        run = await Run.objects.aget()
        for path, status in ((f"/replays/{run.pk}/frames.json", 403), (f"/replays/{run.pk}/", 200)):
            answer = await bela.client.get(path)
            assert answer.status_code == status
            assert "data-frames" not in answer.content.decode()
        assert (await bela.client.get(f"/beat/{run.pk}/")).content.decode().count("today’s puzzle")
        assert (await ada.client.get(f"/replays/{run.pk}/frames.json")).status_code == 200
        async with await bela.socket() as socket:
            assert (await start(socket, f"beat/{run.pk}"))["code"] == "not_yet"
            await solve(socket, await start(socket, daily().text))
        await drain()
        assert (await bela.client.get(f"/replays/{run.pk}/frames.json")).status_code == 200

    async def test_a_former_days_try_is_open_to_all(self):
        ada = await Player.objects.acreate(name="Ada")
        run = await kept(ada, "lights-daily")
        await Run.objects.filter(pk=run.pk).aupdate(accepted_at=run.accepted_at - timedelta(days=2))
        assert (await AsyncClient().get(f"/replays/{run.pk}/frames.json")).status_code == 200


async def kept(player: Player, board: str = "lights", seed: str = "s") -> Run:
    """A solved run of Lights in SQL."""
    state, inputs = lights.new(seed), []
    for cell in range(25):
        if lights.solved(state.lit) >> cell & 1:
            inputs.append(lights.INPUTS[cell])
    *_, last = record.states(LIGHTS, seed, inputs)
    text = record.record(LIGHTS, seed, inputs, last)
    await boards.submit(FinishedRun("kept", board, player.pk, player.card, LIGHTS.points(last) + 5_000, 0, text))
    await drain()
    return await Run.objects.select_related("player", "board").aget(pk="kept")


class TestBeating:
    async def test_the_same_seed_unranked_with_the_others_points_beside(self):
        ada, bela = await Player.objects.acreate(name="Ada"), await member("Bela")
        run = await kept(ada)
        page = (await bela.client.get(f"/beat/{run.pk}/")).content.decode()
        assert "The same start as" in page
        assert len(await replay.points_of(run)) == len(replay.record_of(run).inputs) + 1
        async with await bela.socket() as socket:
            begun = await start(socket, f"beat/{run.pk}")
            assert begun["view"] == lights.view(lights.new("s"))
            assert (await solve(socket, begun))["report"]["changes"] == []
        await drain()
        assert [row.player for row in (await standings.top("lights", "day", 5)).rows] == [ada.pk]
        assert await Run.objects.acount() == 1

    async def test_a_run_of_another_game_or_of_a_hidden_player_is_none_to_beat(self):
        ada, bela = await Player.objects.acreate(name="Ada"), await member("Bela")
        run = await kept(ada)
        async with await bela.socket("fuse") as socket:
            assert (await start(socket, f"beat/{run.pk}"))["code"] == "unknown_mode"
        await HiddenPlayer.objects.acreate(player=ada)
        async with await bela.socket() as socket:
            assert (await start(socket, f"beat/{run.pk}"))["code"] == "unknown_mode"


class TestSharing:
    async def test_a_few_lines_without_spoilers_and_a_picture(self):
        ada = await Player.objects.acreate(name="Ada")
        run, browser = await kept(ada), AsyncClient()
        found = (await browser.get(f"/replays/{run.pk}/share.json")).json()
        first, second, third = found["text"].split("\n")
        assert first == "Gameapp · Lights"
        assert second.startswith(result(run.points, LIGHTS) + " ")
        assert set(second.rpartition(" ")[2]) <= set("▁▂▃▄▅▆▇█")
        assert third == found["url"] == f"http://testserver/replays/{run.pk}/"
        page = (await browser.get(f"/replays/{run.pk}/")).content.decode()
        assert f'property="og:image" content="http://testserver/replays/{run.pk}/card.png"' in page
        answer = await browser.get(f"/replays/{run.pk}/card.png")
        assert answer.headers["Content-Type"] == "image/png"
        size = await sync_to_async(size_of)(answer.content)
        assert size == (1200, 630)
        assert (await browser.get(f"/replays/{run.pk}/card.png")).content == answer.content
        assert (await browser.get("/replays/nothing/card.png")).status_code == 404


def size_of(png: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(png)).size
