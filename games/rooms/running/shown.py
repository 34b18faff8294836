"""What is shown of a room: the keyframe, and its entry in the list of live rooms."""

import time
from typing import TYPE_CHECKING, Any

import msgspec

from games.rooms.messages import Keyframe
from games.rooms.registry import Listed, Renewed
from games.rooms.running.lines import seats

if TYPE_CHECKING:
    from games.rooms.running.stage import Stage

#: The list of live rooms names at most so many of an arena.
LISTED_SEATS = 3

_encode = msgspec.json.Encoder().encode


def keyframe(stage: "Stage", now_ms: int) -> Keyframe:
    """Everything that may be seen. Times are UTC ms."""
    results = stage.rules.result(stage.state)
    return Keyframe(
        room=stage.room.id,
        game=stage.room.game.slug,
        epoch=stage.epoch,
        v=stage.version,
        t=stage.rules.tick(stage.state),
        a=stage.acked,
        status=stage.status,
        rated=stage.is_rated,
        tick_ms=stage.rules.TICK_MS,
        starts_ms=_utc_ms() + stage.zero_ms - now_ms,
        watchers=stage.watchers(now_ms),
        seats=seats(stage.seats, stage.lines, now_ms),
        view=stage.rules.view(stage.state),
        results=[{"place": each.place, "points": each.points, "marks": each.marks} for each in results or ()],
    )


def listed(stage: "Stage", now_ms: int) -> Renewed:
    """The room's entry in the list of live ones; of an arena the best few, people before bots."""
    is_arena, points = stage.room.game.arena is not None, stage.rules.points(stage.state)
    named = [(seat, points[number]) for number, seat in enumerate(stage.seats) if seat]
    if is_arena:
        named = sorted(named, key=lambda each: (each[0].bot, -each[1]))[:LISTED_SEATS]
    entry = Listed(
        game=stage.room.game.slug,
        players=[seat.player for _, seat in stage.people],
        free=sum(seat is None or seat.bot for seat in stage.seats) if is_arena else 0,
        names=[seat.card.name for seat, _ in named],
        points=[each for _, each in named],
        started_ms=_utc_ms() + stage.zero_ms - now_ms,
        watchers=stage.watchers(now_ms),
        view=stage.rules.small(stage.state),
    )
    return Renewed(stage.room.id, stage.epoch, text(entry))


def text(value: Any) -> str:
    """A value as JSON."""
    return _encode(value).decode()


def _utc_ms() -> int:
    return time.time_ns() // 1_000_000
