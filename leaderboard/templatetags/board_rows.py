"""`{% board_row row %}` and `{% feed_line id line %}`: lines that are rendered once for all who see the same."""

from typing import Any

import msgspec
from django import template
from django.utils import translation
from django.utils.safestring import SafeString

from live.servers.own_parts import skeleton

register = template.Library()

KEPT_MAX = 8_192
_kept: dict[tuple[Any, ...], SafeString] = {}


@register.simple_tag(takes_context=True)
def board_row(context: Any, row: Any) -> SafeString:
    """The line of a row of `board` and `kind`; a row of the player who looks has a mark of its own. None: a blank."""
    board, kind, player, request = (context.get(name) for name in ("board", "kind", "player", "request"))
    looks = (getattr(board, "slug", ""), getattr(board, "format", ""), kind)
    shown = {"row": row, "board": board, "kind": kind, "request": request}
    engine = context.template.engine

    def line(is_own: bool) -> SafeString:
        key = (*looks, row, is_own, "replays" in getattr(request, "flags", ()))
        return _once(engine, "leaderboard/_row.html", key, shown | {"is_own": is_own})

    if (page := skeleton(request)) and row is not None:
        return page.line(row.player, line(is_own=False), lambda: line(is_own=True))
    return line(is_own=row is not None and player is not None and row.player == player.pk)


@register.simple_tag(takes_context=True)
def feed_line(context: Any, id: str, line: Any) -> SafeString:
    """A line of the activity feed."""
    key = (id, msgspec.json.encode(line))
    return _once(context.template.engine, "leaderboard/_feed_line.html", key, {"id": id, "line": line})


def _once(engine: template.Engine, name: str, key: tuple[Any, ...], shown: dict[str, Any]) -> SafeString:
    key = (name, translation.get_language(), *key)
    if (line := _kept.get(key)) is None:
        if len(_kept) >= KEPT_MAX:
            _kept.clear()
        line = _kept[key] = engine.get_template(name).render(template.Context(shown))
    return line
