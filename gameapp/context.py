"""What every page's template may use."""

import contextlib
import functools
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.utils import translation
from django.utils.safestring import SafeString
from js_asset import ImportMap

from gameapp.languages import catalog


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
    """What all pages show: the player (None if nobody is signed in), the language, the address to return to."""

    def rendered() -> SafeString:
        return import_map().render(attrs={"nonce": str(request.csp_nonce)})

    return {
        "import_map": rendered,
        "player": getattr(request, "player", None),
        "here": here(request),
        "language": (language := translation.get_language()),
        "direction": "rtl" if translation.get_language_bidi() else "ltr",
        "languages": settings.LANGUAGES,
        "catalog": catalog(language),
        **_addresses(request),
    }


def here(request: HttpRequest) -> str:
    """The address to go to after signing in or up from this page: the page itself, or `next` on an account page."""
    if not request.path.startswith("/accounts/"):
        return request.get_full_path()
    with contextlib.suppress(SuspiciousOperation):  # Too many fields: the page itself reports that.
        return request.POST.get("next") or request.GET.get("next") or "/"
    return "/"


def _addresses(request: HttpRequest) -> dict[str, str]:
    """The page's own address without what may follow it, and the site's, for programs that show a preview."""
    with contextlib.suppress(SuspiciousOperation):  # A page that refuses an odd Host is shown all the same.
        return {"canonical": request.build_absolute_uri(request.path), "origin": request.build_absolute_uri("/")[:-1]}
    return {}
