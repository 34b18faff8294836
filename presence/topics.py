"""What browsers can watch of presence: `online`."""

from collections.abc import Sequence
from typing import Any

import msgspec

from live.errors import UnknownTopic
from live.protocol import Message
from live.topics import State, Topic, kind
from presence.buckets import SUBJECT
from presence.messages import Friends
from presence.online import friends, online
from presence.reading import Present

NAMED_COUNT = 20


async def friends_online(asked: Sequence[tuple[Any, Sequence[Any]]]) -> dict[tuple[str, int], Message]:
    """For each watching player, the online players whom they follow and may see, in one round trip."""
    [(topic, players)] = asked
    following = [player for player in players if player.follow_ids]
    found = await friends([(player.pk, player.follow_ids) for player in following])
    return {
        (topic.name, player.pk): Friends(topic.name, [{"id": each.player, **shown(each)} for each in present])
        for player, present in zip(following, found, strict=True)
    }


def shown(each: Present) -> dict[str, Any]:
    """The state of one line in the list."""
    return {"since_ms": each.since_ms, "state": each.state, **msgspec.to_builtins(each.card)}


class OnlineTopic(Topic):
    """Who is online.

    State: `count`, `order` (player ids, newest first, at most 20), `player:<id>` with the card, `since_ms` (0: not
    known) and `state`.
    """

    personal = staticmethod(friends_online)
    interval_ms = 1000
    # Leases end without a mark, so the topic is read at least this often.
    refresh_s = 2.0

    async def snapshot(self) -> State:
        count, newest = await online(NAMED_COUNT)
        state: State = {"count": count, "order": [each.player for each in newest]}
        return state | {f"player:{each.player}": shown(each) for each in newest}


@kind("online")
def online_topic(name: str, rest: str) -> Topic:
    """`online`: who is here. `count`, `order` (player ids, newest first, at most 20), `player:<id>` (name, country,
    guest, demo, since_ms (0: not known), and state: `online`, `away` or such as `playing <game>`). Who follows somebody
    gets `friends`, too."""
    if name != SUBJECT:
        raise UnknownTopic
    return OnlineTopic(name, SUBJECT)
