"""A player's page, and replays of kept runs."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils.formats import date_format

from accounts.models import Player
from games.fuse import rules
from games.game import find
from games.kept_runs.record import record
from leaderboard import boards
from leaderboard.boards import FinishedRun
from leaderboard.models import Run
from moderation import visibility
from people.chart import HEIGHT, WIDTH, chart
from presence import online
from store.sync_loop import run_sync
from tests.worker import drain

GOOD = "correct horse"
DAY = date(2026, 11, 24)


class TestChart:
    def test_nothing_makes_no_chart(self):
        assert chart([], DAY, 30) is None
        assert chart([(DAY - timedelta(days=30), 5)], DAY, 30) is None

    def test_points_lie_on_the_drawing_and_more_is_higher(self):
        found = chart([(DAY - timedelta(days=29), 10), (DAY - timedelta(days=3), 0), (DAY, 40)], DAY, 30)
        assert [point.points for point in found.days] == [10, 0, 40]
        assert all(0 <= point.x <= WIDTH and 0 <= point.y <= HEIGHT for point in found.days)
        assert found.days[2].y < found.days[0].y < found.days[1].y
        assert found.days[0].x < found.days[1].x < found.days[2].x
        assert found.line.count(",") == 3

    def test_a_best_of_zero_divides_by_nothing(self):
        assert chart([(DAY, 0)], DAY, 30).best == 0


def played(seed: str, moves: int) -> tuple[list[str], rules.State]:
    state, inputs = rules.new(seed), []
    while len(inputs) < moves and not rules.over(state):
        for input in rules.INPUTS:
            after = rules.apply(state, input)
            if after is not state:
                inputs.append(input)
                state = after
                break
    return inputs, state


async def submit(player: Player, id: str, seed: str = "seed", moves: int = 40) -> int:
    inputs, state = played(seed, moves)
    kept = record(find("fuse"), seed, inputs, state)
    await boards.submit(FinishedRun(id, "fuse", player.pk, player.card, state.points, 0, kept))
    return state.points


@pytest.mark.django_db(transaction=True)
class TestProfile:
    @pytest.fixture
    def bob(self):
        player = Player.objects.create_user("Bob", GOOD, country="DE")
        run_sync(submit(player, "r1"))
        run_sync(drain())
        return player

    def test_it_shows_places_runs_chart_and_achievements(self, client, bob):
        run = Run.objects.get()
        page = client.get("/players/Bob/").content.decode()
        for words in (f"{run.points:,}", "#1", "/replays/r1/", "First steps", "joined", "DE", "<svg"):
            assert words in page
        assert "As a table" in page
        assert date_format(datetime.now(UTC)) in page

    def test_the_case_of_a_name_leads_to_the_right_one(self, client, bob):
        assert client.get("/players/BOB/").headers["Location"] == "/players/Bob/"
        assert client.get("/players/b0b/").status_code == 404

    def test_presence_is_shown_to_who_may_see_it(self, client, bob):
        run_sync(online.renew(bob.pk, "tab", bob.card, visible=True, state="playing Fuse"))
        assert "playing Fuse" in client.get("/players/Bob/").content.decode()
        run_sync(online.amend(bob.pk, bob.card, visible=False))
        assert "playing Fuse" not in client.get("/players/Bob/").content.decode()

    @pytest.mark.parametrize("way", ["hidden", "banned", "gone", "leaving", "missing"])
    def test_who_may_not_be_seen_answers_like_who_does_not_exist(self, client, bob, way):
        missing = client.get("/players/Nobody1/")
        if way == "hidden":
            run_sync(visibility.hide_player(bob, reason="cheats", by=None))
        elif way == "banned":
            run_sync(visibility.ban(bob, reason="cheats", by=None))
        elif way == "missing":
            bob.name = "Nobody2"
        else:
            Player.objects.update(**({"is_gone": True} if way == "gone" else {"leaving_at": datetime.now(UTC)}))
        answer = client.get(f"/players/{bob.name}/")
        assert (answer.status_code, answer.content) == (404, missing.content)

    @pytest.mark.parametrize("name", ["<script>", "a%00b", "..", "x" * 500, "Bób"])
    def test_an_odd_name_is_a_404(self, client, bob, name):
        assert client.get(f"/players/{name}/").status_code in (404, 400)


@pytest.mark.django_db(transaction=True)
class TestReplay:
    @pytest.fixture
    def bob(self):
        player = Player.objects.create_user("Bob", GOOD)
        run_sync(submit(player, "r1", moves=60))
        run_sync(drain())
        return player

    def frames(self, client, run="r1", start=0):
        return json.loads(client.get(f"/replays/{run}/frames.json?from={start}").content)

    def test_the_frames_are_the_run_by_the_rules(self, client, bob):
        inputs, last = played("seed", 60)
        found = self.frames(client)
        assert (found["start"], found["total"]) == (0, 61)
        assert [frame["input"] for frame in found["frames"]] == ["", *inputs]
        state = rules.new("seed")
        for frame, input in zip(found["frames"][1:], inputs, strict=True):
            state = rules.apply(state, input)
            assert (frame["view"], frame["points"]) == (rules.view(state), state.points)
        assert found["frames"][-1]["points"] == last.points == Run.objects.get().points

    def test_they_can_be_had_in_parts(self, client, bob, monkeypatch):
        whole = self.frames(client)["frames"]
        monkeypatch.setattr("games.kept_runs.replay.FRAMES_MAX", 25)
        parts = [self.frames(client, start=start)["frames"] for start in (0, 25, 50)]
        assert [frame for part in parts for frame in part] == whole
        assert self.frames(client, start=61)["frames"] == []

    @pytest.mark.parametrize("start", ["-1", "x", "", "1e3", "٣", "9999999"])
    def test_an_odd_start_is_a_400(self, client, bob, start):
        assert client.get(f"/replays/r1/frames.json?from={start}").status_code == 400

    def test_the_seed_is_in_no_answer(self, client, bob):
        run_sync(submit(bob, "r2", seed="a-most-secret-seed"))
        run_sync(drain())
        for path in ("/replays/r2/", "/replays/r2/frames.json"):
            assert b"a-most-secret-seed" not in client.get(path).content

    def test_a_boards_row_leads_to_the_record(self, client, bob):
        run_sync(submit(bob, "worse", moves=5))
        run_sync(drain())
        link = f"/boards/fuse/record/{bob.pk}/?period=week"
        assert link.replace("week", "day") in client.get("/boards/fuse/").content.decode()
        assert client.get(link).headers["Location"] == "/replays/r1/"

    def test_a_record_that_is_not_written_yet_says_so(self, client, bob):
        carol = Player.objects.create(name="Carol")
        run_sync(submit(carol, "c1"))
        answer = client.get(f"/boards/fuse/record/{carol.pk}/?period=day")
        assert answer.status_code == 404
        assert "try again in a few seconds" in answer.content.decode()

    @pytest.mark.parametrize(
        "path", ["/boards/chess/record/1/", "/boards/fuse/record/1/?period=year", "/replays/none/"]
    )
    def test_what_is_not_there_is_a_404(self, client, bob, path):
        assert client.get(path).status_code == 404

    @pytest.mark.parametrize("way", ["run", "player"])
    def test_what_moderators_hid_cannot_be_watched(self, client, bob, way):
        if way == "run":
            run_sync(visibility.hide_run(Run.objects.select_related("player").get(), reason="cheats", by=None))
        else:
            run_sync(visibility.hide_player(bob, reason="cheats", by=None))
        assert client.get("/replays/r1/").status_code == 404
        assert client.get("/replays/r1/frames.json").status_code == 404
        assert client.get(f"/boards/fuse/record/{bob.pk}/?period=day").status_code == 404

    def test_watching_is_limited(self, client, bob, settings):
        from store.limits import Policy

        settings.RATE_LIMITS = settings.RATE_LIMITS | {"replay": Policy(2, 60)}
        assert [client.get("/replays/r1/frames.json").status_code for _ in range(3)] == [200, 200, 429]
