"""Rooms that somebody at this process plays or watches: their frames, written once by the runner, to all of them."""

import asyncio
import contextlib
import logging
import secrets
import weakref

import msgspec

from games.rooms import keys, rooms
from games.rooms.messages import Shown
from games.rooms.rooms import OVER
from live.frames import Frame
from live.mailbox import Mailbox
from store.client import StoreUnavailable, client, subscription

logger = logging.getLogger(__name__)

RETRY_S, LOAD_S = 0.5, 5.0
#: After this many frames without a keyframe a room is read anew.
FRAMES_MAX = 200
#: How many watch is told to the runner this often.
COUNT_S = 5.0
#: What waits for a slow watcher is one slot of its mailbox.
SLOT = "room"


class _Head(msgspec.Struct):
    type: str
    v: int = 0
    status: str = ""


_head = msgspec.json.Decoder(_Head)


class Watched:
    """A room here: who looks, the last keyframe and the frames since, as texts."""

    def __init__(self, room_id: str) -> None:
        self.id = room_id
        self.mailboxes: dict[Mailbox, bool] = {}  # Whether each has a seat.
        self.loaded = asyncio.Event()
        self._key, self._frames, self._version = "null", list[str](), 0
        self.is_over = False
        self._shown: Frame | None = None
        self.told = -1

    def shown(self) -> Frame:
        """The room as it stands, encoded once for all who come."""
        if self._shown is None:
            frames = [msgspec.Raw(frame.encode()) for frame in self._frames]
            self._shown = Frame(Shown(msgspec.Raw(self._key.encode()), frames))
        return self._shown

    async def load(self) -> None:
        """Read the room, and show it anew to all: what came while nobody listened is in it."""
        await self._read()
        for mailbox in self.mailboxes if self.loaded.is_set() else ():
            mailbox.post(SLOT, self.shown(), self.shown)
        self.loaded.set()

    async def shorten(self) -> None:
        """Begin anew from the keyframe in Redis, where many frames have come since the one that is here."""
        if len(self._frames) > FRAMES_MAX:
            await self._read()

    async def _read(self) -> None:
        pipe = client().pipeline(transaction=True)
        pipe.get(keys.keyframe(self.id))
        pipe.lrange(keys.frames(self.id), 0, -1)
        key, frames = await pipe.execute()
        heads = [_head.decode(text) for text in (key or '{"type":""}', *frames)]
        self._key, self._frames, self._shown = key or "null", frames, None
        self._version = max(head.v for head in heads)
        self.is_over = heads[0].status == OVER

    def take(self, text: str) -> None:
        """Send a frame on, unless it is known already."""
        head = _head.decode(text)
        if head.type == "frame":
            if head.v <= self._version:
                return
            self._version = head.v
            self._frames.append(text)
        elif head.type == "room":
            self._key, self._frames, self._version = text, [], head.v
            self.is_over = head.status == OVER
        self._shown = None
        frame = Frame(text)
        for mailbox in self.mailboxes:
            mailbox.post(SLOT, frame, self.shown)


class Feed:
    """The rooms of one process (one event loop), and the subscription that brings their frames."""

    def __init__(self) -> None:
        self.process = secrets.token_hex(4)
        self._rooms: dict[str, Watched] = {}
        self._subscription = subscription()
        self._tasks: list[asyncio.Task[None]] = []

    async def join(self, room_id: str, mailbox: Mailbox, *, seated: bool) -> None:
        """Show a room to a connection, and what happens there from now on.

        Raises:
            StoreUnavailable: it could not be read.
        """
        watched = self._rooms.get(room_id)
        if watched is None:
            watched = self._rooms[room_id] = Watched(room_id)
            if not self._tasks:
                # A channel that nobody publishes to, so that there is always one to hear.
                self._subscription.add(keys.channel("-"))
                self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._count())]
        if not watched.loaded.is_set():
            self._subscription.add(keys.channel(room_id))
        try:
            async with asyncio.timeout(LOAD_S):
                await watched.loaded.wait()
        except TimeoutError:
            self._drop_if_empty(room_id)
            raise StoreUnavailable("the room could not be read") from None
        mailbox.forget(SLOT)
        mailbox.post(SLOT, watched.shown(), watched.shown)
        watched.mailboxes[mailbox] = seated
        self._rooms[room_id] = watched

    def is_over(self, room_id: str) -> bool:
        """Whether a room that is shown here is over, as far as its frames say."""
        return room_id in self._rooms and self._rooms[room_id].is_over

    def leave(self, room_id: str, mailbox: Mailbox) -> None:
        """Show a room to a connection no more."""
        if (watched := self._rooms.get(room_id)) is not None:
            watched.mailboxes.pop(mailbox, None)
            mailbox.forget(SLOT)
            self._drop_if_empty(room_id)

    def _drop_if_empty(self, room_id: str) -> None:
        if (watched := self._rooms.get(room_id)) is not None and not watched.mailboxes:
            del self._rooms[room_id]
            self._subscription.drop(keys.channel(room_id))

    async def _listen(self) -> None:
        while True:
            try:
                async with contextlib.aclosing(self._subscription.heard()) as messages:
                    async for channel, text in messages:
                        await self._take(channel, text)
            except Exception as error:
                logger.warning("the frames of rooms wait: %s", error or type(error).__name__)
                await asyncio.sleep(RETRY_S)

    async def _take(self, channel: str, text: str | None) -> None:
        watched = self._rooms.get(channel.partition("rooms:{")[2].partition("}")[0])
        if watched is None:
            return
        if text is None:
            await watched.load()  # First, or anew after a lost line.
        else:
            watched.take(text)
            await watched.shorten()

    async def _count(self) -> None:
        """Tell the runners how many watch here."""
        while True:
            await asyncio.sleep(COUNT_S)
            for room_id, watched in list(self._rooms.items()):
                count = sum(not seated for seated in watched.mailboxes.values())
                if count or watched.told > 0:
                    watched.told = count
                    with contextlib.suppress(StoreUnavailable):
                        await rooms.say(room_id, watch=self.process, count=count)


_feeds: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Feed]" = weakref.WeakKeyDictionary()


def feed() -> Feed:
    """The feed of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _feeds:
        _feeds[loop] = Feed()
    return _feeds[loop]
