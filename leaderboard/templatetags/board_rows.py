"""`{% board_row row %}`: a line of a board, rendered once for all who see the same."""

from typing import Any

from django import template
from django.utils import translation
from django.utils.safestring import SafeString

register = template.Library()

KEPT_MAX = 8_192
_kept: dict[tuple[Any, ...], SafeString] = {}


@register.simple_tag(takes_context=True)
def board_row(context: Any, row: Any) -> SafeString:
    """The line of a row of `board` and `kind`; a row of the player who looks has a mark of its own."""
    board, kind, player, request = (context.get(name) for name in ("board", "kind", "player", "request"))
    is_own = player is not None and row.player == player.pk
    looks = (translation.get_language(), getattr(board, "slug", ""), getattr(board, "format", ""), kind)
    key = (*looks, row, is_own, "replays" in getattr(request, "flags", ()))
    if (line := _kept.get(key)) is None:
        if len(_kept) >= KEPT_MAX:
            _kept.clear()
        line = _kept[key] = context.template.engine.get_template("leaderboard/_row.html").render(context.new({
            "row": row, "board": board, "kind": kind, "player": player if is_own else None, "request": request,
        }))  # fmt: skip
    return line
