"""Writes `docs/protocol.md` from the messages of all apps."""

from collections.abc import Sequence
from typing import Any, get_args

import msgspec

from games import messages
from games.rooms import messages as room_messages
from live import protocol, topics
from live.protocol import Message

INTRODUCTION = """# The socket protocol

Made from `live/protocol.py` and each app's `messages.py` by `manage.py protocol`; a test fails when they differ.

`/ws/` is the site's socket, `/ws/play/<game>/` the same plus that game's runs,
`/ws/rooms/<room>/` plus a room, `/ws/seek/<game>/` plus the search for an opponent. A page opens one of them.
The handshake needs the site's own Origin; the session cookie says who is playing, and without one you watch.

A message is one JSON object in one text frame of at most {bytes:,} bytes; `type` says which. Anything else gets
an `error` with code `bad_message` and the socket lives on; the tenth within a minute closes it. Times are UTC
milliseconds since 1970.
"""

DAPHNE = "On daphne, which sends no code below 3000, read 4008 for 1008, 4011 for 1011 and 4013 for 1013."


def protocol_page() -> str:
    """The whole page, in Markdown."""
    site, play = _members(protocol.SiteMessage), _members(messages.PlayMessage)
    parts = [INTRODUCTION.format(bytes=protocol.MESSAGE_BYTES_MAX)]
    parts += _section("From the browser, on every socket", site)
    parts += _section("From the browser, on a play socket", [each for each in play if each not in site])
    room = _members(room_messages.RoomMessage)
    parts += _section("From the browser, on a room's socket", [each for each in room if each not in site])
    parts += _section("From the browser, while looking for an opponent", [room_messages.Seek])
    parts += _section("From the server", _in_order(protocol.ServerMessage.__subclasses__()))
    parts.append("## Topics\n")
    parts.append("\n".join(f"- {_words(make)}" for _, make in sorted(topics.kinds().items())) + "\n")
    parts.append(f"## Close codes\n\n{DAPHNE}\n")
    parts.append("\n".join(f"- `{code}` {words}" for code, words in protocol.CLOSE_CODES.items()) + "\n")
    return "\n".join(parts)


def _in_order(messages: Sequence[type[Message]]) -> list[type[Message]]:
    """The messages of every socket first, then those of each app, whatever the order of imports."""
    return sorted(messages, key=lambda each: (each.__module__ != protocol.__name__, each.__module__))


def _words(documented: Any) -> str:
    return " ".join((documented.__doc__ or "").split())


def _members(union: Any) -> list[type[Message]]:
    return list(get_args(union))


def _section(title: str, messages: Sequence[type[Message]]) -> list[str]:
    return [f"## {title}\n", *map(_message, messages)]


def _message(message: type[Message]) -> str:
    words = _words(message)
    rows = [_field(field) for field in msgspec.structs.fields(message)]
    table = "\n".join(["| field | type | left out when |", "|---|---|---|", *rows])
    return f"### `{message.__struct_config__.tag}`\n\n{words}\n" + (f"\n{table}\n" if rows else "")


def _field(field: msgspec.structs.FieldInfo) -> str:
    required = field.default is msgspec.NODEFAULT and field.default_factory is msgspec.NODEFAULT
    default = None if required else field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    return (
        f"| `{field.name}` | {_type(field.type)} | {'' if required else f'`{msgspec.json.encode(default).decode()}`'} |"
    )


def _type(of: Any) -> str:
    [info] = msgspec.inspect.multi_type_info([of])
    if isinstance(info, msgspec.inspect.UnionType):
        return " or ".join(_name(each) for each in info.types)
    return _name(info)


def _name(info: Any) -> str:
    words = {
        "Int": "integer",
        "Str": "string",
        "Bool": "boolean",
        "Dict": "object",
        "List": "array",
        "None": "null",
        "Raw": "message",
        "Any": "any JSON",
    }
    kind = words[type(info).__name__.removesuffix("Type")]
    if isinstance(info, msgspec.inspect.IntType) and info.ge is not None:
        return f"{kind}, {info.ge:,} to {info.le:,}"
    return kind
