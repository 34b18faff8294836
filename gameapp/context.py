"""What every page's template may use."""

import contextlib
import functools
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.utils.safestring import SafeString
from js_asset import ImportMap


@functools.cache
def import_map() -> ImportMap:
    """Bare names for our modules: `live/socket` is static/js/live/socket.js, `games/<slug>/main` the game's own."""
    folders = [(folder, "js/", "") for folder in settings.STATICFILES_DIRS[:1]]
    folders += [(folder, "games/", "games/") for folder in settings.STATICFILES_DIRS[1:]]
    names = {}
    for folder, below, prefix in folders:
        for path in sorted((folder / below).rglob("*.js")):
            name = path.relative_to(folder / below).with_suffix("").as_posix()
            names[prefix + name] = path.relative_to(folder).as_posix()
    return ImportMap(names)


def page(request: HttpRequest) -> dict[str, Any]:
    """The import map, the player (None: nobody signed in), and where a sign-in from this page leads back to."""

    def rendered() -> SafeString:
        return import_map().render(attrs={"nonce": str(request.csp_nonce)})

    return {"import_map": rendered, "player": getattr(request, "player", None), "here": here(request)}


def here(request: HttpRequest) -> str:
    """Where somebody who signs in or up on this page goes on: here, or where a page of that kind was to lead."""
    if not request.path.startswith("/accounts/"):
        return request.get_full_path()
    with contextlib.suppress(SuspiciousOperation):  # As many fields as nobody reads: the page says so.
        return request.POST.get("next") or request.GET.get("next") or "/"
    return "/"
