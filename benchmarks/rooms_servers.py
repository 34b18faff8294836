"""The contenders of `benchmarks.rooms`: the site, and the same match stepped in one consumer over Channels groups."""

import json
import os
import time
from typing import Any

from gameapp.asgi import application as arcade  # Sets Django up; what follows needs it.

from channels.generic.websocket import AsyncWebsocketConsumer  # isort: skip

from games.rooms.game import find_room_game

RULES = find_room_game("fuse-duel").rules
MATCHES: dict[str, dict[str, Any]] = {}


class GroupRoom(AsyncWebsocketConsumer):
    """A match as many would write it: its state in this process, each step sent to a group."""

    async def connect(self) -> None:
        self.room = self.scope["path"].split("/")[3]
        self.group = f"room.{self.room}"
        match = MATCHES.setdefault(
            self.room, {"state": RULES.new(self.room, 2), "seats": 0, "a": [0, 0], "v": 0, "zero": time.monotonic()}
        )
        self.seat, match["seats"] = match["seats"], match["seats"] + 1
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def receive(self, text_data: str = "", bytes_data: bytes | None = None) -> None:
        message, match = json.loads(text_data), MATCHES[self.room]
        if message["type"] == "join":
            self.seat = int(message["connection"].removeprefix("page")) % 2
            return await self.send('{"type":"room","status":"playing"}')
        if message["type"] != "input":
            return None
        before = match["state"]
        tick = int((time.monotonic() - match["zero"]) * 1000 / RULES.TICK_MS)
        if tick > RULES.tick(before):
            before = RULES.idle(before, tick - RULES.tick(before))
        match["state"] = RULES.step(before, [(self.seat, message["input"])])
        match["v"] += 1
        match["a"][self.seat] = message["n"]
        frame = {"type": "frame", "v": match["v"], "t": tick, "a": match["a"], "d": RULES.delta(before, match["state"])}
        text = json.dumps(frame, separators=(",", ":"))
        await self.channel_layer.group_send(self.group, {"type": "show", "text": text})

    async def show(self, event: dict[str, Any]) -> None:
        await self.send(event["text"])


consumer = GroupRoom.as_asgi()


async def groups(scope: Any, receive: Any, send: Any) -> None:
    """The site, with its sockets played by groups."""
    await (consumer if scope["type"] == "websocket" else arcade)(scope, receive, send)


application = groups if os.environ.get("CONTENDER") == "groups" else arcade
