"""A client of a Redis or Valkey Cluster that looks like a client of one server.

Each command goes to the primary that owns its slot; a pipeline goes to all its nodes at once, scripts included. The
commands for one node keep their order. A slot that moves is followed; a primary that fails is waited for only briefly,
since players would rather read that the site is away.

Source: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/
"""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import redis
from redis.exceptions import ClusterDownError, ResponseError

from store.address import Address, Host, shown_host
from store.nodes import connections, transaction
from store.nodes.part import Part, verdicts_of
from store.nodes.single import TROUBLE, Client, Layout, Pipeline, made, translate
from store.nodes.slot_map import SlotMap
from store.nodes.slots import ANY, EVERY, Args, Parts, Target, block_ms, keys_of, name_of, parts_of, slot_of
from store.together import Command
from store.trouble import StoreUnavailable

#: The pause before a command is tried again whose slot is on the move or whose node is gone.
PAUSE_S = 0.02
#: Reads that wait for streams in several slots look this often.
POLL_S = 0.02


def _name(host: Host) -> str:
    return f"{shown_host(host[0])}:{host[1]}"


class ClusterPipeline(Pipeline):
    """Commands for any slots. As a transaction: for the keys of one hash tag."""

    client: "Cluster"

    async def execute_alone(self, raise_on_error: bool = True) -> list[Any]:
        commands = list(self.command_stack)
        await self.reset()
        if not commands:
            return []
        send = self.client.send_at_once if self.is_transaction else self.client.send_all
        replies = await send(commands)
        for reply in replies if raise_on_error else ():
            if isinstance(reply, Exception):
                raise reply
        return replies


class Cluster(Client):
    """The client of a cluster. `address` names some of its nodes; the others are found."""

    has_slots = True

    @classmethod
    def of(cls, address: Address, timeout_s: float, connections_max: int, **more: Any) -> "Cluster":
        """A client with at most `connections_max` connections to each node."""
        # The pool of its own is used for the names of commands only, never connected.
        found = cls.from_pool(connections.pool(address.at(*address.hosts[0]), timeout_s, 1))
        found.timeout_s = timeout_s
        found._address, found._connections_max, found._more = address, connections_max, more
        found._map, found._nodes = SlotMap(address), {}
        return found

    _address: Address
    _connections_max: int
    _more: dict[str, Any]
    _map: SlotMap
    _nodes: dict[Host, Client]

    # The map of slots

    def node(self, host: Host) -> Client:
        """The client of one node."""
        if host not in self._nodes:
            pool = connections.pool(self._address.at(*host), self.timeout_s, self._connections_max, **self._more)
            self._nodes[host] = made(pool, self.timeout_s)
            self._nodes[host].name = _name(host)
        return self._nodes[host]

    async def hosts(self) -> list[Host]:
        """The primaries that own slots."""
        if not self._map.primaries:
            await self.reload()
            await self._let_go()
        return self._map.primaries

    async def _let_go(self) -> None:
        """Close the connections to nodes that have left."""
        gone = [self._nodes.pop(host) for host in list(self._nodes) if host not in self._map.hosts]
        for node in gone:
            with contextlib.suppress(redis.RedisError, OSError):
                await node.connection_pool.disconnect(inuse_connections=False)

    async def primaries(self) -> list[Client]:
        return [self.node(host) for host in await self.hosts()]

    async def holder(self, key: str) -> Client:
        await self.hosts()
        if (host := self._map.owners[slot_of(key)]) is None:
            raise StoreUnavailable("its cluster is down (a slot has no owner)")
        return self.node(host)

    async def heard_at(self, channels: Iterable[str]) -> dict[Host | None, set[str]]:
        [first, *_] = await self.hosts()
        self.has_sharded = self._map.has_sharded
        found: dict[Host | None, set[str]] = {}
        for channel in channels:
            host = self._map.owners[slot_of(channel)] if self.has_sharded else first
            if host is None:
                raise StoreUnavailable("its cluster is down (a slot has no owner)")
            found.setdefault(host, set()).add(channel)
        return found

    def listener(self, host: Host | None) -> Client:
        return self if host is None else self.node(host)

    async def layout(self) -> Layout:
        await self.reload()
        slots = self._map
        return Layout(len(slots.primaries), [_name(host) for host in slots.alone], slots.owners.count(None))

    async def reload(self) -> None:
        await self._map.load()

    # Commands

    async def send(self, *args: Any, **options: Any) -> Any:
        slots = {slot_of(key) for key in keys_of(args)} if len(args) > 2 else set()
        if len(slots) > 1 and name_of(args) == "RENAME":
            return await self._moved_over(*args[1:])
        waits_ms = block_ms(args) if len(slots) > 1 else None
        ends = time.monotonic() + (waits_ms or 0) / 1000
        while True:
            [reply] = await self.send_all([(args, options)])
            if isinstance(reply, Exception):
                raise reply
            if reply or waits_ms is None or time.monotonic() >= ends:
                return reply
            await asyncio.sleep(POLL_S)

    async def _moved_over(self, old: str, new: str) -> bool:
        """Rename a key into another slot: a copy, then the end of the first."""
        value, ends_ms = await self.send_all([(("DUMP", old), {"NEVER_DECODE": True}), (("PTTL", old), {})])
        if value is None:
            raise ResponseError("no such key")
        await self.send("RESTORE", new, max(0, ends_ms), value, "REPLACE")
        return bool(await self.send("DEL", old))

    async def send_all(self, commands: Sequence[Command]) -> list[Any]:
        """Send commands, those for one node in one pipeline. Errors are in the list, also of nodes that are away."""
        await self.hosts()
        cut: list[tuple[Parts, list[Part]]] = []
        before: Target = ANY
        for args, options in commands:
            parts = parts_of(self._named(args), before)
            before = parts.parts[-1][0]
            sent = [part for target, own in parts.parts for part in self._sent_to(target, own, options)]
            if name_of(args) == "WAIT" and cut:
                sent[0].follows = cut[-1][1][-1]
            cut.append((parts, sent))
        await self._answer([part for _, parts in cut for part in parts])
        replies: list[Any] = []
        for parts, own in cut:
            failed = next((part.reply for part in own if isinstance(part.reply, Exception)), None)
            answered = [part.reply for part in own if not isinstance(part.reply, Exception)]
            if failed is None or (parts.may_lack and any(answered)):
                replies.append(parts.join(answered))
            else:
                replies.append(translate(failed))
        return replies

    async def send_at_once(self, commands: Sequence[Command]) -> list[Any]:
        """Send commands for the keys of one hash tag as one script: all or none are done, and nothing between them."""
        [replies] = await self.send_all([(transaction.script(commands), {})])
        if isinstance(replies, Exception):
            raise replies
        return transaction.read(commands, replies, self.response_callbacks)

    def _named(self, args: Args) -> Args:
        return ("SPUBLISH", *args[1:]) if self._map.has_sharded and args[0] == "PUBLISH" else args

    def _sent_to(self, target: Target, args: Args, options: dict[str, Any]) -> list[Part]:
        hosts = self._map.primaries if target == EVERY else [None]
        return [Part(target, args, options, host) for host in hosts]

    async def _answer(self, parts: list[Part]) -> None:
        """Have every part answered: with a reply, or with the error that stood at the end."""
        ends = time.monotonic() + self.timeout_s
        waiting = parts
        while waiting:
            by_host: dict[Host, list[Part]] = {}
            for part in waiting:
                if (host := part.asking or part.host or self._host(part.target)) is None:
                    part.reply, part.tries = ClusterDownError("a slot has no owner"), part.tries + 1
                else:
                    by_host.setdefault(host, []).append(part)
            if len(by_host) == 1:
                [(host, own)] = by_host.items()
                await self._ask(host, own)
            else:
                await asyncio.gather(*(self._ask(host, own) for host, own in by_host.items()))
            verdicts = verdicts_of(waiting, self._map)
            waiting = [part for part, again in verdicts if again is not None]
            if not waiting:
                return
            left_s = ends - time.monotonic()
            if left_s <= 0:
                return
            await self._prepare([again for _, again in verdicts if again is not None], left_s)

    def _host(self, target: Target) -> Host | None:
        if isinstance(target, int):
            return self._map.owners[target]
        return random.choice(self._map.primaries)

    async def _ask(self, host: Host, parts: list[Part]) -> None:
        """Send parts to one node in one pipeline and note the replies or the errors."""
        pipe = Pipeline(self.node(host), False)
        for part in parts:
            if part.asking:
                pipe.execute_command("ASKING")
            pipe.execute_command(*part.args, **part.options)
        try:
            replies = iter(await pipe.execute_raw())
            for part in parts:
                if part.asking:
                    next(replies)
                part.reply = next(replies)
        except (redis.RedisError, *TROUBLE) as error:
            for part in parts:
                part.reply = error
        for part in parts:
            part.asking = None
            part.tries += 1

    async def _prepare(self, again: list[str], left_s: float) -> None:
        if "map" in again or "pause" in again:
            await asyncio.sleep(min(PAUSE_S, left_s))
        if "map" in again or ("moved" in again and self._map.is_old):
            with contextlib.suppress(StoreUnavailable, TimeoutError):
                async with asyncio.timeout(left_s):
                    await self.reload()
                    await self._let_go()

    async def scan_iter(self, *args: Any, **options: Any) -> AsyncIterator[Any]:
        """Every key that matches, from each primary in turn."""
        for node in await self.primaries():
            async for name in node.scan_iter(*args, **options):
                yield name

    def pipeline(self, transaction: bool = False, shard_hint: str | None = None) -> Pipeline:
        return ClusterPipeline(self, transaction)

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        self._map.close()
        for node in self._nodes.values():
            await node.aclose()
