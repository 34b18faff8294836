"""Reads all flags of a request's player once, in one round trip."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase

from flags import flags
from live.servers.middleware import AsyncMiddleware
from live.servers.own_parts import skeleton


class FlagMiddleware(AsyncMiddleware):
    """Sets `request.flags`, the names of those that are on; `{% flag %}` and `flagged` read it.

    A view with `reads_flags` sets it itself, in one round trip with its other reads.
    """

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return await self.get_response(request)

    async def process_view(self, request: HttpRequest, view: Any, *_: Any) -> None:
        if not getattr(view, "sets_flags", False):
            request.flags = await flags_of(request)


async def flags_of(request: HttpRequest) -> frozenset[str]:
    """The flags that are on for a request's player, or for the players for whom a shared page is rendered."""
    page = skeleton(request)
    return page.flags if page else await flags.of(request.player)
