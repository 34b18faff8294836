"""`{% own %}…{% endown %}`: a part of a shared page that is each player's own; see live/servers/own_parts.py."""

from typing import Any

from django import template
from django.template.base import NodeList, Parser, Token

from live.servers.own_parts import skeleton

register = template.Library()


class OwnNode(template.Node):
    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Any) -> str:
        page = skeleton(context.get("request"))
        return page.part(self.nodelist, context) if page else self.nodelist.render(context)


@register.tag
def own(parser: Parser, token: Token) -> OwnNode:
    nodelist = parser.parse(("endown",))
    parser.delete_first_token()
    return OwnNode(nodelist)
