"""An arena as Redis would hold it, for rounds without their runner."""

import msgspec

from accounts.cards import Card
from games.rooms.game import find_room_game
from games.rooms.rooms import Room, Seat
from games.rooms.running.round import Round
from tests.rooms.test_stage import World

CLAIM = find_room_game("claim")


class Hall(World):
    """An arena as Redis would hold it, and who is in its seats."""

    def __init__(self, seed: str = "seed", pause_ms: int = 0) -> None:
        free: list[Seat | None] = [None] * CLAIM.seats
        super().__init__(Room("r", CLAIM, seed, "waiting", True, free, 0, "", 0, 0, pause_ms, [], [0] * CLAIM.seats))

    def sit(self, player: int) -> int:
        number = self.room.seats.index(None)
        self.room.seats[number] = Seat(player, Card(f"P{player}"), origin=f"place {player}")
        self.numbers[number] = 0
        return number

    def who(self, number: int) -> str:
        held = self.room.seats[number]
        return str(held.player) if held else "0"

    def here(self, number: int) -> None:
        self.say(here=str(number), by=self.who(number), c=f"page{number}", k="k", take="1")

    def gone(self, number: int) -> None:
        self.say(gone=str(number), by=self.who(number), c=f"page{number}", k="k")

    def resign(self, number: int) -> None:
        self.say(resign=str(number), by=self.who(number))

    def sits(self, player: int) -> int:
        """Takes a seat on the page, without coming."""
        number = self.sit(player)
        self.say(sat=str(number), who=msgspec.json.encode(self.room.seats[number]).decode())
        return number

    def come(self, player: int) -> int:
        number = self.sits(player)
        self.here(number)
        return number

    def turn(self, stage: Round, ms: int = 0) -> None:
        """Time passes, the runner reads and goes on, and frees the seats of those who left."""
        self.now_ms += ms
        self.read(stage)
        self.write(stage.advance(self.now_ms))
        self.free(stage)

    def free(self, stage: Round) -> None:
        for number, player in stage.freed:
            if self.room.seats[number] and self.room.seats[number].player == player:
                self.room.seats[number] = None
        stage.freed.clear()


def begun(**options) -> tuple[Hall, Round]:
    hall = Hall(**options)
    hall.come(1)
    stage = hall.own()
    hall.turn(stage)
    hall.now_ms = stage.zero_ms
    hall.turn(stage, 200)
    return hall, stage


def inside(stage: Round) -> list[int]:
    return [who for who in stage.inside if who]
