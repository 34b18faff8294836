"""What every socket does: odd messages, topics, beats, sign-out."""

import json

import pytest

from accounts.keys import session as session_key
from accounts.models import Player
from leaderboard import boards
from live.layer import tell_player, tell_session
from live.topics import apply
from presence.messages import Notice
from store.client import client
from tests.sockets import Socket

pytestmark = pytest.mark.usefixtures("fuse")


async def test_it_says_hello_to_a_watcher_and_to_a_player(alice):
    async with Socket("/ws/") as socket:
        assert socket.hello == {"type": "hello"}
    async with Socket("/ws/", alice) as socket:
        assert socket.hello == {"type": "hello", "player": 1, "name": "Alice"}


async def test_a_beat_is_answered():
    async with Socket("/ws/") as socket:
        await socket.say(type="beat")
        assert (await socket.next("beat"))["at_ms"] > 0


ODD = [
    " ",
    "null",
    "[]",
    "not json",
    '{"type": "watch"}',
    '{"type": "watch", "topic": 5}',
    '{"type": "watch", "topic": "online", "more": 1}',
    '{"type": "erase"}',
    '{"type": "snapshot", "topic": "online", "version": 1, "state": {}}',
    '{"topic": "online"}',
    "[" * 5000,
    '{"a":' * 1000,
    '{"type": "watch", "topic": "' + "x" * 9000 + '"}',
    "\ud800",
]


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
async def test_an_odd_message_gets_a_typed_error_and_the_socket_lives(text):
    async with Socket("/ws/") as socket:
        await socket.send_to(text_data=text)
        assert (await socket.next())["code"] == "bad_message"
        await socket.say(type="beat")
        await socket.next("beat")


async def test_a_binary_frame_gets_a_typed_error_and_the_socket_lives():
    async with Socket("/ws/") as socket:
        await socket.send_to(bytes_data=b'{"type": "beat"}')
        assert (await socket.next())["code"] == "bad_message"
        await socket.say(type="beat")
        await socket.next("beat")


async def test_the_tenth_odd_message_in_a_minute_closes_the_socket():
    async with Socket("/ws/") as socket:
        for _ in range(9):
            await socket.send_to(text_data="nonsense")
            await socket.next("error")
        await socket.say(type="beat")
        await socket.next("beat")
        await socket.send_to(text_data="nonsense")
        assert await socket.closed() == 1008


async def test_a_play_message_means_nothing_on_the_site_socket(alice):
    async with Socket("/ws/", alice) as socket:
        await socket.say(type="start")
        assert (await socket.next("error"))["code"] == "bad_message"


@pytest.mark.parametrize(
    "topic", ["nothing", "board:fuse", "board:fuse:year", "", "board", "online:x", "online:", "dashboard:x"]
)
async def test_an_unknown_topic_is_refused(topic):
    async with Socket("/ws/") as socket:
        await socket.say(type="watch", topic=topic)
        assert (await socket.next())["code"] == "unknown_topic"


@pytest.mark.django_db(transaction=True)
async def test_an_unknown_board_is_refused():
    async with Socket("/ws/") as socket:
        await socket.say(type="watch", topic="board:chess:day")
        assert (await socket.next())["code"] == "unknown_board"


async def test_a_socket_watches_a_bounded_number_of_topics(monkeypatch):
    monkeypatch.setattr("live.consumer.TOPICS_MAX", 2)
    async with Socket("/ws/") as socket:
        for kind in ("day", "week", "month"):
            await socket.say(type="watch", topic=f"board:fuse:{kind}")
        answers = [(await socket.next())["type"] for _ in range(3)]
        assert sorted(answers) == ["error", "snapshot", "snapshot"]


async def test_only_staff_may_watch_the_dashboard(alice):
    for player, answer in ((None, "error"), (alice, "error")):
        async with Socket("/ws/", player) as socket:
            await socket.say(type="watch", topic="dashboard")
            assert (await socket.next())["type"] == answer


@pytest.mark.django_db(transaction=True)
async def test_staff_watch_the_dashboard():
    async with Socket("/ws/", Player(pk=9, name="Olga", is_staff=True)) as socket:
        await socket.say(type="watch", topic="dashboard")
        state = (await socket.next("snapshot"))["state"]
        assert set(state) >= {"online", "visitors_day", "visitors_week", "visitors_month", "runs_day"}
        diff = await socket.next("diff")
        assert diff["set"]["as_of_ms"] > state["as_of_ms"]


async def test_a_score_arrives_by_itself_on_somebody_elses_board(finished, alice, bob):
    async with Socket("/ws/") as socket:
        await socket.say(type="watch", topic="board:fuse:day")
        snapshot = await socket.next("snapshot")
        assert snapshot["state"]["order"] == []
        await boards.submit(finished(alice, 500))
        diff = await socket.next("diff")
        state = apply(snapshot["state"], diff.get("set", {}), diff.get("drop", []))
        assert state["order"] == [alice.pk]
        assert state["row:1"]["points"] == 500
        assert diff["version"] == snapshot["version"] + 1


async def test_after_unwatch_nothing_more_comes(finished, alice):
    async with Socket("/ws/") as socket:
        await socket.say(type="watch", topic="board:fuse:day")
        await socket.next("snapshot")
        await socket.say(type="unwatch", topic="board:fuse:day")
        await socket.say(type="beat")
        await socket.next("beat")  # What was said before it has been done.
        await boards.submit(finished(alice, 500))
        assert await socket.quiet(0.4)


async def test_a_watcher_is_told_their_own_place_and_again_when_it_changes(monkeypatch, finished, alice, bob):
    monkeypatch.setattr("live.personal.INTERVAL_S", 0.2)
    await boards.submit(finished(bob, 600))
    async with Socket("/ws/", alice) as socket:
        await socket.say(type="watch", topic="board:fuse:day")
        assert await socket.next("standing") == {"type": "standing", "topic": "board:fuse:day", "size": 1}
        await boards.submit(finished(alice, 500))
        expected = {"type": "standing", "topic": "board:fuse:day", "rank": 2, "points": 500, "size": 2, "to_next": 101}
        assert await socket.next("standing") == expected
        await boards.submit(finished(alice, 700))
        told = await socket.next("standing")
        assert (told["rank"], told["rank_before"]) == (1, 2)


async def test_somebody_far_away_on_the_board_is_no_news(monkeypatch, finished, alice, bob):
    monkeypatch.setattr("live.personal.INTERVAL_S", 0.05)
    await boards.submit(finished(alice, 500))
    async with Socket("/ws/", alice) as socket:
        await socket.say(type="watch", topic="board:fuse:day")
        await socket.next("standing")
        await boards.submit(finished(bob, 5))
        await socket.next("diff")
        assert await socket.quiet(0.3)


async def test_who_is_not_signed_in_has_no_place_and_is_told_none(finished, alice):
    await boards.submit(finished(alice, 500))
    async with Socket("/ws/") as socket:
        await socket.say(type="watch", topic="board:fuse:day")
        await socket.next("snapshot")
        assert await socket.quiet(0.3)


async def test_all_places_of_a_process_are_one_round_trip(monkeypatch, finished):
    from leaderboard.reading import standings

    players = [Player(pk=pk, name=f"P{pk}") for pk in range(1, 31)]
    for player in players:
        await boards.submit(finished(player, player.pk))
    calls = []
    many = standings._places.many

    async def counted(asked):
        calls.append(asked)
        return await many(asked)

    monkeypatch.setattr(standings._places, "many", counted)
    sockets = [await Socket("/ws/", player).__aenter__() for player in players]
    for socket in sockets:
        await socket.say(type="watch", topic="board:fuse:day")
        await socket.say(type="watch", topic="board:fuse:all")
    for socket in sockets:
        told = {(await socket.next("standing"))["topic"] for _ in range(2)}
        assert told == {"board:fuse:day", "board:fuse:all"}
    assert len(calls) <= 5
    for socket in sockets:
        await socket.__aexit__()


async def test_a_number_that_no_beat_told_is_refused():
    async with Socket("/ws/") as socket:
        await socket.say(type="beat")
        sent = (await socket.next("beat"))["sent"]
        await socket.say(type="beat", seen=sent)
        assert await socket.quiet(0.1)  # An answer would be answered again, and so on.
        await socket.say(type="beat", seen=sent + 10_000)
        assert (await socket.next())["code"] == "bad_message"


async def test_a_word_to_a_player_reaches_all_their_sockets_and_nobody_elses(alice, bob):
    for name in ("session-a", "session-b", "session-c"):
        await begin_session(name)
    async with (
        Socket("/ws/", alice, "session-a") as one,
        Socket("/ws/", alice, "session-b") as other,
        Socket("/ws/", bob, "session-c") as stranger,
    ):
        await tell_player(alice.pk, Notice("Back in five minutes."))
        for socket in (one, other):
            assert await socket.next("notice") == {"type": "notice", "text": "Back in five minutes."}
        assert await stranger.quiet(0.2)


async def begin_session(name: str) -> None:
    await client().hset(session_key(name), "_created", "0")
    await client().expire(session_key(name), 3600)


async def test_a_socket_whose_session_has_ended_meanwhile_is_closed(alice):
    socket = Socket("/ws/", alice, "never-was")
    await socket.connect(timeout=5)
    assert (await socket.next())["type"] == "signed_out"
    assert await socket.closed() == 4401
    await socket.disconnect()


async def test_a_beat_finds_out_that_the_session_has_run_out(monkeypatch, alice):
    monkeypatch.setattr("presence.consumer.RENEW_AFTER_S", 0)
    await begin_session("session-a")
    async with Socket("/ws/", alice, "session-a") as socket:
        await socket.say(type="beat")
        await socket.next("beat")
        await client().delete(session_key("session-a"))
        await socket.say(type="beat")
        assert await socket.closed() == 4401


@pytest.mark.one_server
async def test_a_socket_that_was_signed_out_leaves_nothing_behind_in_redis(alice, prefix):
    await begin_session("session-a")
    sockets = [Socket("/ws/", alice, "session-a") for _ in range(5)]
    for socket in sockets:
        await socket.__aenter__()
    assert len(await client().pubsub_channels(f"{prefix}:live:layer:*specific*")) == 5
    await tell_session("session-a", "session.ended")
    for socket in sockets:
        assert await socket.closed() == 4401
        await socket.__aexit__()
    assert await client().pubsub_channels(f"{prefix}:live:layer:*") == []


async def test_asking_for_the_same_topic_again_at_once_is_one_snapshot():
    async with Socket("/ws/") as socket:
        for _ in range(50):
            await socket.say(type="watch", topic="online")
        await socket.next("snapshot")
        assert await socket.quiet(0.2)


async def test_ending_the_session_closes_its_sockets_and_no_others(alice, bob):
    await begin_session("session-a")
    await begin_session("session-b")
    async with Socket("/ws/", alice, "session-a") as mine, Socket("/ws/", bob, "session-b") as other:
        await tell_session("session-a", "session.ended")
        assert (await mine.next())["type"] == "signed_out"
        assert await mine.closed() == 4401
        await other.say(type="beat")
        await other.next("beat")


async def test_a_message_in_a_frame_is_json_without_spaces_to_spare():
    async with Socket("/ws/") as socket:
        await socket.say(type="watch", topic="online")
        text = await socket.receive_from()
        assert text == json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)
