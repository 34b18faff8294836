"""The personal part of a topic: what only one watcher sees, such as their own rank on a board.

After a change it is read for all watchers of the process in one pipeline. It is sent to those for whom it has
changed, to each at most once in `INTERVAL_S`.
"""

import asyncio
import contextlib
import logging
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from live.errors import GameError
from live.frames import Frame
from live.mailbox import Mailbox
from live.protocol import Message
from live.topics import PersonalReader, Topic
from store.client import StoreUnavailable
from store.trouble import SQL_TROUBLE

logger = logging.getLogger(__name__)

INTERVAL_S = 2.0
# Marks and new watchers come in bursts. Those that come within this time share one read.
GATHER_S = 0.05


class Seat:
    """One connection on one topic: when it may next be sent its personal part, and the last one that was sent."""

    __slots__ = ("due_at", "mailbox", "told", "topic")

    def __init__(self, topic: Topic, mailbox: Mailbox) -> None:
        self.topic, self.mailbox = topic, mailbox
        self.due_at = 0.0
        self.told: Message | None = None


class Personal:
    """The seats of one process."""

    def __init__(self) -> None:
        self._seats: dict[str, dict[Mailbox, Seat]] = defaultdict(dict)
        self._stale: set[Seat] = set()
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def join(self, topic: Topic, mailbox: Mailbox) -> None:
        """Send this watcher their part soon, and again after changes."""
        if topic.personal is None or mailbox.player is None:
            return
        self.leave(topic.name, mailbox)
        seat = self._seats[topic.name][mailbox] = Seat(topic, mailbox)
        self._stale.add(seat)
        self._changed.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="personal")

    def leave(self, name: str, mailbox: Mailbox) -> None:
        """Send this watcher nothing more."""
        seat = self._seats[name].pop(mailbox, None) if name in self._seats else None
        if seat is not None:
            self._stale.discard(seat)
            if not self._seats[name]:
                del self._seats[name]

    def changed(self, name: str) -> None:
        """The topic has changed, so the personal parts of its watchers may have changed too."""
        if name in self._seats:
            self._stale.update(self._seats[name].values())
            self._changed.set()

    async def _run(self) -> None:
        while True:
            if not self._stale:
                await self._changed.wait()
            self._changed.clear()
            await asyncio.sleep(GATHER_S)
            now = time.monotonic()
            due = [seat for seat in self._stale if seat.due_at <= now]
            self._stale.difference_update(due)
            for seat in due:
                seat.due_at = now + INTERVAL_S
            await self._tell(due)

    async def _tell(self, due: Sequence[Seat]) -> None:
        by_reader: dict[PersonalReader, dict[Topic, list[Seat]]] = defaultdict(lambda: defaultdict(list))
        for seat in due:
            assert seat.topic.personal is not None
            by_reader[seat.topic.personal][seat.topic].append(seat)
        for reader, topics in by_reader.items():
            try:
                await self._tell_of(reader, topics)
            except (StoreUnavailable, *SQL_TROUBLE) as error:
                logger.warning("personal parts are delayed: %s", error)
                self._stale.update(seat for seats in topics.values() for seat in seats if self._is_taken(seat))
            except Exception:
                logger.exception("personal parts could not be read")

    async def _tell_of(self, reader: PersonalReader, topics: dict[Topic, list[Seat]]) -> None:
        asked = [
            (topic, list({seat.mailbox.player.pk: seat.mailbox.player for seat in seats}.values()))
            for topic, seats in topics.items()
        ]
        answers = await _answers(reader, asked)
        for seats in topics.values():
            for seat in seats:
                self._send(seat, answers.get((seat.topic.name, seat.mailbox.player.pk)))

    def _send(self, seat: Seat, message: Message | None) -> None:
        if message is None or not self._is_taken(seat):
            return
        news = seat.topic.news(seat.told, message)
        if news is not None:
            seat.told = message
            seat.mailbox.put(f"own {seat.topic.name}", Frame(news))

    def _is_taken(self, seat: Seat) -> bool:
        return seat.topic.name in self._seats and self._seats[seat.topic.name].get(seat.mailbox) is seat


async def _answers(reader: PersonalReader, asked: Sequence[tuple[Topic, list[Any]]]) -> dict[tuple[str, int], Message]:
    """Read all topics at once. When that is refused, read them one by one, so that a bad one does not stop others."""
    try:
        return await reader(asked)
    except GameError:
        answers: dict[tuple[str, int], Message] = {}
        for each in asked:
            with contextlib.suppress(GameError):
                answers |= await reader([each])
        return answers
