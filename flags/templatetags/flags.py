"""`{% flag "name" %}…{% else %}…{% endflag %}`: shows its content only to those for whom a flag is on."""

from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token

register = template.Library()


class FlagNode(template.Node):
    child_nodelists = ("shown", "otherwise")

    def __init__(self, name: FilterExpression, shown: NodeList, otherwise: NodeList) -> None:
        self.name, self.shown, self.otherwise = name, shown, otherwise

    def render(self, context: Any) -> str:
        request = context.get("request")
        is_on = self.name.resolve(context) in getattr(request, "flags", ())
        return (self.shown if is_on else self.otherwise).render(context)


@register.tag
def flag(parser: Parser, token: Token) -> FlagNode:
    parts = token.split_contents()
    if len(parts) != 2:
        raise template.TemplateSyntaxError('Write {% flag "name" %}.')
    shown, otherwise = parser.parse(("else", "endflag")), NodeList()
    if parser.next_token().contents == "else":
        otherwise = parser.parse(("endflag",))
        parser.delete_first_token()
    return FlagNode(parser.compile_filter(parts[1]), shown, otherwise)
