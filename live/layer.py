"""Addressed messages, to one player's or one session's sockets, over the channels-redis pub/sub layer."""

import secrets
from typing import Any

from channels.layers import get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer

from live import keys
from live.protocol import Message, encode
from store.client import StoreUnavailable, layer_host, translated


class ChannelLayer(RedisPubSubChannelLayer):
    """The pub/sub layer on the Redis that everything else uses; its errors are those of `store.trouble`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(hosts=[layer_host()], prefix=keys.layer_prefix(), **options)

    async def new_channel(self, prefix: str = "specific") -> str:
        """Subscribe to a new channel for one socket and return its name."""
        own = f"{prefix}.{secrets.token_hex(8)}"
        try:
            return await self._translated("new_channel", own)
        except StoreUnavailable:
            # Otherwise the layer would keep the queue of a channel without a subscription forever.
            for channel in [name for name in self.channels if own in name]:
                del self.channels[channel]
            raise

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Send to one channel."""
        await self._translated("send", channel, message)

    async def group_add(self, group: str, channel: str) -> None:
        """Add a channel to a group."""
        await self._translated("group_add", group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        """Remove a channel from a group."""
        await self._translated("group_discard", group, channel)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send to every channel of a group. One round trip."""
        await self._translated("group_send", group, message)

    async def _translated(self, name: str, *args: Any) -> Any:
        # The library keeps one layer per event loop, and its `__getattr__` picks the running loop's.
        with translated():
            return await super().__getattr__(name)(*args)


def session_group(session_name: str) -> str:
    """The group of a session's sockets; `session_name` is the session's name in Redis, never its key."""
    return f"session.{session_name}"


def player_group(player: int) -> str:
    """The group of a player's sockets, on all their devices."""
    return f"player.{player}"


async def tell_player(player: int, message: Message) -> None:
    """Send a message to every open socket of a player. One round trip; a disconnected socket misses it."""
    await get_channel_layer().group_send(player_group(player), {"type": "tell", "text": encode(message)})


async def tell_session(session_name: str, handler: str, **more: str) -> None:
    """Call this handler of `LiveConsumer` on every open socket of a session; `more` goes with the event."""
    await get_channel_layer().group_send(session_group(session_name), {"type": handler, **more})
