"""Which slot of a cluster a command belongs to, and how a command for several slots is cut up and put together.

Source: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/
"""

import dataclasses
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, Final, Literal

from redis.crc import key_slot
from redis.exceptions import ResponseError

SLOTS = 16_384

#: Commands without a key: sent to every primary, or to any one of them.
EVERY: Final = "every"
ANY: Final = "any"
Target = int | Literal["every", "any"]
Args = tuple[Any, ...]

_EVERY: dict[str, Callable[[list[Any]], Any]] = {
    "SCRIPT LOAD": lambda replies: replies[0],
    "SCRIPT FLUSH": lambda replies: replies[0],
    "CONFIG SET": lambda replies: replies[0],
    "DBSIZE": sum,
    "FLUSHDB": all,
    "FLUSHALL": all,
    "KEYS": lambda replies: [*chain.from_iterable(replies)],
}
_ANY = {"PING", "TIME", "INFO", "CONFIG GET", "SLOWLOG GET", "CLIENT LIST"}
#: First words of commands that have no key and concern one node. What is not listed above is refused: sent to any
#: one node, it would do a part of its work in silence.
_OF_A_NODE = {
    *("ACL", "BGREWRITEAOF", "BGSAVE", "CLIENT", "CLUSTER", "COMMAND", "CONFIG", "DEBUG", "FAILOVER", "FUNCTION"),
    *("LASTSAVE", "LATENCY", "MODULE", "MONITOR", "PUBSUB", "RANDOMKEY", "REPLICAOF", "ROLE", "SAVE", "SCAN", "SCRIPT"),
    *("SELECT", "SHUTDOWN", "SLOWLOG", "SWAPDB"),
}
#: Commands whose keys may lie in several slots, and whose replies are added up.
_SUMMED = {"DEL", "UNLINK", "EXISTS", "TOUCH"}
_STREAMS = {"XREAD", "XREADGROUP"}
#: Where the keys of a command are, unless it is the first argument.
_KEYS: dict[str, Callable[[Args], Args]] = {
    **dict.fromkeys((*_SUMMED, "MGET", "PFCOUNT", "PFMERGE"), lambda args: args[1:]),
    **dict.fromkeys(("RENAME", "COPY", "SMOVE", "LMOVE"), lambda args: args[1:3]),
    **dict.fromkeys(("EVAL", "EVALSHA"), lambda args: args[3 : 3 + int(args[2])]),
    **dict.fromkeys(("ZUNIONSTORE", "ZINTERSTORE"), lambda args: (args[1], *args[3 : 3 + int(args[2])])),
    **dict.fromkeys(("ZUNION", "ZINTER"), lambda args: args[2 : 2 + int(args[1])]),
    **dict.fromkeys(_STREAMS, lambda args: args[(at := _streams_at(args)) : at + (len(args) - at) // 2]),
    "BITOP": lambda args: args[2:],
}


@dataclasses.dataclass(frozen=True, slots=True)
class Parts:
    """A command as it is sent: one command per target, and how their replies become one."""

    parts: list[tuple[Target, Args]]
    join: Callable[[list[Any]], Any]
    #: Whether some of the replies are worth having: of streams, what they lack is read later.
    may_lack: bool = False


def slot_of(key: str | bytes) -> int:
    """The slot of a key, 0 to 16,383."""
    return key_slot(key.encode() if isinstance(key, str) else bytes(key))


def name_of(args: Args) -> str:
    """A command's name in capitals."""
    return (args[0].decode() if isinstance(args[0], bytes) else str(args[0])).upper()


def keys_of(args: Args) -> Args:
    """The keys of a command that this site sends."""
    find = _KEYS.get(name_of(args))
    return find(args) if find else args[1:2]


def parts_of(args: Args, before: Target = ANY) -> Parts:
    """Cut a command up by slots. `before` is the target of the command before it, which WAIT belongs to.

    Raises:
        ResponseError: it concerns one node, and a cluster has several.
    """
    name = name_of(args)
    if name == "WAIT":
        return Parts([(before, args)], _only)
    if name in _OF_A_NODE and len(args) > 1:
        name = f"{name} {args[1]}".upper()  # Such as CONFIG SET, sent as two words.
    if name in _EVERY:
        return Parts([(EVERY, args)], _EVERY[name])
    if name in _ANY:
        return Parts([(ANY, args)], _only)
    keys = keys_of(args)
    if not keys or name.partition(" ")[0] in _OF_A_NODE:
        raise ResponseError(f"{name} has no key and concerns one node: ask each of servers()")
    slots = [slot_of(key) for key in keys]
    parts: list[tuple[Target, Args]] = [(slots[0], args)]
    if len(set(slots)) < 2:
        return Parts(parts, _only)
    if name in _SUMMED:
        parts = [(slot, (args[0], *_among(keys, slots, slot))) for slot in dict.fromkeys(slots)]
        return Parts(parts, sum)
    if name == "MGET":
        parts = [(slot, (args[0], key)) for slot, key in zip(slots, keys, strict=True)]
    elif name in _STREAMS:
        parts = [(slot, _stream_args(args, slots, slot)) for slot in dict.fromkeys(slots)]
    # One that cannot be cut up is refused by Redis: CROSSSLOT.
    return Parts(parts, _chained if len(parts) > 1 else _only, may_lack=name in _STREAMS)


def _among(keys: Sequence[Any], slots: list[int], slot: int) -> list[Any]:
    return [key for key, own in zip(keys, slots, strict=True) if own == slot]


def _only(replies: list[Any]) -> Any:
    return replies[0]


def _chained(replies: list[Any]) -> Any:
    return [*chain.from_iterable(reply or () for reply in replies)]


def _streams_at(args: Args) -> int:
    return next(at for at, part in enumerate(args) if part in ("STREAMS", b"STREAMS")) + 1


def _stream_args(args: Args, slots: list[int], slot: int) -> Args:
    """A read of the streams in one slot, which does not wait."""
    at = _streams_at(args)
    options = list(args[:at])
    for word in ("BLOCK", b"BLOCK"):
        if word in options:
            del options[options.index(word) : options.index(word) + 2]
    half = (len(args) - at) // 2
    return (*options, *_among(args[at : at + half], slots, slot), *_among(args[at + half :], slots, slot))


def block_ms(args: Args) -> int | None:
    """How long a read of several slots waits for entries; None: it does not wait."""
    for word in ("BLOCK", b"BLOCK"):
        if name_of(args) in _STREAMS and word in args[: _streams_at(args)]:
            return int(args[args.index(word) + 1])
    return None
