"""Playing over a socket: numbering, resync, refusal, and the report at the end."""

import asyncio

import pytest

from leaderboard.reading import standings
from tests.sockets import Socket

pytestmark = pytest.mark.usefixtures("fuse")

PLAY = "/ws/play/fuse/"
SPIN = ("left", "down", "right", "up")


async def move(socket, run, seq, input="left"):
    await socket.say(type="move", run=run["run"], seq=seq, input=input)


async def play_to_the_end(socket, run):
    while not run["over"]:
        await move(socket, run, run["seq"] + 1, SPIN[run["seq"] % 4])
        run = await socket.next("moved")
    return run


async def test_start_gives_a_run_and_moves_are_answered(alice):
    async with Socket(PLAY, alice) as socket:
        await socket.say(type="start")
        run = await socket.next("run")
        assert (run["seq"], run["points"], run["over"]) == (0, 0, False)
        await move(socket, run, 1)
        assert (await socket.next("moved"))["seq"] == 1


async def test_no_frame_holds_the_seed(alice):
    async with Socket(PLAY, alice) as socket:
        await socket.say(type="start")
        run = await socket.next("run")
        from games import runs

        seed = (await runs.load(run["run"], alice.pk)).seed
        await move(socket, run, 1)
        assert seed not in str(run) + str(await socket.next("moved"))
        assert set(run["view"]) == {"cells", "spawn", "best_tile"}


async def test_a_repeated_move_is_ignored(alice):
    async with Socket(PLAY, alice) as socket:
        await socket.say(type="start")
        run = await socket.next("run")
        for _ in range(3):
            await move(socket, run, 1)
        await move(socket, run, 2, "down")
        assert [(await socket.next("moved"))["seq"] for _ in range(2)] == [1, 2]


async def test_a_gap_gets_the_whole_run_again(alice):
    async with Socket(PLAY, alice) as socket:
        await socket.say(type="start")
        run = await socket.next("run")
        await move(socket, run, 1)
        moved = await socket.next("moved")
        await move(socket, run, 5)
        again = await socket.next()
        assert (again["type"], again["seq"], again["view"]) == ("run", 1, moved["view"])


async def test_two_tabs_play_the_same_run_in_turn(alice):
    async with Socket(PLAY, alice) as one, Socket(PLAY, alice) as other:
        await one.say(type="start")
        run = await one.next("run")
        await other.say(type="start")
        assert (await other.next("run"))["run"] == run["run"]
        await move(one, run, 1)
        await one.next("moved")
        await move(other, run, 1, "down")  # It does not know of the first move.
        assert (await other.next())["type"] == "run"
        await move(other, run, 2, "down")
        assert (await other.next("moved"))["seq"] == 2
        await move(one, run, 3, "up")  # A gap to this tab, none to the run.
        assert (await one.next("moved"))["seq"] == 3


async def test_a_move_in_somebody_elses_run_is_refused(alice, bob):
    async with Socket(PLAY, alice) as hers, Socket(PLAY, bob) as his:
        await hers.say(type="start")
        run = await hers.next("run")
        for message in ({"type": "move", "seq": 1, "input": "left"}, {"type": "resume"}, {"type": "end"}):
            await his.say(**message, run=run["run"])
            assert (await his.next())["code"] == "not_your_run"
        await move(hers, run, 1)
        assert (await hers.next("moved"))["seq"] == 1


async def test_an_unknown_run_and_an_unknown_input_are_refused(alice):
    async with Socket(PLAY, alice) as socket:
        await move(socket, {"run": "nothing"}, 1)
        assert (await socket.next())["code"] == "unknown_run"
        await socket.say(type="start")
        await move(socket, await socket.next("run"), 1, "sideways")
        assert (await socket.next())["code"] == "unknown_input"


async def test_a_watcher_who_is_no_player_cannot_play():
    async with Socket(PLAY) as socket:
        await socket.say(type="start")
        assert (await socket.next())["code"] == "sign_in_first"


async def test_an_unknown_game_is_refused(alice):
    async with Socket("/ws/play/chess/", alice) as socket:
        await socket.say(type="start")
        assert (await socket.next())["code"] == "unknown_game"


async def test_the_end_brings_the_report_and_the_run_takes_no_more_moves(alice):
    async with Socket(PLAY, alice) as socket:
        await socket.say(type="start")
        run = await play_to_the_end(socket, await socket.next("run"))
        finished = await socket.next("finished")
        assert finished["points"] == run["points"] > 0
        assert [change["kind"] for change in finished["report"]["changes"]] == ["day", "week", "month", "all"]
        await move(socket, run, run["seq"] + 1)
        assert (await socket.next())["code"] == "run_over"
        assert (await standings.standing("fuse", "day", alice.pk)).points == run["points"]


async def test_resuming_an_ended_run_brings_its_first_report_again(alice):
    async with Socket(PLAY, alice) as socket:
        await socket.say(type="start")
        run = await socket.next("run")
        await socket.say(type="end", run=run["run"])
        assert (await socket.next("run"))["over"]
        first = await socket.next("finished")
    async with Socket(PLAY, alice) as socket:
        await socket.say(type="resume", run=run["run"])
        assert (await socket.next("run"))["over"]
        assert await socket.next("finished") == first


async def test_a_run_can_be_ended_early_once(alice):
    async with Socket(PLAY, alice) as socket:
        await socket.say(type="start")
        run = await socket.next("run")
        await move(socket, run, 1)
        await socket.next("moved")
        await socket.say(type="end", run=run["run"])
        assert (await socket.next("finished"))["run"] == run["run"]
        await socket.say(type="end", run=run["run"])
        assert (await socket.next("error"))["code"] == "run_over"


@pytest.mark.parametrize(
    "forged",
    [
        {"type": "finished", "run": "r", "points": 10**6, "report": {}},
        {"type": "moved", "run": "r", "seq": 1, "points": 10**6, "over": True, "view": {}},
        {"type": "move", "run": "r", "seq": 1, "input": "left", "points": 10**6},
        {"type": "end", "run": "r", "points": 10**6},
        {"type": "start", "seed": "mine"},
        {"type": "start", "player": 2},
        {"type": "move", "run": "r", "seq": "1", "input": "left"},
        {"type": "move", "run": "r", "seq": 1.5, "input": "left"},
        {"type": "move", "run": "r", "seq": 0, "input": "left"},
        {"type": "move", "run": "r", "seq": -1, "input": "left"},
        {"type": "move", "run": "r", "seq": 10**30, "input": "left"},
    ],
)
async def test_nothing_that_a_client_sends_sets_its_points(alice, forged):
    async with Socket(PLAY, alice) as socket:
        await socket.say(type="start")
        run = await socket.next("run")
        await socket.say(**({**forged, "run": run["run"]} if "run" in forged else forged))
        assert (await socket.next())["code"] == "bad_message"
        await socket.say(type="resume", run=run["run"])
        assert (await socket.next("run"))["points"] == 0


async def test_moves_sent_at_once_from_many_sockets_are_each_played_once(alice):
    async with Socket(PLAY, alice) as first:
        await first.say(type="start")
        run = await first.next("run")
    sockets = [Socket(PLAY, alice) for _ in range(10)]
    for socket in sockets:
        await socket.__aenter__()
    await asyncio.gather(*(move(socket, run, 1) for socket in sockets))
    answers = [(await socket.next())["type"] for socket in sockets]
    assert answers.count("moved") == 1
    assert set(answers) <= {"moved", "run"}
    for socket in sockets:
        await socket.__aexit__()
