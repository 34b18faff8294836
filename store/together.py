"""One round trip for what several coroutines ask of Redis at the same time.

    board, feed, flags = await together(read_board(), read_feed(), read_flags())

The three run side by side, each as it is. What they send at the same time goes out in one pipeline; what one of them
sends after its first answer goes out in a second. Transactions and blocking reads go their own way.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

Command = tuple[tuple[Any, ...], dict[str, Any]]
#: How commands are sent in one pipeline: their replies in order, errors among them.
Send = Callable[[Sequence[Command]], Awaitable[list[Any]]]

#: A pipeline is sent once this many turns of the event loop brought nothing more.
IDLE_TURNS = 2


class Gathering:
    """What waits to be sent together."""

    def __init__(self) -> None:
        self.open = True
        self._waiting: list[tuple[Sequence[Command], asyncio.Future[list[Any]]]] = []
        self._sending: asyncio.Task[None] | None = None

    async def ask(self, commands: Sequence[Command], send: Send) -> list[Any]:
        """The replies to some commands, which travel with whatever else is asked meanwhile."""
        answered: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        self._waiting.append((commands, answered))
        if self._sending is None:
            self._sending = asyncio.create_task(self._send(send), name="together")
        return await answered

    async def _send(self, send: Send) -> None:
        idle, known = 0, 0
        while idle < IDLE_TURNS:
            await asyncio.sleep(0)
            idle, known = (idle + 1, known) if len(self._waiting) == known else (0, len(self._waiting))
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
    """What the running coroutine's commands travel with; None: each goes by itself."""
    found = _gathering.get()
    return found if found is not None and found.open else None


async def together(*reads: Coroutine[Any, Any, Any]) -> list[Any]:
    """The results of some coroutines, in their order; what they ask of Redis at the same time is one round trip.

    The first error is raised once all have ended. Inside another `together` they travel with its commands, too.
    """
    outer = gathering()
    token = None if outer else _gathering.set(Gathering())
    try:
        results = await asyncio.gather(*reads, return_exceptions=True)
    finally:
        if token is not None:
            # Tasks that live on, such as a topic's, inherited it: from now on they go by themselves.
            found = _gathering.get()
            assert found is not None
            found.open = False
            _gathering.reset(token)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results
