"""One Redis subscription per process; every watched topic read once per change and sent to all its watchers.

A mark says only what has changed, not how. So a lost mark is only a delay: the topic is read again at the next
mark or the next refresh.
"""

import asyncio
import contextlib
import itertools
import logging
import time
import weakref
from typing import Protocol

from live import keys, protocol
from live.errors import NotAllowed
from live.frames import Frame
from live.mailbox import Mailbox
from live.personal import Personal
from live.servers.daphne_shutdown import before_shutdown
from live.topic_feed import Channel
from live.topics import find
from store.client import client, subscription

logger = logging.getLogger(__name__)

#: Nobody marks it: it is there so that a lost line is noticed even when nobody watches a topic.
_NOBODYS = "-"
RETRY_S = (0.2, 0.5, 1, 2, 2)
#: Pages are not told of an outage that is shorter than this.
AWAY_AFTER_S = 1.0
#: Connections are checked in turns, a few at a time: each one every five seconds. One that sends no beat gets one.
TURNS, TURN_S = 100, 0.05
#: At shutdown, clients have this long to answer the close.
FLUSH_S = 3.0


async def mark(subject: str) -> None:
    """Tell every process that `subject` has changed, so that its topics are read again. One round trip."""
    await client().publish(keys.marks(subject), subject)


class Connection(Protocol):
    """What the hub needs of an open socket."""

    def give_up(self, why: str) -> None: ...

    async def close(self, code: int) -> None: ...


class Hub:
    """The watched topics and open connections of one process (one event loop), and the subscription that wakes them."""

    def __init__(self) -> None:
        self.store_away = False
        self._channels: dict[str, Channel] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turns: list[dict[Mailbox, Connection]] = [{} for _ in range(TURNS)]
        self._all_left = asyncio.Event()
        self._personal = Personal()
        self._subscription = subscription()
        self._subjects: dict[str, str] = {}  # What each channel that is heard tells of.
        self._listening: asyncio.Task[None] | None = None
        self._pulse: asyncio.Task[None] | None = None

    @property
    def watcher_count(self) -> int:
        """How many watchers all topics have together."""
        return sum(len(channel.watchers) for channel in self._channels.values())

    # Connections

    def enter(self, mailbox: Mailbox, connection: Connection) -> None:
        """Add an open connection. It gets a beat when it sends none, and is closed when its client stops reading."""
        self._turns[mailbox.number % TURNS][mailbox] = connection
        mailbox.beaten_at -= TURNS * TURN_S  # Its first turn may be that far away, and its first beat must not be late.
        self._listen_always()
        if self._pulse is None:
            before_shutdown(self._close_all)
            self._pulse = asyncio.create_task(self._look_after(), name="hub pulse")

    def leave(self, mailbox: Mailbox) -> None:
        """Remove a connection that has ended."""
        self._turns[mailbox.number % TURNS].pop(mailbox, None)
        mailbox.close()
        if not any(self._turns):
            self._all_left.set()

    async def _look_after(self) -> None:
        for turn in itertools.count():
            await asyncio.sleep(TURN_S)
            for mailbox, connection in list(self._turns[turn % TURNS].items()):
                if time.monotonic() - mailbox.beaten_at >= protocol.BEAT_S:
                    mailbox.beat()
                if why := mailbox.overdue():
                    connection.give_up(why)

    async def _close_all(self) -> None:
        connections = [connection for turn in self._turns for connection in turn.values()]
        await asyncio.gather(*(connection.close(1012) for connection in connections), return_exceptions=True)
        # A connection leaves when its close went out and the other side has answered it.
        self._all_left.clear()
        if any(self._turns):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._all_left.wait(), FLUSH_S)

    # Topics

    async def watch(self, name: str, mailbox: Mailbox, after: str = "") -> None:
        """Start sending a topic to a mailbox, or send its whole state again. `after` is the last event that it has.

        Raises:
            UnknownTopic, NotAllowed: not this topic, or not this player.
            StoreUnavailable: nobody watched it yet and it could not be read.
        """
        topic = find(name)
        if not topic.allows(mailbox.player):
            raise NotAllowed
        self._listen_always()
        channel = self._channels.get(name)
        if channel is None:
            channel = self._channels[name] = Channel(topic, self._personal.changed)
            self._tasks[name] = asyncio.create_task(channel.run(), name=f"topic {name}")
            if topic.subject:
                self._hear(topic.subject)
        channel.joining += 1
        try:
            await channel.join(mailbox, after)
            self._personal.join(channel.topic, mailbox)
        finally:
            channel.joining -= 1
            self._close_if_empty(name)

    def unwatch(self, name: str, mailbox: Mailbox) -> None:
        """Stop sending a topic to a mailbox; a topic that nobody watches is dropped."""
        channel = self._channels.get(name)
        if channel is not None:
            channel.watchers.discard(mailbox)
            mailbox.forget(name)
            self._personal.leave(name, mailbox)
            self._close_if_empty(name)

    def _close_if_empty(self, name: str) -> None:
        channel = self._channels.get(name)
        if channel is not None and not channel.watchers and not channel.joining:
            del self._channels[name]
            self._tasks.pop(name).cancel()
            if channel.topic.subject:
                self._hear_no_more(channel.topic.subject)

    def wake(self, subject: str | None = None) -> None:
        """Have the topics of a subject read again; every topic when None."""
        for channel in self._channels.values():
            if subject is None or channel.topic.subject == subject:
                channel.mark()

    # The subscription

    def _listen_always(self) -> None:
        if self._listening is None:
            self._hear(_NOBODYS)
            self._listening = asyncio.create_task(self._listen(), name="hub subscription")

    def _hear(self, subject: str) -> None:
        if (channel := keys.marks(subject)) not in self._subjects:
            self._subjects[channel] = subject
            self._subscription.add(channel)

    def _hear_no_more(self, subject: str) -> None:
        if not any(channel.topic.subject == subject for channel in self._channels.values()):
            self._subjects.pop(keys.marks(subject), None)
            self._subscription.drop(keys.marks(subject))

    async def _listen(self) -> None:
        failures, lost_at = 0, 0.0
        while True:
            try:
                async with contextlib.aclosing(self._subscription.heard()) as messages:
                    async for channel, _ in messages:
                        failures, lost_at = 0, 0.0
                        self._say_store_away(False)
                        # Also when a channel begins, perhaps anew: anything may have changed before.
                        subject = self._subjects.get(channel, "")
                        self.wake(None if subject == _NOBODYS else subject)
            except Exception as error:
                lost_at = lost_at or time.monotonic()
                # A timeout means that the silence has lasted a while; a broken connection may be back at once.
                if isinstance(error.__cause__ or error, TimeoutError) or time.monotonic() - lost_at >= AWAY_AFTER_S:
                    self._say_store_away(True)
                pause_s = RETRY_S[min(failures, len(RETRY_S) - 1)]
                failures += 1
                logger.warning("subscription lost: %s; again in %s s", error or type(error).__name__, pause_s)
                await asyncio.sleep(pause_s)

    def _say_store_away(self, away: bool) -> None:
        if away == self.store_away:
            return
        self.store_away = away
        frame = Frame(protocol.Store(away))
        for mailbox in itertools.chain(*self._turns):
            mailbox.put("store", frame)


_hubs: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = weakref.WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
