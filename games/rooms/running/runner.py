"""Runs rooms: takes those that nobody runs, steps them, shows what they did. As many runners as there are cores.

One blocking read waits for the inputs of all rooms, and one pipeline a round writes and shows what all of them did.
Time is kept here: a read that waits in Redis may end up to 100 ms late when nothing else happens there.
"""

import asyncio
import contextlib
import logging
import secrets
import socket
import time
from collections.abc import Callable
from typing import Any

from games.rooms import keys, registry, rooms
from games.rooms.after import ended
from games.rooms.meeting import arena, pairing
from games.rooms.rooms import UnknownRoom
from games.rooms.running.log import checkpoint
from games.rooms.running.round import Round
from games.rooms.running.shown import listed
from games.rooms.running.stage import Show, Stage
from live.observe import counters
from store.client import Client, StoreUnavailable, blocking, client
from store.scripts import script

logger = logging.getLogger(__name__)

_show = script(__file__, "room_show")

#: For each room that was spoken to: what was said, with its place in the room's stream.
Read = list[tuple[Stage, list[tuple[str, dict[str, str]]]]]

LOOK_S, RENEW_S = 0.2, 1.0
#: At most so often the inputs are read: what comes within it is stepped together.
ROUND_S = 0.010
WAIT_MAX_S = 0.1
READ_MAX = 200
RETRY_S = 0.5


def now_ms() -> int:
    """This process's clock: it only goes forward, and no other process's is like it."""
    return time.monotonic_ns() // 1_000_000


class Runner:
    """The rooms of one process. `run` until `stop`, which hands them over to other runners."""

    def __init__(self, name: str = "") -> None:
        self.name = name or f"{socket.gethostname()}-{secrets.token_hex(4)}"
        self.stages: dict[str, Stage] = {}
        self._stopping = asyncio.Event()
        self._renewed_ms = now_ms()
        self._reading: asyncio.Task[Read] | None = None
        self._due_ms: dict[str, int] = {}  # When each room has to be looked at again; 0: now.

    def stop(self) -> None:
        """Finish the round in hand, hand the rooms over, return from `run`."""
        self._stopping.set()

    async def run(self) -> None:
        """Run rooms until `stop`. Trouble with Redis is logged and waited out; rooms that it cost are taken anew."""
        connection = blocking(WAIT_MAX_S)
        chores = [self._repeat(self._look, LOOK_S), self._repeat(self._renew, RENEW_S)]
        tasks = [asyncio.create_task(chore) for chore in chores]
        try:
            while not self._stopping.is_set():
                try:
                    await self._round(connection)
                except StoreUnavailable as error:
                    # What was sent may be written or not: from what is written they are taken anew.
                    logger.warning("rooms wait: %s", error)
                    await self._read_no_more()
                    self.stages.clear()
                    await asyncio.sleep(RETRY_S)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._read_no_more()
            await self._hand_over()
        finally:
            for task in tasks:
                task.cancel()
            await self._read_no_more()
            await connection.aclose()

    async def _repeat(self, chore: Callable[[], object], every_s: float) -> None:
        while True:
            try:
                await chore()  # type: ignore[misc]
            except StoreUnavailable as error:
                logger.warning("%s waits: %s", chore.__name__, error)
            except Exception:
                logger.exception("%s failed", chore.__name__)
            await asyncio.sleep(every_s)

    # Whose rooms

    async def _look(self) -> None:
        """Take rooms that nobody runs, and pair who waits."""
        for room_id, epoch in await registry.claim(self.name):
            try:
                stage = await self._taken(room_id, epoch)
            except StoreUnavailable:
                raise
            except Exception:
                logger.exception("room %s cannot be run, such as of a game that was removed", room_id)
                await rooms.break_off(room_id, epoch)
                continue
            if stage is not None:
                self.stages[room_id] = stage
                logger.info("runs room %s from version %d on", room_id, stage.version)
        await pairing.pair()

    async def _taken(self, room_id: str, epoch: int) -> Stage | None:
        if not await registry.take_over(room_id, epoch):
            with contextlib.suppress(UnknownRoom):
                await rooms.load(room_id)
                return None  # Somebody else has a higher number already.
            await registry.end(room_id, [])  # Its keys have ended: nobody came for an hour.
            return None
        # After the room is closed to the one before: what is read now stays.
        room = await rooms.load(room_id)
        kept = await client().get(keys.checkpoint(room_id))
        logged = 0 if kept is None else checkpoint(kept).logged
        log = await client().lrange(keys.log(room_id), logged, -1)
        return (Round if room.game.arena else Stage)(room, epoch, kept, log, now_ms())

    async def _renew(self) -> None:
        asked_ms = now_ms()
        lost = await registry.renew(self.name, [listed(stage, asked_ms) for stage in self.stages.values()])
        self._renewed_ms = asked_ms
        for room_id in lost:
            self._drop(room_id, "another runner has it")

    def _drop(self, room_id: str, why: str) -> None:
        if self.stages.pop(room_id, None) is not None:
            logger.warning("lets room %s go: %s", room_id, why)

    async def _hand_over(self) -> None:
        """Write what there is, and let others take the rooms at once."""
        with contextlib.suppress(StoreUnavailable):
            shows = [(stage, show) for stage in self.stages.values() for show in stage.hand_over(now_ms())]
            await self._send(shows)
            await registry.give_up(self.name, [listed(stage, now_ms()) for stage in self.stages.values()])

    # What happens in them

    async def _round(self, connection: Client) -> None:
        started = time.monotonic()
        heard = await self._heard(connection)
        now = now_ms()
        if self.stages and now - self._renewed_ms > registry.LEASE_MS:
            # Others may have them by now; whatever we wrote would be refused.
            for room_id in list(self.stages):
                self._drop(room_id, "its lease has run out")
        due = [
            stage for room_id, stage in self.stages.items() if room_id in heard or self._due_ms.get(room_id, 0) <= now
        ]
        broken: list[Stage] = []
        await self._send([(stage, show) for stage in due for show in self._advanced(stage, now, broken)])
        for stage in broken:
            await rooms.break_off(stage.room.id, stage.epoch)
        for stage in due:
            if stage.room.id not in self.stages:
                continue  # Another runner has it by now.
            if isinstance(stage, Round):
                await self._see_out(stage)
            if stage.ended:
                await self._end(stage)
        self._due_ms = {room_id: self._due_ms.get(room_id, 0) for room_id in self.stages} | {
            stage.room.id: stage.due_ms() for stage in due if stage.room.id in self.stages
        }
        await asyncio.sleep(max(0.0, ROUND_S - (time.monotonic() - started)))

    async def _end(self, stage: Stage) -> None:
        """See to all that comes after a match. Whoever takes the room when this breaks off does it again."""
        del self.stages[stage.room.id]
        await ended.tell(stage)
        if isinstance(stage, Round):
            await arena.go_on(stage)
        await registry.end(stage.room.id, [seat.player for _, seat in stage.people])
        counters.count("rooms_finished")

    async def _see_out(self, stage: Round) -> None:
        """Free the seats of those who have left an arena."""
        while stage.freed:
            await rooms.leave(stage.room.id, *stage.freed[0])
            del stage.freed[0]

    def _advanced(self, stage: Stage, now: int, broken: list[Stage]) -> list[Show]:
        """What a room does now; one whose rules fail is noted in `broken`, and holds up no other."""
        try:
            return stage.advance(now)
        except Exception:
            logger.exception("room %s failed", stage.room.id)
            self._drop(stage.room.id, "its rules failed")
            broken.append(stage)
            return []

    async def _heard(self, connection: Client) -> set[str]:
        """Hand each room what was said to it, and return which were; waits until one is, or until a room is due."""
        if not self.stages:
            await asyncio.sleep(WAIT_MAX_S)
            return set()
        if self._reading is None:
            self._reading = asyncio.create_task(_read(connection, list(self.stages.values())))
        wait_ms = min(self._due_ms.get(room_id, 0) for room_id in self.stages) - now_ms()
        await asyncio.wait([self._reading], timeout=max(0.0, wait_ms / 1000))
        if not self._reading.done():
            return set()
        reading, self._reading = self._reading, None
        heard = set()
        for stage, said in reading.result():
            # One that was let go meanwhile and taken anew reads from another place.
            if self.stages.get(stage.room.id) is stage:
                heard.add(stage.room.id)
                _hear(stage, said)
        return heard

    async def _read_no_more(self) -> None:
        """Give up the read that waits; what it would have brought is read again by whoever has the rooms then."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
            self._reading = None

    async def _send(self, shows: list[tuple[Stage, Show]]) -> None:
        if not shows:
            return
        answers = await _show.many([(show.names, show.args) for _, show in shows])
        for (stage, _), done in zip(shows, answers, strict=True):
            if not done:
                self._drop(stage.room.id, "another runner has it")


async def _read(connection: Client, stages: list[Stage]) -> Read:
    """What was said to these rooms since they read last; waits for 100 ms when nothing was."""
    by_name = {stage.inputs_key: stage for stage in stages}
    places: dict[Any, Any] = {name: stage.read_id for name, stage in by_name.items()}
    found = await connection.xread(places, count=READ_MAX, block=int(1000 * WAIT_MAX_S)) or ()
    return [(by_name[name], entries) for name, entries in found]


def _hear(stage: Stage, said: list[tuple[str, dict[str, str]]]) -> None:
    now = now_ms()
    for entry_id, fields in said:
        try:
            stage.hear(entry_id, fields, now)
        except (KeyError, ValueError, IndexError):
            logger.exception("room %s: odd input %s", stage.room.id, entry_id)
