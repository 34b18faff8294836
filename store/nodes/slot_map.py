"""Which primary of a cluster owns which slot, as its nodes tell it."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from redis.exceptions import ResponseError

from store.address import Address, Host
from store.nodes import connections
from store.nodes.single import answering
from store.nodes.slots import SLOTS
from store.trouble import StoreUnavailable

ASK_TIMEOUT_S = 1.0


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
    def age_s(self) -> float:
        """The seconds since it was read."""
        return time.monotonic() - self._loaded_at

    def moved(self, slot: int, host: str, port: int) -> None:
        """Note that a node named another owner of a slot; without a host, it is on the same host."""
        before = self.owners[slot]
        self.owners[slot] = (host or (before[0] if before else ""), port)

    async def load(self) -> None:
        """Read the map from the first node that answers. Callers at the same time share one reading.

        Raises:
            StoreUnavailable: none answers.
        """
        if self._loading is None or self._loading.done():
            self._loading = asyncio.create_task(self._load(), name="cluster slots")
        await asyncio.shield(self._loading)

    def close(self) -> None:
        """Read no more."""
        if self._loading is not None:
            self._loading.cancel()

    async def _load(self) -> None:
        said = "no node of the cluster answers"
        for host in connections.known(self._address):
            try:
                async with answering(2 * ASK_TIMEOUT_S):
                    found = await connections.ask(self._address.at(*host), ASK_TIMEOUT_S, "CLUSTER", "SLOTS")
                    info = await connections.ask(self._address.at(*host), ASK_TIMEOUT_S, "INFO", "server")
            except StoreUnavailable as error:
                if not error.is_away:
                    raise
                said = str(error)
                continue
            except ResponseError as error:
                raise StoreUnavailable(f"it is no cluster ({error})") from error
            if found:
                return self._take(found, host, int(str(info["redis_version"]).partition(".")[0]))
            said = "its cluster is down (no slots are given out)"
        raise StoreUnavailable(said)

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
