"""Which primary of a cluster owns which slot, as its nodes tell it."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import redis

from store.address import Address, Host
from store.nodes import connections
from store.nodes.single import TROUBLE, translate
from store.nodes.slots import SLOTS
from store.trouble import StoreUnavailable

ASK_TIMEOUT_S = 1.0
REFRESH_EVERY_S = 1.0


class SlotMap:
    """The owners of all slots, empty at first."""

    def __init__(self, address: Address) -> None:
        self.owners: list[Host | None] = []
        self.primaries: list[Host] = []
        #: All nodes, and the primaries without a replica.
        self.hosts: list[Host] = []
        self.alone: list[Host] = []
        #: Whether pub/sub channels lie in slots, too: Redis 7 or newer.
        self.has_sharded = False
        self._address = address
        self._loading: asyncio.Task[None] | None = None
        self._loaded_at = 0.0

    @property
    def is_old(self) -> bool:
        """Whether it was read so long ago that it may be read again."""
        return time.monotonic() - self._loaded_at > REFRESH_EVERY_S

    def moved(self, slot: int, host: str, port: int) -> None:
        """Note that a node named another owner of a slot; without a host, it is on the same host."""
        before = self.owners[slot]
        self.owners[slot] = (host or (before[0] if before else ""), port)

    async def load(self) -> None:
        """Read the map from the first node that answers. Callers at the same time share one reading.

        Raises:
            StoreUnavailable: none answers.
        """
        await asyncio.shield(self.start())

    def start(self) -> "asyncio.Task[None]":
        """Begin to read the map, unless it is being read."""
        if self._loading is None or self._loading.done():
            self._loading = asyncio.create_task(self._load(), name="cluster slots")
            self._loading.add_done_callback(lambda task: task.cancelled() or task.exception())  # Somebody has seen it.
        return self._loading

    def close(self) -> None:
        """Read no more."""
        if self._loading is not None:
            self._loading.cancel()

    async def _load(self) -> None:
        async def told(host: Host) -> tuple[Host, list[Any]]:
            commands = ("CLUSTER", "INFO"), ("CLUSTER", "SLOTS"), ("INFO", "server")
            return host, await connections.ask(self._address.at(*host), ASK_TIMEOUT_S, *commands)

        asked = [told(host) for host in connections.known(self._address)]
        try:
            # A node that is cut off from the others tells an old map, and that its cluster is down.
            host, (_, found, info) = await connections.first(asked, lambda told: "cluster_state:ok" in told[1][0])
        except (redis.RedisError, *TROUBLE) as error:
            found_error = translate(error)
            if isinstance(found_error, StoreUnavailable):
                raise found_error from error
            raise StoreUnavailable(f"it is no cluster ({error})") from error
        if not found:
            raise StoreUnavailable("its cluster is down (no slots are given out)")
        self._take(found, host, int(str(info["redis_version"]).partition(".")[0]))

    def _take(self, found: Sequence[Any], asked: Host, version: int) -> None:
        owners: list[Host | None] = [None] * SLOTS
        hosts: list[Host] = []
        alone: list[Host] = []
        for first, last, *servers in found:
            named = [(str(name) if name and name != "?" else asked[0], int(port)) for name, port, *_ in servers]
            owners[int(first) : int(last) + 1] = [named[0]] * (int(last) - int(first) + 1)
            hosts += named
            alone += named if len(named) == 1 else []
        self.owners, self.hosts, self.alone = owners, list(dict.fromkeys(hosts)), sorted(set(alone))
        self.primaries = sorted({host for host in owners if host is not None})
        self.has_sharded, self._loaded_at = version >= 7, time.monotonic()
        connections.saw(self._address, self.hosts)
