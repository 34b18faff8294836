"""A match that is over, as one event on a stream; whoever reads it does the rest."""

import time

import msgspec

from games.rooms import keys
from games.rooms.rooms import Seat
from games.rooms.running.log import entries
from games.rooms.running.stage import Stage
from store.client import client


class Ended(msgspec.Struct):
    """A match as the stream of finished rooms has it: `log` is a JSON list, `numbers` are those of the seats."""

    game: str
    seed: str
    rated: bool
    seats: list[Seat]
    places: list[int]
    points: list[int]
    marks: list[dict[str, int]]
    log: str
    ended_ms: int
    numbers: list[int] = []
    unrated: list[int] = []  # Which of `seats` do not count, besides bots.

    def number(self, index: int) -> int:
        """The number of a seat in the room: an arena's result leaves free seats out."""
        return self.numbers[index] if self.numbers else index


decode = msgspec.json.Decoder(Ended).decode


async def tell(stage: Stage) -> None:
    """Say that a match has ended, once or more. Two round trips; none when it has no result."""
    room, found = stage.room, stage.rules.result(stage.state)
    if found:
        log = await client().lrange(keys.log(room.id), 0, -1)
        numbered = enumerate(zip(stage.seats, found, strict=True))
        taking_part = {number for number, _ in stage.playing}
        played = [
            (seat, each, number)
            for number, (seat, each) in numbered
            if seat and each.place and (seat.bot or number in taking_part)
        ]
        ended = Ended(
            game=room.game.slug,
            seed=room.seed,
            rated=stage.is_rated,
            seats=[seat for seat, _, _ in played],
            places=[each.place for _, each, _ in played],
            points=[each.points for _, each, _ in played],
            marks=[each.marks for _, each, _ in played],
            log=_text(log),
            ended_ms=time.time_ns() // 1_000_000,
            numbers=[number for _, _, number in played],
            unrated=[index for index, (_, _, number) in enumerate(played) if number not in stage.ratable],
        )
        _add_gone(ended, stage)
        await client().xadd(keys.finished(), {"room": room.id, "match": msgspec.json.encode(ended).decode()})


def _add_gone(ended: Ended, stage: Stage) -> None:
    """Add those who left late, all of them last; their numbers are beyond those of the seats."""
    last = max(ended.places, default=0) + 1
    counted = {seat.origin for number, seat in stage.people if number in stage.ratable}
    for gone in stage.left:
        if gone.seat.origin in counted:
            ended.unrated.append(len(ended.seats))
        counted.add(gone.seat.origin)
        ended.numbers.append(len(stage.seats) + len(ended.seats))
        ended.seats.append(gone.seat)
        ended.places.append(last)
        ended.points.append(gone.points)
        ended.marks.append({})


def _text(log: list[str]) -> str:
    """A log as it is kept: without the steps in which nobody did anything, but for the last."""
    told = [text for text, each in zip(log, entries(log), strict=True) if each.inputs or each.forfeits or each.joins]
    return f"[{','.join([*told, *log[-1:]] if told[-1:] != log[-1:] else told)}]"


def people(ended: Ended) -> list[tuple[int, Seat]]:
    """The seats that players had and that count for ratings, with their places in `seats`."""
    return [(index, seat) for index, seat in enumerate(ended.seats) if not seat.bot and index not in ended.unrated]
