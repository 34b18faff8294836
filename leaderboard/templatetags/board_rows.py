"""`{% board_row row %}` and `{% feed_line id line %}`: lines that are rendered once for all who see the same."""

from typing import Any

import msgspec
from django import template
from django.utils import translation
from django.utils.safestring import SafeString

register = template.Library()

KEPT_MAX = 8_192
_kept: dict[tuple[Any, ...], SafeString] = {}


@register.simple_tag(takes_context=True)
def board_row(context: Any, row: Any) -> SafeString:
    """The line of a row of `board` and `kind`; a row of the player who looks has a mark of its own. None: a blank."""
    board, kind, player, request = (context.get(name) for name in ("board", "kind", "player", "request"))
    is_own = row is not None and player is not None and row.player == player.pk
    looks = (getattr(board, "slug", ""), getattr(board, "format", ""), kind)
    key = (*looks, row, is_own, "replays" in getattr(request, "flags", ()))
    shown = {"row": row, "board": board, "kind": kind, "player": player if is_own else None, "request": request}
    return _once(context, "leaderboard/_row.html", key, shown)


@register.simple_tag(takes_context=True)
def feed_line(context: Any, id: str, line: Any) -> SafeString:
    """A line of the activity feed."""
    key = (id, msgspec.json.encode(line))
    return _once(context, "leaderboard/_feed_line.html", key, {"id": id, "line": line})


def _once(context: Any, name: str, key: tuple[Any, ...], shown: dict[str, Any]) -> SafeString:
    key = (name, translation.get_language(), *key)
    if (line := _kept.get(key)) is None:
        if len(_kept) >= KEPT_MAX:
            _kept.clear()
        line = _kept[key] = context.template.engine.get_template(name).render(context.new(shown))
    return line
