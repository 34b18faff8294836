"""One Redis subscription per process; every watched topic read once per change and sent to all its watchers.

Marks carry no payload, so a lost one costs nothing but time: the topic is read again at the next mark
or the next refresh.
"""

import asyncio
import contextlib
import logging
import time
import weakref
from typing import Any

from live import keys
from live.errors import NotAllowed
from live.mailbox import Mailbox
from live.protocol import Diff, Snapshot, encode
from live.topics import State, Topic, diff, find
from store.client import Client, StoreUnavailable, blocking, client

logger = logging.getLogger(__name__)

SUBSCRIPTION_POLL_S = 5.0
RETRY_S = (0.2, 0.5, 1, 2, 5)


async def mark(subject: str) -> None:
    """Say to every process that what its topics show of `subject` has changed. One round trip."""
    await client().publish(keys.marks(), subject)


class Channel:
    """A topic while somebody in this process watches it: its last state, its watchers, and the task that reads it."""

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self.watchers: set[Mailbox] = set()
        self.joining = 0
        self.state: State | None = None
        self.version = 0
        self.changed = asyncio.Event()
        self._reading = asyncio.Lock()
        self._snapshot_frame = ""

    async def join(self, mailbox: Mailbox) -> None:
        """Add a watcher: the snapshot is its first frame, and no diff after it is missed.

        Raises:
            StoreUnavailable: the first read of the state failed; nothing is watched.
        """
        if self.state is None:
            await self.read()
        mailbox.forget(self.topic.name)
        mailbox.post(self.topic.name, self.snapshot_frame(), self.snapshot_frame)
        self.watchers.add(mailbox)

    def snapshot_frame(self) -> str:
        """The whole state as a frame, encoded once per version."""
        if not self._snapshot_frame:
            self._snapshot_frame = encode(Snapshot(self.topic.name, self.version, self.state or {}))
        return self._snapshot_frame

    async def read(self) -> None:
        """Read the state, and if it differs send the difference to every watcher."""
        async with self._reading:
            new = await self.topic.snapshot()
            changed, dropped = diff(self.state or {}, new)
            if self.state is not None and not changed and not dropped:
                return
            self.state = new
            self.version += 1
            self._snapshot_frame = ""
            frame = encode(Diff(self.topic.name, self.version, changed, dropped)) if self.watchers else ""
            for mailbox in self.watchers:
                mailbox.post(self.topic.name, frame, self.snapshot_frame)

    async def run(self) -> None:
        """Read after each mark, no more often than the topic's interval, and after its refresh time without one."""
        while True:
            # Not wait_for: until Python 3.12 it can swallow a cancellation that comes together with a mark.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.topic.refresh_s):
                    await self.changed.wait()
            self.changed.clear()
            started = time.monotonic()
            try:
                await self.read()
            except StoreUnavailable as error:
                logger.warning("topic %s keeps its last state: %s", self.topic.name, error)
            except Exception:
                # One broken topic must not end its own updates for good, nor anything else.
                logger.exception("topic %s could not be read", self.topic.name)
            await asyncio.sleep(max(0.0, self.topic.interval_ms / 1000 - (time.monotonic() - started)))


class Hub:
    """The watched topics of one process (one event loop) and the subscription that wakes them."""

    def __init__(self) -> None:
        self._channels: dict[str, Channel] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._subscription: asyncio.Task[None] | None = None

    async def watch(self, name: str, mailbox: Mailbox, player: Any) -> None:
        """Start sending a topic to a mailbox, or send it afresh.

        Raises:
            UnknownTopic, NotAllowed: not this topic, or not this player.
            StoreUnavailable: nobody watched it yet and it could not be read.
        """
        topic = find(name)
        if not topic.allows(player):
            raise NotAllowed
        if self._subscription is None:
            self._subscription = asyncio.create_task(self._listen(), name="hub subscription")
        channel = self._channels.get(name)
        if channel is None:
            channel = self._channels[name] = Channel(topic)
            self._tasks[name] = asyncio.create_task(channel.run(), name=f"topic {name}")
        channel.joining += 1
        try:
            await channel.join(mailbox)
        finally:
            channel.joining -= 1
            self._close_if_empty(name)

    def unwatch(self, name: str, mailbox: Mailbox) -> None:
        """Stop sending a topic to a mailbox; a topic that nobody watches is dropped."""
        channel = self._channels.get(name)
        if channel is not None:
            channel.watchers.discard(mailbox)
            mailbox.forget(name)
            self._close_if_empty(name)

    def _close_if_empty(self, name: str) -> None:
        channel = self._channels.get(name)
        if channel is not None and not channel.watchers and not channel.joining:
            del self._channels[name]
            self._tasks.pop(name).cancel()

    def wake(self, subject: str | None = None) -> None:
        """Have the topics of a subject read again; every topic when None."""
        for channel in self._channels.values():
            if subject is None or channel.topic.subject == subject:
                channel.changed.set()

    async def _listen(self) -> None:
        failures = 0
        while True:
            connection = blocking(SUBSCRIPTION_POLL_S)
            try:
                async for subject in _marks(connection):
                    failures = 0
                    self.wake(subject)
            except Exception as error:
                _end_if_cancelled()
                pause_s = RETRY_S[min(failures, len(RETRY_S) - 1)]
                failures += 1
                logger.warning("subscription lost: %s; again in %s s", error or type(error).__name__, pause_s)
                await asyncio.sleep(pause_s)
            finally:
                with contextlib.suppress(Exception):
                    await connection.aclose()


async def _marks(connection: Client) -> Any:
    """Yield each marked subject; None first, since anything may have changed before the subscription stood."""
    async with connection.pubsub() as pubsub:
        await pubsub.subscribe(keys.marks())
        yield None
        while True:
            _end_if_cancelled()
            message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=SUBSCRIPTION_POLL_S)
            if message is not None:
                yield message["data"]
            else:
                # Silence may be a dead peer: a ping finds out, and its failure ends this subscription.
                await pubsub.ping()


def _end_if_cancelled() -> None:
    # redis-py sends through asyncio.wait_for, which until Python 3.12 can swallow a cancellation.
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


_hubs: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = weakref.WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
