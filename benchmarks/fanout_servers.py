"""The three contenders of `benchmarks.fanout`, each an application that publishes to all its sockets on command.

A line `<rate> <seconds>` on the control port starts it. The answers are the start time (monotonic ns) and `done`.
"""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

# About what a changed row of a board is.
FILLER = "x" * 120
Publish = Callable[[int, int], Awaitable[None]]


async def control(publish: Publish) -> None:
    """Listen on the control port."""

    async def started(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        rate, seconds = map(float, (await reader.readline()).split())
        start_ns, count = time.monotonic_ns() + 50_000_000, int(rate * seconds)
        writer.write(f"{start_ns}\n".encode())
        for number in range(1, count + 1):
            # A message carries the time it was due, not the time it was sent, so that waiting for a busy server counts.
            due_ns = start_ns + int(number / rate * 1e9)
            if (wait_s := (due_ns - time.monotonic_ns()) / 1e9) > 0:
                await asyncio.sleep(wait_s)
            await publish(number, due_ns)
        writer.write(b"done\n")
        await writer.drain()
        writer.close()

    await asyncio.start_server(started, "127.0.0.1", int(os.environ["CONTROL_PORT"]))


def controlled(application: Any, publish: Publish) -> Any:
    """An ASGI application whose first call opens the control port."""
    opened: list[asyncio.Task] = []

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        if not opened:
            opened.append(asyncio.create_task(control(publish)))
        await application(scope, receive, send)

    return wrapped


def hub() -> Any:
    """The hub as shipped: the site's own application, plus a topic whose state is in Redis."""
    from gameapp.asgi import application
    from live import keys, topics
    from store.client import client

    class Bench(topics.Topic):
        interval_ms = 0

        async def snapshot(self) -> dict[str, Any]:
            number, _, at = (await client().get("bench") or "0:0").partition(":")
            return {"at": int(at), "n": int(number), "row": f"{FILLER}{number}"}

    topics.kind("bench")(lambda name, rest: Bench(name, "bench"))

    async def publish(number: int, at_ns: int) -> None:
        pipe = client().pipeline()
        pipe.set("bench", f"{number}:{at_ns}")
        pipe.publish(keys.marks("bench"), "bench")
        await pipe.execute()

    return controlled(application, publish)


def groups() -> Any:
    """Channels as its tutorial has it: a stock consumer in a group, `group_send` for each message."""
    import django

    django.setup()
    from channels.generic.websocket import AsyncWebsocketConsumer
    from channels.layers import get_channel_layer

    class Consumer(AsyncWebsocketConsumer):
        async def connect(self) -> None:
            await self.channel_layer.group_add("bench", self.channel_name)
            await self.accept()

        async def bench(self, event: dict[str, Any]) -> None:
            await self.send(text_data=event["text"])

        async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
            pass

    async def publish(number: int, at_ns: int) -> None:
        text = f'{{"at":{at_ns},"n":{number},"row":"{FILLER}"}}'
        await get_channel_layer().group_send("bench", {"type": "bench", "text": text})

    return controlled(Consumer.as_asgi(), publish)


async def bare(port: int) -> None:
    """`websockets.broadcast`, with no framework at all."""
    from websockets.asyncio.server import broadcast, serve
    from websockets.exceptions import ConnectionClosed

    async def silent(connection: Any) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for _ in connection:
                pass

    async with serve(silent, "127.0.0.1", port, compression=None) as server:

        async def publish(number: int, at_ns: int) -> None:
            broadcast(server.connections, f'{{"at":{at_ns},"n":{number},"row":"{FILLER}"}}')

        await control(publish)
        await asyncio.Future()


if __name__ == "__main__":
    import uvloop

    uvloop.run(bare(int(sys.argv[1])))
elif os.environ.get("CONTENDER") == "hub":
    application = hub()
elif os.environ.get("CONTENDER") == "groups":
    application = groups()
