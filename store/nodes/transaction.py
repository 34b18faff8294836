"""A transaction as a script: one command, which follows a slot that moves to another node as any other command does."""

from collections.abc import Mapping, Sequence
from typing import Any

from store.nodes.single import translate
from store.nodes.slots import Args, keys_of, name_of
from store.together import Command

#: Lua's stack holds 8,000.
WORDS_MAX = 7_000

# ARGV: of each command, how many words it has, and these. An error does not stop the commands after it, as in a
# transaction of Redis.
_SCRIPT = """
local replies, at = {}, 1
while at <= #ARGV do
  local words = tonumber(ARGV[at])
  replies[#replies + 1] = redis.pcall(unpack(ARGV, at + 1, at + words))
  at = at + words + 1
end
return replies
"""


def script(commands: Sequence[Command]) -> Args:
    """The command that runs these, all on keys of one hash tag."""
    keys = dict.fromkeys(key for args, _ in commands for key in keys_of(args))
    words: list[Any] = []
    for args, _ in commands:
        own = (*name_of(args).split(" "), *args[1:])
        if len(own) > WORDS_MAX:  # Half of the transaction would be done before the script failed.
            raise ValueError(f"{name_of(args)} in a transaction has at most {WORDS_MAX:,} words")
        words += [len(own), *own]
    return ("EVAL", _SCRIPT, len(keys), *keys, *words)


def read(commands: Sequence[Command], replies: Sequence[Any], callbacks: Mapping[Any, Any]) -> list[Any]:
    """The replies in the shape in which redis-py returns them; errors are in the list."""
    return [_read(command, reply, callbacks) for command, reply in zip(commands, replies, strict=True)]


def _read(command: Command, reply: Any, callbacks: Mapping[Any, Any]) -> Any:
    (name, *_), options = command
    if isinstance(reply, Exception):
        return translate(reply)
    shaped = callbacks.get(name)
    return shaped(reply, **{each: value for each, value in options.items() if each != "keys"}) if shaped else reply
