"""Asks for every flag of a request's player, once and in one round trip."""

from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase

from flags import flags


class FlagMiddleware:
    """Sets `request.flags`, the names of those that are on; `{% flag %}` and `flagged` read it."""

    sync_capable = False
    async_capable = True

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.flags = await flags.of(request.player)
        return await self.get_response(request)
