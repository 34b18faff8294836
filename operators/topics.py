"""What staff can watch: `dashboard`."""

from typing import Any

from live.errors import UnknownTopic
from live.topics import State, Topic, kind
from operators import figures


class DashboardTopic(Topic):
    """The operators' figures, read once a second while somebody looks. State: see `figures.read`."""

    interval_ms = 1000
    # Read again as soon as allowed: `interval_ms` alone limits it to once a second.
    refresh_s = 0.01

    def allows(self, player: Any) -> bool:
        return player is not None and player.is_staff

    async def snapshot(self) -> State:
        return await figures.read()


@kind("dashboard")
def dashboard_topic(name: str, rest: str) -> Topic:
    """`dashboard`: staff only. The operators' figures, once a second."""
    if name != "dashboard":
        raise UnknownTopic
    return DashboardTopic(name, "dashboard")
