"""Decorators for views that depend on flags."""

import functools
from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _


def reads_flags(view: Callable[..., Any]) -> Callable[..., Any]:
    """Mark an async view that sets `request.flags` itself. For other views, the middleware sets it."""
    view.sets_flags = True  # type: ignore[attr-defined]
    return view


def flagged(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Answer 404, as for an unknown address, while a flag is off for the visitor."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        def check(request: HttpRequest) -> None:
            if name not in request.flags:
                raise Http404(
                    _("There is no page at this address. Perhaps the game you are looking for is in the lobby.")
                )

        if iscoroutinefunction(view):

            @functools.wraps(view)
            async def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
                check(request)
                return await view(request, *args, **kwargs)
        else:

            @functools.wraps(view)
            def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
                check(request)
                return view(request, *args, **kwargs)

        return inner

    return decorate
