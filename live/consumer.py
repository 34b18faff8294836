"""The base class of every socket: decodes and checks messages, watches topics, answers errors and beats.

Subclasses handle further messages with `on_<type>` methods.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from typing import Any, ClassVar

import msgspec
from channels.consumer import AsyncConsumer, get_handler_name
from channels.exceptions import StopConsumer
from channels.layers import get_channel_layer
from django.utils.translation import gettext, gettext_noop

from live import protocol
from live.errors import BadMessage, GameError, TooManyTopics
from live.frames import Frame, decode
from live.hub import hub
from live.layer import player_group, session_group
from live.mailbox import Mailbox
from live.protocol import ClientMessage, Message
from live.rate_limits import TooMany, enter, pass_or_refuse, socket_address
from live.servers.uvicorn_protocol import EXTENSION
from store.client import StoreUnavailable
from store.limits import Allowance
from store.together import sharing
from store.trouble import SQL_TROUBLE

logger = logging.getLogger(__name__)

REFUSALS_MAX, REFUSALS_WINDOW_S = 10, 60.0
TOPICS_MAX = 12
WATCH_AGAIN_S = 0.5
CLOSE_TIMEOUT_S = 2.0


class LiveConsumer(AsyncConsumer):
    """One connection. `scope["player"]` is the signed-in player or None, `scope["session_name"]` their session."""

    decoder: ClassVar[msgspec.json.Decoder[Any]] = msgspec.json.Decoder(protocol.SiteMessage)

    def __init__(self) -> None:
        self.topics: dict[str, float] = {}  # When each was last watched.
        self._refusals: deque[float] = deque(maxlen=REFUSALS_MAX)
        self._ended = False  # Closed by us: nothing more is read or sent.
        self._closing = False
        self._giving_up: asyncio.Task[None] | None = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.writer = scope.get("extensions", {}).get(EXTENSION, {}).get("writer")
        player = scope["player"]
        self.mailbox = Mailbox(self.send_text, player=player, writer=self.writer)
        # Limit by player where there is one, because a whole school may share an address.
        who = ("message_player", str(player.pk)) if player else ("message_address", socket_address(scope))
        self._messages = Allowance(*who)
        self.scope, self.base_send = scope, send
        # Channels makes a task for every message it waits for. Here one waits for addressed ones, if any can come.
        addressed = None
        try:
            if player:
                self.channel_layer = get_channel_layer()
                self.channel_name = await self.channel_layer.new_channel()
                addressed = asyncio.create_task(self._listen(), name="addressed messages")
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            pass
        except StoreUnavailable as error:
            logger.warning("a socket was turned away: %s", error)
            await send({"type": "websocket.accept"})
            await self.close(1013)
        finally:
            # A server may cancel us at any await, without a disconnect: first release what affects other connections.
            self._let_go()
            if addressed is not None:
                addressed.cancel()
                await asyncio.gather(addressed, return_exceptions=True)
                await asyncio.shield(asyncio.create_task(self._leave_groups(), name="leaving groups"))

    async def _listen(self) -> None:
        while True:
            await self.dispatch(await self.channel_layer.receive(self.channel_name))

    @property
    def player(self) -> Any:
        return self.scope["player"]

    async def dispatch(self, message: dict[str, Any]) -> None:
        # The stock dispatch hops through one thread, shared by all sockets, to close old database
        # connections first. No handler here touches the ORM, so none of them waits for that.
        handler = getattr(self, get_handler_name(message), None)
        if handler is None:
            raise ValueError(f"no handler for {message['type']}")
        try:
            await handler(message)
        except StopConsumer:
            raise
        except OSError:
            # The client left while its message was handled: servers raise this when we send.
            await self.finish()
            raise StopConsumer from None
        except Exception:
            logger.exception("socket closed by an error in %s", message["type"])
            await self.finish()
            await self.close(1011)
            raise StopConsumer from None

    # Connection

    async def websocket_connect(self, _: dict[str, Any]) -> None:
        await self.send({"type": "websocket.accept"})
        try:
            with sharing():
                if self.scope["session_name"]:
                    for group in self._groups():
                        await self.channel_layer.group_add(group, self.channel_name)
                    if not await self.session_lives():
                        return await self.session_ended({})
                    await enter("handshake_session", self.scope["session_name"])
                await self.connected()
        except TooMany as error:
            self._ended = True
            await self.refuse(error)
            await self.close(1008)
            return
        except StoreUnavailable as error:
            # A socket that could not receive a sign-out must not stay open.
            logger.warning("a socket was turned away: %s", error)
            await self.close(1013)
            return
        if self._ended:
            return  # Signed out meanwhile.
        hub().enter(self.mailbox, self)
        away, who = hub().store_away, self.player
        await self.reply(protocol.Hello(who and who.pk, who.name if who else "", store_away=away))

    async def websocket_disconnect(self, _: dict[str, Any]) -> None:
        await self.finish()
        raise StopConsumer

    async def session_lives(self) -> bool:
        """For subclasses: whether the session that opened the socket still exists."""
        return True

    async def connected(self) -> None:
        """For subclasses: called once the socket is open, before `hello` is sent."""

    async def disconnected(self) -> None:
        """For subclasses: called when the socket is gone. It may not run, so what must end needs a lease."""

    def _groups(self) -> list[str]:
        return [session_group(self.scope["session_name"]), player_group(self.player.pk)]

    async def finish(self) -> None:
        """Release everything that this connection holds."""
        self._let_go()
        try:
            await self.disconnected()
        except Exception as error:
            logger.warning("socket left without saying so to Redis: %s", error)

    def _let_go(self) -> None:
        self.stop_watching()
        hub().leave(self.mailbox)

    def stop_watching(self) -> None:
        """Send nothing more of what this connection watches; subclasses add what else they send."""
        for topic in self.topics:
            hub().unwatch(topic, self.mailbox)
        self.topics.clear()
        self.mailbox.close()

    async def _leave_groups(self) -> None:
        for group in self._groups() if self.scope["session_name"] else ():
            with contextlib.suppress(StoreUnavailable):
                await self.channel_layer.group_discard(group, self.channel_name)

    async def close(self, code: int) -> None:
        """Close the socket and send nothing more."""
        if self._closing:
            return
        self._closing = self._ended = True
        # It leaves the hub, which waits for that at a stop, once the other side has answered.
        self.stop_watching()
        try:
            await self.send({"type": "websocket.close", "code": code})
        except OSError:
            raise
        except Exception:
            # daphne sends no close codes below 3000, except 1000. There, 1008 becomes 4008, and so on.
            await self.send({"type": "websocket.close", "code": 4000 + code % 1000})

    def give_up(self, why: str) -> None:
        """Close the connection of a client that does not read, without waiting for it."""
        if self._giving_up is None:
            logger.info("socket of %s closed: %s", self.player or "a watcher", why)
            self._giving_up = asyncio.create_task(self._give_up(), name="giving up")

    async def _give_up(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self.close(4408)
        except OSError:
            pass  # Not even the close frame could be written, or the other side is gone.
        if self.writer is not None:
            # Data that the client does not read would stay in the buffer and keep the connection open.
            await asyncio.sleep(CLOSE_TIMEOUT_S)
            self.writer.abort()

    # Messages in

    async def websocket_receive(self, event: dict[str, Any]) -> None:
        if self._ended:
            return
        self.mailbox.heard_at = time.monotonic()
        try:
            message = decode(event, self.decoder)
            await self._pay(self.cost(message))
            await getattr(self, f"on_{message.__struct_config__.tag}")(message)
        except (BadMessage, TooMany) as error:
            await self.refuse(error)
            await self._count_refusal()
        except GameError as error:
            await self.refuse(error)
        except (StoreUnavailable, *SQL_TROUBLE) as error:
            logger.warning("socket message failed: %s", error)
            await self.reply(protocol.Error("unavailable", gettext("The site’s store does not answer."), retry=True))

    def cost(self, message: ClientMessage) -> int:
        """How much of its sender's rate limit a message uses."""
        return message.cost

    async def _pay(self, cost: int) -> None:
        if cost and not self._messages.spend(cost):
            pass_or_refuse(await self._messages.take(cost))

    async def _count_refusal(self) -> None:
        now = time.monotonic()
        self._refusals.append(now)
        if len(self._refusals) == REFUSALS_MAX and now - self._refusals[0] < REFUSALS_WINDOW_S:
            await self.finish()
            await self.close(1008)
            raise StopConsumer

    async def on_watch(self, message: protocol.Watch) -> None:
        if len(self.topics) >= TOPICS_MAX and message.topic not in self.topics:
            raise TooManyTopics(count=TOPICS_MAX)
        now = time.monotonic()
        if now - self.topics.get(message.topic, 0.0) < WATCH_AGAIN_S:
            return  # A snapshot is on its way: repeated requests must not queue more of them.
        await hub().watch(message.topic, self.mailbox, message.after)
        self.topics[message.topic] = now

    async def on_unwatch(self, message: protocol.Unwatch) -> None:
        self.topics.pop(message.topic, None)
        hub().unwatch(message.topic, self.mailbox)

    async def on_beat(self, message: protocol.Beat) -> None:
        if message.seen is not None and not self.mailbox.acknowledge(message.seen):
            raise BadMessage(gettext_noop("`seen` must be the number of a beat that came."))
        if message.seen is None or message.ask:
            self.mailbox.beat()

    # Messages out

    async def reply(self, message: Message) -> None:
        """Send one message to this connection now; waits while the connection cannot take more."""
        if self._closing:
            return
        frame = Frame(message)
        if self.writer is None or not self.writer.write_frame(frame.wire):
            await self.send_text(frame.text)
        self.mailbox.count(frame.size)

    async def refuse(self, error: GameError) -> None:
        """Answer a refused request with an error. The socket stays open."""
        wait_s = error.decision.retry_after_s if isinstance(error, TooMany) else 0
        await self.reply(protocol.Error(error.code, str(error), retry_after_s=wait_s))

    async def send_text(self, text: str) -> None:
        await self.send({"type": "websocket.send", "text": text})

    # Addressed messages, from the channel layer

    async def session_ended(self, event: dict[str, Any]) -> None:
        """The player signed out, here or elsewhere."""
        # The server answers the close with a disconnect, which ends the consumer properly.
        self._ended = True
        await self.reply(protocol.SignedOut(event.get("why", "")))
        await self.close(4401)

    async def tell(self, event: dict[str, Any]) -> None:
        """A message for this player, already encoded: `live.layer.tell_player`."""
        if not self._closing:
            await self.send_text(event["text"])
            self.mailbox.count(len(event["text"]))
