"""Addressed messages, to one player's or one session's sockets, over the channels-redis pub/sub layer."""

import functools
from typing import Any

from channels.layers import get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer

from live import keys
from live.protocol import Message, encode
from store.client import StoreUnavailable, layer_host, translated


class ChannelLayer(RedisPubSubChannelLayer):
    """The pub/sub layer on the Redis that everything else uses."""

    def __init__(self, **options: Any) -> None:
        super().__init__(hosts=[layer_host()], prefix=keys.layer_prefix(), **options)

    def __getattr__(self, name: str) -> Any:
        found = super().__getattr__(name)
        if name not in ("new_channel", "send", "group_add", "group_discard", "group_send"):
            return found

        @functools.wraps(found)
        async def call(*args: Any) -> Any:
            try:
                with translated():
                    return await found(*args)
            except StoreUnavailable:
                if name == "new_channel":
                    self._forget_failed()
                raise

        return call

    def _forget_failed(self) -> None:
        """A channel that could not be subscribed to would keep its queue for ever."""
        layer = self._get_layer()
        for channel in set(layer.channels).difference(*(shard._subscribed_to for shard in layer._shards)):
            del layer.channels[channel]


def session_group(session_name: str) -> str:
    """The group of a session's sockets; `session_name` is the session's name in Redis, never its key."""
    return f"session.{session_name}"


def player_group(player: int) -> str:
    """The group of a player's sockets, on all their devices."""
    return f"player.{player}"


async def tell_player(player: int, message: Message) -> None:
    """Send a message to every open socket of a player. One round trip; a socket whose line is down misses it."""
    await get_channel_layer().group_send(player_group(player), {"type": "tell", "text": encode(message)})


async def tell_session(session_name: str, handler: str) -> None:
    """Call this handler of `LiveConsumer` on every open socket of a session."""
    await get_channel_layer().group_send(session_group(session_name), {"type": handler})
