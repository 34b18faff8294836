"""Sockets inside the test's own event loop, signed in as whoever the test says."""

import asyncio
import json
from typing import Any

from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator

from gameapp.routing import urlpatterns


class Socket(WebsocketCommunicator):
    """`async with Socket("/ws/", alice) as socket:` – speaks in dicts."""

    def __init__(self, path: str, player: Any = None, session: str = "") -> None:
        self.player, self.session = player, session
        super().__init__(self._signed_in, path)

    async def _signed_in(self, scope: Any, receive: Any, send: Any) -> Any:
        return await URLRouter(urlpatterns)(
            {**scope, "player": self.player, "session_name": self.session}, receive, send
        )

    async def __aenter__(self) -> "Socket":
        connected, _ = await self.connect(timeout=20)
        assert connected
        self.hello = await self.next("hello")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.disconnect(timeout=20)

    async def say(self, **message: Any) -> None:
        await self.send_to(text_data=json.dumps(message))

    async def next(self, *types: str, timeout: float = 20) -> dict[str, Any]:
        """The next message of one of these types (any when none is given)."""
        while True:
            message = json.loads(await self.receive_from(timeout=timeout))
            if not types or message["type"] in types:
                return message

    async def quiet(self, seconds: float) -> bool:
        """Whether nothing but beats comes for so long."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    if (await self.next(timeout=seconds + 1))["type"] != "beat":
                        return False
        except TimeoutError:
            return True

    async def closed(self) -> int:
        """The close code; messages before it are passed over."""
        while True:
            event = await self.receive_output(timeout=20)
            if event["type"] == "websocket.close":
                return event["code"]
