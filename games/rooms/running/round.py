"""A round of an arena in its runner's hands: people come and go, bots have the seats that nobody has."""

from typing import Any

import msgspec

from games.rooms.after.replays import bot_seat
from games.rooms.rooms import OVER, PLAYING, Room, Seat
from games.rooms.running.lines import AWAY_MS, Line
from games.rooms.running.log import Entry, Gone
from games.rooms.running.stage import CHECKPOINT_MS, COUNTDOWN_MS, Queued, Show, Stage

#: Turns of one seat that wait for their tick. A newer one takes the place of the last.
TURNS_MAX = 2

_seat = msgspec.json.Decoder(Seat)


class Round(Stage):
    """An arena's room. It goes on tick by tick, whether or not anybody says something."""

    def __init__(self, room: Room, *args: Any) -> None:
        arena = room.game.arena
        assert arena is not None
        self.arena = arena
        super().__init__(room, *args)
        self.inside = self.inside or [None] * len(self.seats)
        self.freed: list[tuple[int, int]] = []  # (seat, player) who have left; the runner says so in Redis.
        self._since_ms = [self._begun_ms] * len(self.seats)  # Since when each seat is theirs.
        self._people_ms = self._begun_ms  # When there were people last.
        for number, seat in enumerate(self.seats):
            self.seats[number] = seat or self._bot(number)

    def _bot(self, number: int) -> Seat | None:
        return bot_seat(number) if number < self.arena.bots_until else None

    def _note(self, entry: Entry) -> None:
        self.inside = self.inside or [None] * len(self.seats)
        for seat in entry.forfeits:
            self.inside[seat] = None
        for seat, player in entry.joins:
            self.inside[seat], self.acked[seat] = player, 0

    # What comes in

    def hear(self, entry_id: str, fields: dict[str, str], now_ms: int) -> None:
        if "sat" in fields:
            self.read_id = entry_id
            self._hear_sat(int(fields["sat"]), _seat.decode(fields["who"]), now_ms)
        elif self._is_theirs(fields):
            super().hear(entry_id, fields, now_ms)
        else:
            self.read_id = entry_id

    def _hear_sat(self, number: int, taken: Seat, now_ms: int) -> None:
        held = self.seats[number]
        if held is None or held.player != taken.player:
            self._sit(number, taken, now_ms)

    def _is_theirs(self, fields: dict[str, str]) -> bool:
        """A seat is its player's alone: what whoever had it before says of it counts no more."""
        if (word := next((each for each in ("here", "gone", "resign") if each in fields), None)) is None:
            return True
        held = self.seats[int(fields[word])]
        return held is not None and not held.bot and str(held.player) == fields["by"]

    def _hear_here(self, seat: int, fields: dict[str, str], now_ms: int) -> None:
        if fields.get("take"):  # A page, not a beat: somebody who resigned before has come again.
            self.lines[seat].gave_up = False
        super()._hear_here(seat, fields, now_ms)

    def _sit(self, number: int, seat: Seat | None, now_ms: int) -> None:
        self.seats[number], self.lines[number], self._since_ms[number] = seat, Line(), now_ms
        self.acked[number] = 0
        self.left = [gone for gone in self.left if seat is None or gone.seat.player != seat.player]
        self.queues[number].clear()
        self._changed = True

    def _hear_input(self, seat: int, queued: Queued, connection: str, now_ms: int) -> None:
        queue = self.queues[seat]
        super()._hear_input(seat, queued, connection, now_ms)
        while len(queue) > TURNS_MAX:
            del queue[-2]

    # What happens

    def due_ms(self) -> int:
        if self._changed or self.ended:
            return 0
        due = self._key_at_ms + CHECKPOINT_MS
        return min(due, self._at_ms(self.rules.tick(self.state) + 1)) if self.status == PLAYING else due

    def _begin(self, now_ms: int) -> None:
        self.status, self._changed = PLAYING, True
        self.zero_ms = now_ms + (self.room.pause_ms or COUNTDOWN_MS)

    def advance(self, now_ms: int) -> list[Show]:
        self._see_who_left(now_ms)
        return super().advance(now_ms)

    def _see_who_left(self, now_ms: int) -> None:
        for number, seat in self.people:
            line = self.lines[number]
            if line.has_given_up(now_ms) or (not line.was_here and now_ms - self._since_ms[number] > AWAY_MS):
                self.freed.append((number, seat.player))
                if (number, seat) in self.playing and self.rules.tick(self.state) >= self.arena.late_tick:
                    self.left.append(Gone(seat, self.rules.points(self.state)[number]))
                self._sit(number, self._bot(number), now_ms)
        if self.people:
            self._people_ms = now_ms
        elif now_ms - self._people_ms > AWAY_MS and not self.ended:
            self.status, self._changed, self.ended = OVER, True, True

    def _let_bots_play(self, now_ms: int) -> None:
        if now_ms < self._bots_at_ms:
            return
        self._bots_at_ms = now_ms + self._pause_ms()
        view = self.rules.view(self.state)
        for number, seat in enumerate(self.seats):
            if not seat or not seat.bot or self.inside[number] != 0 or self.queues[number]:
                continue
            if input := self.rules.bot(view, number, seat.skill, self._rng):
                self.queues[number].append(Queued(self.acked[number] + 1, input, ""))

    def _step(self, now_ms: int) -> list[Show]:
        """Step to now, tick by tick, with one turn of each seat a tick."""
        shows: list[Show] = []
        now = (now_ms - self.zero_ms) // self.rules.TICK_MS
        while not self.ended and (tick := self.rules.tick(self.state)) < now:
            shows.append(self._log(self._entry(tick)))
        return shows

    def _entry(self, tick: int) -> Entry:
        if leaving := [number for number, who in enumerate(self.inside) if who is not None and self._goes(number, who)]:
            return Entry(tick, "", 0, [], leaving)
        if coming := [
            (number, seat.player) for number, seat in enumerate(self.seats) if seat and self._comes(number, seat)
        ]:
            return Entry(tick, "", 0, [], [], coming)
        inputs = []
        for number, (seat, queue) in enumerate(zip(self.seats, self.queues, strict=True)):
            if queue and seat is not None and self.inside[number] == seat.player:
                queued = queue.popleft()
                self.acked[number] = queued.number
                inputs.append((number, queued.number, queued.input))
        # An entry without an input that the game knows is at the tick up to which nothing happens.
        is_idle = not any(input in self.rules.INPUTS for _, _, input in inputs)
        return Entry(tick + is_idle, "", 0, inputs)

    def _goes(self, number: int, who: int) -> bool:
        """Whether whoever plays a seat leaves the game now: it is somebody else's, who does not come in this step."""
        seat = self.seats[number]
        return seat is None or (seat.player != who and not self._comes(number, seat))

    def _comes(self, number: int, seat: Seat) -> bool:
        """Whether a seat's player comes into the game now: a bot at once, a person with their page."""
        line = self.lines[number]
        return self.inside[number] != seat.player and (seat.bot or (line.was_here and not line.away_ms))

    @property
    def playing(self) -> list[tuple[int, Seat]]:
        """The people who are in the game, and have made a turn in this round: a page that lies open plays no part."""
        return [
            (number, seat) for number, seat in self.people if self.inside[number] == seat.player and self.acked[number]
        ]

    @property
    def ratable(self) -> list[int]:
        """The seats that count for ratings: of those from one place the first."""
        first: dict[str, int] = {}
        for number, seat in self.playing:
            if seat.origin:
                first.setdefault(seat.origin, number)
        return sorted(first.values())

    @property
    def is_rated(self) -> bool:
        origins = {seat.origin for seat in (*(seat for _, seat in self.playing), *(gone.seat for gone in self.left))}
        return self.room.rated and len(origins - {""}) >= self.arena.rated_from
