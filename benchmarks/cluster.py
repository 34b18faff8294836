"""A Redis Cluster for tests and benchmarks: three primaries with a replica each, as local processes."""

from collections.abc import Callable
from pathlib import Path

from benchmarks.nodes import Node, until

SLOTS = 16_384
#: A node that is silent for this long has failed; a replica takes over soon after.
NODE_TIMEOUT_MS = 1_500
OPTIONS = (
    "--cluster-enabled", "yes", "--cluster-node-timeout", str(NODE_TIMEOUT_MS), "--cluster-config-file", "nodes.conf",
)  # fmt: skip


class Cluster:
    """Starts when entered. `url` names two of its nodes; the site has to find the others."""

    def __init__(self, folder: Path, *options: str, replicas: bool = True) -> None:
        self.folder, self.options, self.has_replicas = folder, options, replicas

    def __enter__(self) -> "Cluster":
        count = 6 if self.has_replicas else 3
        self.nodes = [Node(self.folder / str(number), *OPTIONS, *self.options) for number in range(count)]
        primaries, replicas = self.nodes[:3], self.nodes[3:]
        for number, node in enumerate(primaries):
            node.run("CLUSTER SET-CONFIG-EPOCH", number + 1)
            first, last = SLOTS * number // 3, SLOTS * (number + 1) // 3
            node.run("CLUSTER ADDSLOTS", *range(first, last))
        for node in self.nodes[1:]:
            self.nodes[0].run("CLUSTER MEET", "127.0.0.1", node.port)
        until(lambda: all(self._knows(node, count) for node in self.nodes), "the nodes know each other")
        for replica, primary in zip(replicas, primaries, strict=bool(replicas)) if replicas else ():
            replica.run("CLUSTER REPLICATE", primary.id)
        until(lambda: all(node.is_in_step() for node in replicas), "the replicas are in step")
        until(lambda: all(self._is_ok(node) for node in self.nodes), "the cluster is up")
        self.url = "redis+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in self.nodes[:2])
        return self

    def _knows(self, node: Node, count: int) -> bool:
        known = node.run("CLUSTER NODES")
        return len(known.splitlines()) == count and "handshake" not in known and "disconnected" not in known

    def _is_ok(self, node: Node) -> bool:
        return "cluster_state:ok" in node.run("CLUSTER INFO")

    def __exit__(self, *_: object) -> None:
        for node in self.nodes:
            node.process.kill()
            node.process.wait()

    def owner(self, key: str) -> Node:
        """The primary that has a key."""
        slot = self._alive.run("CLUSTER KEYSLOT", key)
        for first, last, (_, port, *_), *_ in self._alive.run("CLUSTER SLOTS"):
            if first <= slot <= last:
                return next(node for node in self.nodes if node.port == port)
        raise AssertionError(f"nobody owns slot {slot}")

    def replica_of(self, primary: Node) -> Node:
        """The node that would take over from a primary."""
        return next(node for node in self.nodes if f"master_port:{primary.port}" in node.run("INFO", "replication"))

    @property
    def _alive(self) -> Node:
        return next(node for node in self.nodes if node.is_alive)

    def move(self, key: str, target: Node, *, between: Callable[[], None] = lambda: None) -> None:
        """Move the slot of a key to another primary, one key at a time; `between` is called while it is on the move."""
        source, slot = self.owner(key), self._alive.run("CLUSTER KEYSLOT", key)
        target.run("CLUSTER SETSLOT", slot, "IMPORTING", source.id)
        source.run("CLUSTER SETSLOT", slot, "MIGRATING", target.id)
        between()
        while names := source.run("CLUSTER GETKEYSINSLOT", slot, 1):
            source.run("MIGRATE", "127.0.0.1", target.port, names[0], 0, 5_000)
            between()
        for node in (target, source, *(node for node in self.nodes if node.is_primary)):
            node.run("CLUSTER SETSLOT", slot, "NODE", target.id)
