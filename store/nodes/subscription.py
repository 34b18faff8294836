"""Pub/sub channels that a process hears, for as long as it wants.

Redis keeps no message for somebody who is away. So whoever hears a channel is told when it begins, and when it begins
anew after a lost line: what was said meanwhile has to be read elsewhere.

In a cluster of Redis 7 or newer the channels lie in slots, and each is heard at the node that owns its slot. In an
older one, any node passes on all messages.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from typing import Any

from store.address import Host
from store.nodes.single import Client, answering

#: After this long without a message the server is asked whether it is still there, and as long again is waited.
POLL_S = 2.0

_BEGAN = ("subscribe", "ssubscribe")
_MESSAGES = ("message", "smessage")
_MOVED = "sunsubscribe"


class _Line:
    """The connection to one server, and the channels that are heard over it."""

    def __init__(self, client: Client, sharded: bool) -> None:
        self.pubsub: Any = client.pubsub()
        self.sharded = sharded
        self.channels: set[str] = set()
        self.ending: Counter[str] = Counter()  # Those that were dropped, until the server confirms it.
        self.reading: asyncio.Task[None] | None = None

    async def add(self, channels: list[str]) -> None:
        for channel in channels:  # One command for each, since they lie in different slots.
            await (self.pubsub.ssubscribe if self.sharded else self.pubsub.subscribe)(channel)
            self.channels.add(channel)

    async def drop(self, channels: list[str]) -> None:
        for channel in channels:
            await (self.pubsub.sunsubscribe if self.sharded else self.pubsub.unsubscribe)(channel)
            self.channels.discard(channel)
            self.ending[channel] += self.sharded

    async def close(self) -> None:
        if self.reading is not None:
            self.reading.cancel()
            await asyncio.gather(self.reading, return_exceptions=True)
        with contextlib.suppress(Exception):
            await self.pubsub.aclose()


class Subscription:
    """The channels that somebody wants to hear. They may change at any time; `heard` connects, and yields messages."""

    def __init__(self, connect: Callable[[float], Client]) -> None:
        self._connect = connect
        self._wanted: set[str] = set()
        self._new: set[str] = set()
        self._changed = asyncio.Event()

    def add(self, *channels: str) -> None:
        """Hear these channels, too."""
        self._wanted.update(channels)
        self._new.update(channels)
        self._changed.set()

    def drop(self, *channels: str) -> None:
        """Hear these channels no more."""
        self._wanted.difference_update(channels)
        self._changed.set()

    async def heard(self) -> AsyncGenerator[tuple[str, str | None]]:
        """Yield each message as channel and text, and channel and None when a channel begins, or begins anew.

        It goes on until a line is lost. There must be a channel to hear.

        Raises:
            StoreUnavailable, TimeoutError: a line was lost, or nobody answers on it.
        """
        connection = self._connect(POLL_S)
        lines: dict[Host | None, _Line] = {}
        said: asyncio.Queue[tuple[str, str | None] | Exception] = asyncio.Queue()
        placing = asyncio.create_task(self._place(connection, lines, said), name="subscription")
        try:
            while True:
                found = await said.get()
                if isinstance(found, Exception):
                    raise found
                if found[0] in self._wanted:
                    yield found
        finally:
            placing.cancel()
            await asyncio.gather(placing, return_exceptions=True)
            for line in lines.values():
                await line.close()
            with contextlib.suppress(Exception):
                await connection.aclose()

    async def _place(self, connection: Client, lines: dict[Host | None, _Line], said: "asyncio.Queue[Any]") -> None:
        """Keep each wanted channel on the line of the server that has it."""
        try:
            while True:
                self._changed.clear()
                async with answering(2 * POLL_S):
                    await self._placed(connection, lines, said)
                await self._changed.wait()
        except Exception as error:
            said.put_nowait(error)

    async def _placed(self, connection: Client, lines: dict[Host | None, _Line], said: "asyncio.Queue[Any]") -> None:
        asked = set(self._wanted)
        new, self._new = self._new & asked, self._new - asked
        wanted = await connection.heard_at(asked)
        for host, line in list(lines.items()):
            if host not in wanted and len(lines) > 1:
                await lines.pop(host).close()
            elif over := sorted(line.channels - wanted.get(host, set())):
                await line.drop(over)
        for host, channels in wanted.items():
            line = lines.get(host) or lines.setdefault(host, _Line(connection.listener(host), connection.has_sharded))
            for channel in new & channels & line.channels:
                said.put_nowait((channel, None))  # Dropped and added again, and heard all the while.
            if lacking := sorted(channels - line.channels):
                await line.add(lacking)
            if line.reading is None:
                line.reading = asyncio.create_task(self._read(connection, line, said), name="subscription line")

    async def _read(self, connection: Client, line: _Line, said: "asyncio.Queue[Any]") -> None:
        try:
            silent = False
            while True:
                async with answering(2 * POLL_S):
                    message = await line.pubsub.get_message(timeout=POLL_S)
                    if message is None:
                        # Silence may mean a dead peer: send a ping, and end when nothing answers it.
                        if silent:
                            raise TimeoutError("no answer to a ping")
                        await line.pubsub.ping()
                silent = message is None
                if message is not None:
                    await self._take(connection, line, message, said)
        except Exception as error:
            said.put_nowait(error)

    async def _take(self, connection: Client, line: _Line, message: dict[str, Any], said: "asyncio.Queue[Any]") -> None:
        channel, kind = message["channel"], message["type"]
        if kind in _BEGAN:
            said.put_nowait((channel, None))
        elif kind in _MESSAGES:
            said.put_nowait((channel, message["data"]))
        elif kind == _MOVED and line.ending[channel]:
            line.ending[channel] -= 1
        elif kind == _MOVED and channel in line.channels:
            # The server ended it: the channel's slot has moved to another node.
            line.channels.discard(channel)
            await connection.reload()
            self._changed.set()
