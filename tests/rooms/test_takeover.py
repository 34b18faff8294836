"""A room that another runner takes over, or whose players leave: nothing is lost, and the rules decide."""

import json

import pytest

from games.fuse.duel import room_rules as duel
from games.rooms.running.shown import keyframe
from games.rooms.running.stage import Stage
from tests.rooms.test_stage import World, room


def playing() -> tuple[World, Stage]:
    """A match whose countdown has just ended."""
    world = World(room())
    stage = world.own()
    for number in range(2):
        world.say(here=str(number), c=f"page{number}", take="1")
    turn(world, stage)
    world.now_ms += 3_000
    return world, stage


def turn(world: World, stage: Stage) -> None:
    world.read(stage)
    world.write(stage.advance(world.now_ms))


class TestATakeover:
    def test_the_clock_goes_on_from_where_it_stood_though_nobody_moved(self):
        world, stage = playing()
        world.input(0, "left")
        turn(world, stage)
        for _ in range(60):
            world.now_ms += 1_000
            for number in range(2):
                world.say(here=str(number), c=f"page{number}")
            turn(world, stage)
        world.write(stage.hand_over(world.now_ms))
        assert world.own().zero_ms == stage.zero_ms

    def test_a_countdown_is_not_cut_short(self):
        world, stage = playing()
        world.now_ms -= 3_000
        assert world.own().zero_ms == stage.zero_ms

    def test_a_match_whose_last_step_alone_was_kept_is_over(self):
        world, stage = playing()
        world.say(resign="0")
        world.read(stage)
        world.write(stage.advance(world.now_ms)[:1])
        successor = world.own()
        assert successor.ended
        assert keyframe(successor, world.now_ms).status == "over"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_when_both_have_left_the_points_decide(order):
    world, stage = playing()
    for number in range(30):
        world.input(0, ("left", "down", "right", "up")[number % 4])
        world.now_ms += 40
        turn(world, stage)
    for seat in order:
        world.say(gone=str(seat), c=f"page{seat}")
    turn(world, stage)
    world.now_ms += 30_500
    turn(world, stage)
    assert [(seat.place, seat.points > 0) for seat in duel.result(stage.state)] == [(1, True), (2, False)]


def test_it_does_not_begin_without_a_host_who_has_left():
    world = World(room())
    world.say(here="0", c="host", take="1")
    world.say(gone="0", c="host")
    world.now_ms += 300_000
    stage = world.own()
    world.say(here="1", c="friend", take="1")
    turn(world, stage)
    assert stage.status == "waiting"
    world.say(here="0", c="host", take="1")
    turn(world, stage)
    assert stage.status == "playing"


def test_who_plays_sees_how_many_watch():
    world, stage = playing()
    turn(world, stage)
    world.say(watch="web", count="7")
    world.read(stage)
    frames = [show.args[3] for show in stage.advance(world.now_ms)]
    assert [json.loads(frame)["watchers"] for frame in frames if frame] == [7]
