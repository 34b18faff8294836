"""The parts of a page that are each player's own, while the rest is rendered once for all players.

A shared page is rendered for nobody in particular: `Anybody` stands for the player, and `Own` for each value that is
read for them. Both fail when something outside of `{% own %}…{% endown %}` reads them, so a page cannot show to all
what is one player's. What stands between these tags is rendered for each player, with what `own` reads for them.

    standing = await own(request, functools.partial(standing_of, board))       # in the view
    {% own %}You: #{{ standing.rank }}{% endown %}                              {# in the template #}
"""

import secrets
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, NoReturn

from django.http import HttpRequest
from django.template import Context, NodeList
from django.utils.safestring import SafeString

from store.together import together

#: Reads a value for a player.
Read = Callable[..., Coroutine[Any, Any, Any]]
#: Whether a shared page, as it was rendered, suits a player for whom this value was read.
Suits = Callable[[Any, Any], bool]

#: The scope of a request that renders a shared page for players has this key, with its `Skeleton`.
SKELETON = "gameapp.skeleton"


class NotShared(Exception):
    """A page shows something of the player outside of its own parts, so it is rendered for each of them."""


class Hidden:
    """Something that only a page's own parts may read. Whether there is a player may be asked: there is one."""

    def __getattr__(self, name: str) -> NoReturn:
        raise NotShared(f"{type(self).__name__}.{name}")

    def __str__(self) -> NoReturn:
        raise NotShared(type(self).__name__)

    def __eq__(self, other: object) -> bool:
        raise NotShared(type(self).__name__)

    __hash__ = object.__hash__


class Anybody(Hidden):
    """Stands for the player while a shared page is rendered."""


class Own(Hidden):
    """Stands for a value that is read for each player. `place` counts those of a page."""

    def __init__(self, place: int) -> None:
        self.place = place

    def __bool__(self) -> bool:
        raise NotShared("Own")


class Part:
    """The nodes of a template between `{% own %}` and `{% endown %}`, with the values that all players share."""

    def __init__(self, nodes: NodeList, context: Any) -> None:
        self._nodes, self._template = nodes, context.template
        self._values = context.flatten()
        self._own = {name: value.place for name, value in self._values.items() if isinstance(value, Own)}

    def render(self, player: Any, token: str, values: list[Any]) -> str:
        """The part for a player, whose forms have this token; `values` are what was read for them."""
        context = Context(self._values)
        context.update({name: values[place] for name, place in self._own.items()})
        context.update({"player": player, "csrf_token": token})
        with context.bind_template(self._template):
            return str(self._nodes.render(context))


class Skeleton:
    """A shared page for players of one language who have the same flags, while it is rendered.

    `reads` are what is read for each player, `parts` their own parts, and `lines` what only one player sees otherwise.
    """

    def __init__(self, language: str, flags: frozenset[str]) -> None:
        self.language, self.flags = language, flags
        self.mark = f"own-{secrets.token_hex(8)}-"
        self.reads: list[tuple[Read, str]] = []
        self.checks: list[tuple[int, Suits]] = []
        self.parts: list[Part] = []
        self.lines: list[tuple[int, Callable[[], str]]] = []

    def part(self, nodes: NodeList, context: Any) -> SafeString:
        """The mark of a new part."""
        self.parts.append(Part(nodes, context))
        return SafeString(f"{self.mark}p{len(self.parts) - 1};")

    def line(self, player: int, shown: str, render: Callable[[], str]) -> SafeString:
        """What all see in this place, marked; `render` gives what this one player sees there."""
        self.lines.append((player, render))
        return SafeString(f"{self.mark}b{len(self.lines) - 1};{shown}{self.mark}e;")

    async def read(self, player: Any, cookies: Mapping[str, str]) -> list[Any] | None:
        """What is read for a player, in order. None: the page does not suit them."""
        values = await together(*(_read(*each, player, cookies) for each in self.reads))
        return values if all(suits(values[place], player) for place, suits in self.checks) else None


def skeleton(request: HttpRequest | None) -> Skeleton | None:
    """The shared page that a request renders, or None where it renders a page for its visitor."""
    return getattr(request, "scope", {}).get(SKELETON)


async def own(request: HttpRequest, read: Read, *, cookie: str = "") -> Any:
    """What `read` gives for the player; None for a stranger, and `Own` on a shared page, for which it is read later.

    `read` is given the player, and the text of a cookie if one is named.
    """
    if page := skeleton(request):
        page.reads.append((read, cookie))
        return Own(len(page.reads) - 1)
    return await _read(read, cookie, request.player, request.COOKIES) if request.player else None


def _read(read: Read, cookie: str, player: Any, cookies: Mapping[str, str]) -> Coroutine[Any, Any, Any]:
    return read(player, cookies.get(cookie, "")) if cookie else read(player)


def suits(request: HttpRequest, value: Any, check: Suits) -> None:
    """Have a shared page rendered anew for a player for whom this value, got from `own`, does not suit it."""
    if page := skeleton(request):
        page.checks.append((value.place, check))
