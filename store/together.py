"""Combines the Redis commands of several coroutines into one round trip.

    board, feed, flags = await together(read_board(), read_feed(), read_flags())

The three run concurrently and need no changes. Commands that they send at the same time go out in one pipeline;
those that follow a first reply go out in a second. Transactions and blocking reads are sent separately.
"""

import asyncio
import contextlib
import contextvars
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from typing import Any

Command = tuple[tuple[Any, ...], dict[str, Any]]
#: Sends commands in one pipeline and returns their replies in order. Errors are in the list.
Send = Callable[[Sequence[Command]], Awaitable[list[Any]]]

#: A pipeline is sent after this many event loop iterations without a new command,
IDLE_TURNS = 2
#: or after this many in all, or with this many callers: where commands never stop coming, nobody waits for long.
TURNS_MAX, CALLERS_MAX = 8, 200


class Gathering:
    """The commands that wait to be sent together."""

    def __init__(self) -> None:
        self.open = True
        self._waiting: list[tuple[Sequence[Command], asyncio.Future[list[Any]]]] = []
        self._sending: asyncio.Task[None] | None = None

    async def ask(self, commands: Sequence[Command], send: Send) -> list[Any]:
        """Send commands in the next shared pipeline and return their replies."""
        answered: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        self._waiting.append((commands, answered))
        if self._sending is None:
            self._sending = asyncio.create_task(self._send(send), name="together")
        return await answered

    async def _send(self, send: Send) -> None:
        idle, known = 0, 0
        for _ in range(TURNS_MAX):
            await asyncio.sleep(0)
            idle, known = (idle + 1, known) if len(self._waiting) == known else (0, len(self._waiting))
            if idle >= IDLE_TURNS or known >= CALLERS_MAX:
                break
        waiting, self._waiting, self._sending = self._waiting, [], None
        try:
            replies = iter(await send([command for commands, _ in waiting for command in commands]))
        except BaseException as error:
            for _, answered in waiting:
                if not answered.done():
                    answered.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        for commands, answered in waiting:
            own = [next(replies) for _ in commands]
            if not answered.done():
                answered.set_result(own)


_gathering: contextvars.ContextVar[Gathering | None] = contextvars.ContextVar("gathering", default=None)


def gathering() -> Gathering | None:
    """The shared pipeline that the running coroutine's commands join. None: each is sent by itself."""
    found = _gathering.get()
    return found if found is not None and found.open else None


#: The pipeline of each event loop that `sharing` joins.
_shared: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Gathering]" = weakref.WeakKeyDictionary()


@contextlib.contextmanager
def sharing() -> Iterator[None]:
    """Let the commands of this block share pipelines with those of all other such blocks that run at the same time.

    For what many sockets do each moment, such as beats: ten of them are then one round trip, not ten.
    """
    if gathering():
        yield
        return
    token = _gathering.set(_shared.setdefault(asyncio.get_running_loop(), Gathering()))
    try:
        yield
    finally:
        _gathering.reset(token)


async def together(*reads: Coroutine[Any, Any, Any]) -> list[Any]:
    """Run coroutines and return their results in order. Commands that they send at the same time are one round trip.

    The first error is raised once all have ended. Inside another `together`, they share its pipelines.
    """
    outer = gathering()
    token = None if outer else _gathering.set(Gathering())
    try:
        results = await asyncio.gather(*reads, return_exceptions=True)
    finally:
        if token is not None:
            # Tasks that outlive this call, such as a topic's, inherited it: from now on they send by themselves.
            found = _gathering.get()
            assert found is not None
            found.open = False
            _gathering.reset(token)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results
