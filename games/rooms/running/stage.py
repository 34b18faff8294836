"""A room in its runner's hands: what was said to it is stepped, logged and shown. No I/O: the runner does that.

Time is counted in ticks since the start. A room that nobody touches costs nothing: it is stepped when an input comes,
or when something is due by itself.
"""

import random
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from games.rooms import keys
from games.rooms.messages import Stepped
from games.rooms.rooms import OVER, PLAYING, TTL_MS, WAITING, Room, Seat
from games.rooms.running import shown
from games.rooms.running.lines import SILENT_MS, Line, all_here
from games.rooms.running.log import Checkpoint, Entry, Gone, after, before, checkpoint, entries
from live.protocol import encode
from store.client import publishing

#: The match begins this long after everybody is here.
COUNTDOWN_MS = 3_000
#: A room whose players do not come within this is forsaken.
START_WITHIN_MS = 60_000
CHECKPOINT_MS = 1_000


class Show(NamedTuple):
    """The arguments of lua/room_show.lua."""

    names: list[str]
    args: list[str | int]


class Queued(NamedTuple):
    """An input that waits for its tick: its number, what it is, and its place in the stream (none for a bot's)."""

    number: int
    input: str
    id: str


class Stage:
    """One room, as its runner steps it. `now_ms` is any clock that only goes forward."""

    def __init__(self, room: Room, epoch: int, kept: str | None, log: Sequence[str], now_ms: int) -> None:
        self.room, self.epoch, self.rules = room, epoch, room.game.rules
        self.inputs_key, self._publish = keys.inputs(room.id), publishing(keys.channel(room.id))
        kinds = (keys.room, keys.log, keys.frames, keys.keyframe, keys.checkpoint)
        self._names = [*(kind(room.id) for kind in kinds), self.inputs_key]
        count = len(room.seats)
        self.seats = list(room.seats)
        self.status, self.version, self.read_id, self.logged = WAITING, 0, "0-0", 0
        self.inside: list[int | None] = []
        self.left: list[Gone] = []
        self.acked, self.lines = [0] * count, [Line() for _ in range(count)]
        self.queues: list[deque[Queued]] = [deque() for _ in range(count)]
        self.state = self.rules.new(room.seed, count)
        # Where tick 0 lies: the clock stands still while nobody runs the room.
        self.zero_ms = now_ms
        self._taken_over(kept, log, now_ms)
        self.watching: dict[str, tuple[int, int]] = {}  # Web process → how many watch there, heard when.
        self.ended = self.status == OVER
        self._begun_ms = now_ms
        self._key_at_ms = self._bots_at_ms = 0
        self._changed = True  # Seats or status are to be shown.
        self._rng = random.Random(f"{room.seed} bots {self.version}")

    def _taken_over(self, kept: str | None, log: Sequence[str], now_ms: int) -> None:
        """Go on where the one before stopped: nothing that was shown is taken back."""
        if kept:
            last = checkpoint(kept)
            self.version, self.read_id, self.logged = last.version, last.position, last.logged
            self.state, self.acked, self.status = self.rules.load(last.state), last.acked, last.status
            for line, connection, gave_up in zip(self.lines, last.connections, last.gave_up, strict=True):
                line.connection, line.heard_ms = connection, now_ms
                line.was_here, line.gave_up = bool(connection), gave_up
            self.inside, self.left = last.inside or self.inside, last.left
            self._are_out(last.out)
            self.zero_ms = now_ms - last.elapsed_ms
        for entry in entries(log):
            self.state = after(self.room.game, self.state, entry)
            self.version, self.read_id, self.status = entry.version, entry.position, PLAYING
            self.logged += 1
            self._note(entry)
            for seat, number, _ in entry.inputs:
                self.acked[seat] = max(self.acked[seat], number)
        if tick := self.rules.tick(self.state):
            self.zero_ms = min(self.zero_ms, now_ms - tick * self.rules.TICK_MS)
        if self.rules.result(self.state) is not None:
            self.status = OVER  # Its last step was kept, and what comes after it was not.

    def _are_out(self, seats: Sequence[int]) -> None:
        for seat in seats:
            self.lines[seat].is_out = True

    def _note(self, entry: Entry) -> None:
        """Keep in mind what an entry of the log has changed besides the game's own state."""
        self._are_out(entry.forfeits)

    # What comes in

    def hear(self, entry_id: str, fields: dict[str, str], now_ms: int) -> None:
        """Take an entry of the room's stream of inputs."""
        self.read_id = entry_id
        if "i" in fields:
            self._hear_input(int(fields["s"]), Queued(int(fields["n"]), fields["i"], entry_id), fields["c"], now_ms)
        elif "watch" in fields:
            told = self.watchers(now_ms)
            self.watching[fields["watch"]] = (int(fields["count"]), now_ms)
            self._changed |= self.watchers(now_ms) != told
        elif "here" in fields:
            self._hear_here(int(fields["here"]), fields, now_ms)
        elif "gone" in fields:
            self._changed |= self.lines[int(fields["gone"])].leave(fields["c"], fields.get("k", ""), now_ms)
        elif "resign" in fields:
            line = self.lines[int(fields["resign"])]
            self._changed |= not line.gave_up
            line.gave_up = True

    def _hear_here(self, seat: int, fields: dict[str, str], now_ms: int) -> None:
        takes, socket = fields.get("take") == "1", fields.get("k", "")
        self._changed |= self.lines[seat].hear(fields["c"], takes, now_ms, socket)

    def _hear_input(self, seat: int, queued: Queued, connection: str, now_ms: int) -> None:
        if queued.number <= max(self.acked[seat], self.queues[seat][-1].number if self.queues[seat] else 0):
            return  # Read already, by this runner or by the one before.
        self._changed |= self.lines[seat].hear(connection, False, now_ms)
        self.queues[seat].append(queued)

    # What happens

    def due_ms(self) -> int:
        """When it has to be advanced at the latest, whether or not anybody says something."""
        if self._changed or self.ended:
            return 0
        due = self._key_at_ms + CHECKPOINT_MS
        if self.status == PLAYING:
            if any(self.queues) or any(line.gave_up and not line.is_out for line in self.lines):
                due = min(due, self._at_ms(self.rules.tick(self.state)))
            if (bell := self.rules.due(self.state)) is not None:
                due = min(due, self._at_ms(bell))
            if any(seat and seat.bot for seat in self.seats):
                due = min(due, max(self._bots_at_ms, self.zero_ms))
        return due

    def _at_ms(self, tick: int) -> int:
        return self.zero_ms + tick * self.rules.TICK_MS

    def advance(self, now_ms: int) -> list[Show]:
        """Go on to now; returns what is to be written and shown, in this order."""
        for line in self.lines:
            self._changed |= line.look(now_ms)
        if self.status == WAITING:
            self._begin(now_ms)
        shows: list[Show] = []
        if self.status == PLAYING and now_ms >= self.zero_ms:
            self._let_bots_play(now_ms)
            shows += self._step(now_ms)
        if self._changed or now_ms >= self._key_at_ms + CHECKPOINT_MS:
            shows.append(self._keyframe(now_ms))
        return shows

    def _begin(self, now_ms: int) -> None:
        if all_here(self.seats, self.lines):
            self.status, self._changed = PLAYING, True
            self.zero_ms = now_ms + COUNTDOWN_MS
        elif now_ms - self._begun_ms > START_WITHIN_MS:
            self.status, self._changed, self.ended = OVER, True, True

    def _pause_ms(self) -> int:
        return self.room.game.bot_pause_ms * self._rng.randint(70, 140) // 100

    def _let_bots_play(self, now_ms: int) -> None:
        if now_ms < self._bots_at_ms:
            return
        self._bots_at_ms = now_ms + self._pause_ms()
        for number, seat in enumerate(self.seats):
            if seat and seat.bot and not self.queues[number]:
                input = self.rules.bot(self.rules.view(self.state), number, seat.skill, self._rng)
                self.queues[number].append(Queued(self.acked[number] + 1, input, ""))

    def _step(self, now_ms: int) -> list[Show]:
        """Step to now, with at most one input of each seat a tick: of two at once the second is played a tick later."""
        shows: list[Show] = []
        now = (now_ms - self.zero_ms) // self.rules.TICK_MS
        while not self.ended:
            bell, tick = self.rules.due(self.state), self.rules.tick(self.state)
            last = now if bell is None else min(now, bell - 1)
            forfeits = [] if shows else [seat for seat, line in enumerate(self.lines) if line.has_given_up(now_ms)]
            if (any(self.queues) or forfeits) and tick <= last:
                shows.append(self._play(max(tick, last + 1 - max(1, *map(len, self.queues))), forfeits))
            elif bell is not None and now >= bell:
                shows.append(self._log(Entry(bell, "", 0, [])))
            else:
                break
        return shows

    def _play(self, tick: int, forfeits: list[int]) -> Show:
        taken = [(seat, queue.popleft()) for seat, queue in enumerate(self.queues) if queue]
        for seat, queued in taken:
            self.acked[seat] = queued.number
        return self._log(Entry(tick, "", 0, [(seat, each.number, each.input) for seat, each in taken], forfeits))

    def _log(self, entry: Entry) -> Show:
        self.version += 1
        self.logged += 1
        self._note(entry)
        entry.version, entry.position = self.version, self._position()
        old, self.state = self.state, after(self.room.game, self.state, entry)
        delta = self.rules.delta(old, self.state)
        frame = encode(Stepped(self.version, self.rules.tick(self.state), self.acked, delta))
        if self.rules.result(self.state) is not None:
            self.status, self._changed, self.ended = OVER, True, True
        return self._show(entry=shown.text(entry), frame=frame)

    def _position(self) -> str:
        """Up to where the inputs are played: a successor reads on from here, and ignores numbers it has seen."""
        waiting = [queue[0].id for queue in self.queues if queue and queue[0].id]
        return before(min(waiting, key=lambda each: tuple(map(int, each.split("-"))))) if waiting else self.read_id

    # What goes out

    def _keyframe(self, now_ms: int) -> Show:
        """What a newcomer needs, for everybody when something besides the game has changed; and the checkpoint."""
        key = shown.keyframe(self, now_ms)
        kept = Checkpoint(
            self.version,
            self._position(),
            self.logged,
            self.rules.dump(self.state),
            self.acked,
            self.status,
            [line.connection for line in self.lines],
            [line.gave_up for line in self.lines],
            [seat for seat, line in enumerate(self.lines) if line.is_out],
            now_ms - self.zero_ms,
            self.inside,
            self.left,
        )
        # Nobody needs the whole again when only time has gone on.
        frame = encode(key) if self._changed else ""
        self._key_at_ms, self._changed = now_ms, False
        return self._show(frame=frame, kept=shown.text(kept), keyframe=encode(key))

    def hand_over(self, now_ms: int) -> list[Show]:
        """The last checkpoint, from which another runner goes on."""
        return [] if self.ended else [self._keyframe(now_ms)]

    @property
    def people(self) -> list[tuple[int, Seat]]:
        """The seats that players have, bots left out, with their numbers."""
        return [(number, seat) for number, seat in enumerate(self.seats) if seat and not seat.bot]

    @property
    def playing(self) -> list[tuple[int, Seat]]:
        """The seats whose players take part, with their numbers."""
        return self.people

    @property
    def ratable(self) -> list[int]:
        """The numbers of the seats that count for ratings, if the match does."""
        return [number for number, _ in self.people]

    @property
    def is_rated(self) -> bool:
        """Whether the match counts for ratings."""
        return self.room.is_rated

    def watchers(self, now_ms: int) -> int:
        """How many watch, as the web processes said last."""
        return sum(count for count, heard_ms in self.watching.values() if now_ms - heard_ms < SILENT_MS)

    def _show(self, *, entry: str = "", frame: str = "", kept: str = "", keyframe: str = "") -> Show:
        args: list[str | int] = [self.epoch, self._publish, entry, frame]
        if not kept:
            return Show(self._names[:3], args)  # Most are steps and no more.
        return Show(self._names, [*args, kept, keyframe, self.status, TTL_MS])
