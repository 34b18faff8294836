"""The parts of a page that are each player's own, while the rest is rendered once for all players.

A shared page is rendered for nobody in particular: `Anybody` stands for the player, and `Own` for each value that is
read for them. When something outside of `{% own %}…{% endown %}` reads one of them, the page is not shared but rendered
for each player. What stands between these tags is always rendered for each player, with what `own` reads for them.

    standing = await own(request, functools.partial(standing_of, board))       # in the view
    {% own %}You: #{{ standing.rank }}{% endown %}                              {# in the template #}

Values are filled in where they are names of the template's context, as `standing` is here, and not inside of objects.
"""

import copy
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
    """Something that only a page's own parts may read.

    Any other use refuses the page. It raises, too, but Django's templates take some errors for false.
    """

    def __init__(self, page: "Skeleton") -> None:
        self._page = page

    def _refuse(self, *_: object) -> NoReturn:
        self._page.refused = True
        raise NotShared(type(self).__name__)

    __hash__ = object.__hash__


for _name in "bool getattr getitem str format iter len contains int float add radd eq ne lt le gt ge".split():
    setattr(Hidden, f"__{_name}__", Hidden._refuse)


class Anybody(Hidden):
    """Stands for the player while a shared page is rendered. Whether there is one may be asked."""

    def __bool__(self) -> bool:
        return True


class Own(Hidden):
    """Stands for a value that is read for each player, the `place`-th of its page."""

    def __init__(self, page: "Skeleton", place: int) -> None:
        super().__init__(page)
        self.place = place


class Part:
    """The nodes of a template between `{% own %}` and `{% endown %}`, with the values that all players share."""

    def __init__(self, nodes: NodeList, context: Any) -> None:
        self._nodes, self._template, self._autoescape = nodes, context.template, context.autoescape
        self._values = context.flatten()
        if loop := self._values.get("forloop"):
            self._values["forloop"] = _as_it_is(loop)
        self._own = {name: value.place for name, value in self._values.items() if isinstance(value, Own)}

    def render(self, request: HttpRequest, token: str, values: list[Any]) -> str:
        """The part for a request's player, whose forms have this token; `values` are what was read for them."""
        context = Context(self._values, autoescape=self._autoescape)
        context.update({name: values[place] for name, place in self._own.items()})
        context.update({"request": request, "player": request.player, "user": request.player, "csrf_token": token})
        with context.bind_template(self._template):
            return str(self._nodes.render(context))


def _as_it_is(loop: dict[str, Any]) -> dict[str, Any]:
    """The state of a loop, which goes on while a part stays."""
    return {name: _as_it_is(value) if name == "parentloop" else value for name, value in loop.items()}


class Skeleton:
    """A shared page for players of one language who have the same flags, while it is rendered and then kept.

    `reads` are what is read for each player, `parts` their own parts, and `lines` what looks different to one player,
    whom it is about. `refused`: it cannot be shared.
    """

    def __init__(self, language: str, flags: frozenset[str]) -> None:
        self.language, self.flags, self.refused = language, flags, False
        self.mark = f"own-{secrets.token_hex(8)}-"
        self.request: Any = None
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

    def filled(self, player: Any, token: str, values: list[Any]) -> list[str]:
        """The parts for a player.

        Raises:
            NotShared: one reads a value where none is filled in.
        """
        request = copy.copy(self.request)
        request.scope = {name: value for name, value in request.scope.items() if name != SKELETON}
        request.player = request.user = player
        parts = [part.render(request, token, values) for part in self.parts]
        if self.refused:
            raise NotShared
        return parts


def skeleton(request: HttpRequest | None) -> Skeleton | None:
    """The shared page that a request renders, or None where it renders a page for its visitor."""
    return getattr(request, "scope", {}).get(SKELETON)


async def own(request: HttpRequest, read: Read, *, cookie: str = "") -> Any:
    """What `read` gives for the player; None for a stranger. On a shared page it is `Own`, and read for each player.

    `read` is given the player, and the text of a cookie if one is named.
    """
    if page := skeleton(request):
        page.reads.append((read, cookie))
        return Own(page, len(page.reads) - 1)
    return await _read(read, cookie, request.player, request.COOKIES) if request.player else None


def _read(read: Read, cookie: str, player: Any, cookies: Mapping[str, str]) -> Coroutine[Any, Any, Any]:
    return read(player, cookies.get(cookie, "")) if cookie else read(player)


def suits(request: HttpRequest, value: Any, check: Suits) -> None:
    """Have a page rendered for a player whose value, got from `own`, does not agree with what is kept."""
    if page := skeleton(request):
        page.checks.append((value.place, check))
