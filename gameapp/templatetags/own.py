"""`{% own %}…{% endown %}`: a part of a shared page that is each player's own; see live/servers/own_parts.py.

Names that are set in such a part end with it. A loop or a tag such as `{% filter %}` goes into the part, not around it.
"""

from typing import Any

from django import template
from django.template.base import NodeList, Parser, Token
from django.template.loader_tags import BlockNode
from django.utils.safestring import SafeString

from live.servers.own_parts import skeleton

register = template.Library()


class OwnNode(template.Node):
    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Any) -> str:
        page = skeleton(context.get("request"))
        if page:
            return page.part(self.nodelist, context)
        with context.push():
            return self.nodelist.render(context)


@register.tag
def own(parser: Parser, token: Token) -> OwnNode:
    nodelist = parser.parse(("endown",))
    parser.delete_first_token()
    if nodelist.get_nodes_by_type(BlockNode):
        raise template.TemplateSyntaxError("A block may not stand in {% own %}. Put {% own %} into the block.")
    return OwnNode(nodelist)


@register.simple_tag(takes_context=True)
def own_mark(context: Any, id: int) -> SafeString:
    """` data-own` for the player with this id, else nothing."""
    mark = SafeString(" data-own")
    if page := skeleton(context.get("request")):
        return page.line(id, "", lambda: mark)
    player = context.get("player")
    return mark if player and player.pk == id else SafeString("")
