"""What browsers can watch of presence: `online`."""

import msgspec

from live.errors import UnknownTopic
from live.topics import State, Topic, kind
from presence.online import SUBJECT, online

NAMED_COUNT = 20


class OnlineTopic(Topic):
    """Who is online.

    State: `count`, `order` (player ids, newest first, at most 20), `player:<id>` with the card, `since_ms` and `state`.
    """

    interval_ms = 1000
    # Leases end without a mark: this often at the latest somebody looks.
    refresh_s = 2.0

    async def snapshot(self) -> State:
        count, newest = await online(NAMED_COUNT)
        state: State = {"count": count, "order": [each.player for each in newest]}
        return state | {
            f"player:{each.player}": {
                "since_ms": each.since_ms,
                "state": each.state,
                **msgspec.to_builtins(each.card),
            }
            for each in newest
        }


@kind("online")
def online_topic(name: str, rest: str) -> Topic:
    """`online`: who is here. `count`, `order` (player ids, newest first, at most 20), `player:<id>` (name, country,
    guest, demo, since_ms, and state: `online`, `away` or such as `playing Fuse`)."""
    if name != SUBJECT:
        raise UnknownTopic
    return OnlineTopic(name, SUBJECT)
