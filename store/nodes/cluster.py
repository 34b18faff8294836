"""A client of a Redis or Valkey Cluster that looks like a client of one server.

Each command goes to the primary that owns its slot; a pipeline goes to all its nodes at once, scripts included. The
commands for one node keep their order. A slot that moves is followed; a primary that fails is waited for only briefly,
since players would rather read that the site is away.

Source: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/
"""

import asyncio
import contextlib
import dataclasses
import random
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import redis
from redis.exceptions import AskError, ClusterDownError, MovedError, ReadOnlyError, ResponseError, TryAgainError

from store.address import Address, Host
from store.nodes import connections
from store.nodes.single import TROUBLE, Client, Pipeline, answering, made, translate
from store.nodes.slots import ANY, EVERY, SLOTS, Args, Parts, Target, block_ms, keys_of, name_of, parts_of, slot_of
from store.together import Command
from store.trouble import StoreUnavailable

#: The pause before a command is tried again whose slot is on the move or whose node is gone.
PAUSE_S = 0.02
#: A command is tried this often where a node is gone. A slot on the move is waited for until the time limit.
TRIES_MAX = 2
#: Reads that wait for streams in several slots look this often.
POLL_S = 0.02
REFRESH_EVERY_S = 1.0
ASK_TIMEOUT_S = 1.0

# A transaction as a script: one command, which follows a slot that moves as any other does. ARGV: of each command, how
# many parts it has, and these. An error does not stop the commands after it, as in a transaction.
_TRANSACTION = """
local replies, at = {}, 1
while at <= #ARGV do
  local parts = tonumber(ARGV[at])
  replies[#replies + 1] = redis.pcall(unpack(ARGV, at + 1, at + parts))
  at = at + parts + 1
end
return replies
"""


@dataclasses.dataclass(slots=True)
class _Part:
    """A command for one node: where it goes, and what came back. `host` is set where it must go to that very node."""

    target: Target
    args: Args
    options: dict[str, Any]
    host: Host | None = None
    asking: Host | None = None
    tries: int = 0
    reply: Any = None


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
        found._nodes, found._primaries, found._owners = {}, [], []
        found._loading, found._loaded_at, found.has_sharded = None, 0.0, False
        return found

    _address: Address
    _connections_max: int
    _more: dict[str, Any]
    _nodes: dict[Host, Client]
    _primaries: list[Host]
    _owners: list[Host | None]
    _loading: "asyncio.Task[None] | None"
    _loaded_at: float

    # The map of slots

    def node(self, host: Host) -> Client:
        """The client of one node."""
        if host not in self._nodes:
            pool = connections.pool(self._address.at(*host), self.timeout_s, self._connections_max, **self._more)
            self._nodes[host] = made(pool, self.timeout_s)
        return self._nodes[host]

    async def primaries(self) -> list[Client]:
        if not self._primaries:
            await self.reload()
        return [self.node(host) for host in self._primaries]

    async def heard_at(self, channels: Iterable[str]) -> dict[Host | None, set[str]]:
        await self.primaries()  # Reads the map, if that has not been done.
        found: dict[Host | None, set[str]] = {}
        for channel in channels:
            host = self._owners[slot_of(channel)] if self.has_sharded else self._primaries[0]
            if host is None:
                raise StoreUnavailable("its cluster is down (a slot has no owner)")
            found.setdefault(host, set()).add(channel)
        return found

    def listener(self, host: Host | None) -> Client:
        return self if host is None else self.node(host)

    async def reload(self) -> None:
        """Read the map of slots from the first node that answers; callers at the same time share one reading.

        Raises:
            StoreUnavailable: none does.
        """
        if self._loading is None or self._loading.done():
            self._loading = asyncio.create_task(self._load(), name="cluster slots")
        await asyncio.shield(self._loading)

    async def _load(self) -> None:
        said = "no node of the cluster answers"
        for host in connections.known(self._address):
            try:
                async with answering(ASK_TIMEOUT_S):
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
                return await self._take(found, host, info)
            said = "its cluster is down (no slots are given out)"
        raise StoreUnavailable(said)

    async def _take(self, found: Sequence[Any], asked: Host, info: dict[str, Any]) -> None:
        owners: list[Host | None] = [None] * SLOTS
        hosts: list[Host] = []
        for first, last, *servers in found:
            named = [(str(name) if name and name != "?" else asked[0], int(port)) for name, port, *_ in servers]
            owners[int(first) : int(last) + 1] = [named[0]] * (int(last) - int(first) + 1)
            hosts += named
        self._owners, self._loaded_at = owners, time.monotonic()
        self._primaries = sorted({host for host in owners if host is not None})
        self.has_sharded = int(str(info["redis_version"]).partition(".")[0]) >= 7
        connections.saw(self._address, list(dict.fromkeys(hosts)))
        for host in [host for host in self._nodes if host not in hosts]:
            with contextlib.suppress(redis.RedisError, OSError):
                await self._nodes.pop(host).connection_pool.disconnect(inuse_connections=False)

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
        if not self._primaries:
            await self.reload()
        cut: list[tuple[Parts, list[_Part]]] = []
        before: Target = ANY
        for args, options in commands:
            parts = parts_of(self._named(args), before)
            before = parts.parts[-1][0]
            cut.append((parts, [part for target, own in parts.parts for part in self._sent_to(target, own, options)]))
        await self._answer([part for _, parts in cut for part in parts])
        replies: list[Any] = []
        for parts, own in cut:
            failed = next((part.reply for part in own if isinstance(part.reply, Exception)), None)
            replies.append(translate(failed) if failed else parts.join([part.reply for part in own]))
        return replies

    async def send_at_once(self, commands: Sequence[Command]) -> list[Any]:
        """Send commands for the keys of one hash tag as one script: all or none are done, and nothing between them."""
        keys = dict.fromkeys(key for args, _ in commands for key in keys_of(args))
        parts: list[Any] = []
        for args, _ in commands:
            words = (*name_of(args).split(" "), *args[1:])
            parts += [len(words), *words]
        [replies] = await self.send_all([(("EVAL", _TRANSACTION, len(keys), *keys, *parts), {})])
        if isinstance(replies, Exception):
            raise replies
        return [self._read(*each) for each in zip(commands, replies, strict=True)]

    def _read(self, command: Command, reply: Any) -> Any:
        """A reply in the shape in which redis-py returns it."""
        (name, *_), options = command
        if isinstance(reply, Exception):
            return translate(reply)
        read = self.response_callbacks.get(name)
        return read(reply, **{each: value for each, value in options.items() if each != "keys"}) if read else reply

    def _named(self, args: Args) -> Args:
        return ("SPUBLISH", *args[1:]) if self.has_sharded and args[0] == "PUBLISH" else args

    def _sent_to(self, target: Target, args: Args, options: dict[str, Any]) -> list[_Part]:
        hosts = self._primaries if target == EVERY else [None]
        return [_Part(target, args, options, host) for host in hosts]

    async def _answer(self, parts: list[_Part]) -> None:
        """Have every part answered: with a reply, or with the error that stood at the end."""
        ends = time.monotonic() + self.timeout_s
        waiting = parts
        while waiting:
            by_host: dict[Host, list[_Part]] = {}
            for part in waiting:
                if (host := part.asking or part.host or self._host(part.target)) is None:
                    part.reply = ClusterDownError("a slot has no owner")
                else:
                    by_host.setdefault(host, []).append(part)
            if len(by_host) == 1:
                [(host, own)] = by_host.items()
                await self._ask(host, own)
            else:
                await asyncio.gather(*(self._ask(host, own) for host, own in by_host.items()))
            verdicts = [(part, self._again(part)) for part in waiting]
            waiting = [part for part, again in verdicts if again is not None]
            if not waiting:
                return
            left_s = ends - time.monotonic()
            if left_s <= 0:
                return
            await self._prepare([again for _, again in verdicts if again is not None], left_s)

    def _host(self, target: Target) -> Host | None:
        if isinstance(target, int):
            return self._owners[target]
        return random.choice(self._primaries)

    async def _ask(self, host: Host, parts: list[_Part]) -> None:
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

    def _again(self, part: _Part) -> str | None:
        """Whether a part is sent again: "now", after a "pause", or when the map was read anew ("map"). None: no."""
        error = part.reply
        if not isinstance(error, Exception):
            return None
        if isinstance(error, MovedError):  # Before AskError, of which it is a kind.
            self._owners[error.slot_id] = (error.host or self._owners[error.slot_id][0], error.port)
            return "moved"
        if isinstance(error, AskError):
            part.asking = (error.host, error.port)
            return "now"
        if isinstance(error, TryAgainError):
            return "pause"
        gone = isinstance(error, (redis.ConnectionError, OSError)) and not isinstance(error, TROUBLE[-1])
        if (gone or isinstance(error, (ClusterDownError, ReadOnlyError))) and part.host is None:
            return "map" if part.tries < TRIES_MAX else None
        return None

    async def _prepare(self, again: list[str], left_s: float) -> None:
        if "map" in again or "pause" in again:
            await asyncio.sleep(min(PAUSE_S, left_s))
        if "map" in again or ("moved" in again and time.monotonic() - self._loaded_at > REFRESH_EVERY_S):
            with contextlib.suppress(StoreUnavailable):
                await self.reload()

    async def scan_iter(self, *args: Any, **options: Any) -> AsyncIterator[Any]:
        """Every key that matches, from each primary in turn."""
        for node in await self.primaries():
            async for name in node.scan_iter(*args, **options):
                yield name

    def pipeline(self, transaction: bool = False, shard_hint: str | None = None) -> Pipeline:
        return ClusterPipeline(self, transaction)

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        if self._loading is not None:
            self._loading.cancel()
        for node in self._nodes.values():
            await node.aclose()
