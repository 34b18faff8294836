"""What every page's template may use."""

import contextlib
import functools
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from js_asset import ImportMap

from gameapp import bundles
from gameapp.languages import catalog


@functools.cache
def modules() -> dict[str, str]:
    """The static file of each of our modules by its bare name.

    `live/socket` is static/js/live/socket.js, `games/<slug>/main` the game's own.
    """
    folders = [(folder, "js/", "") for folder in settings.STATICFILES_DIRS[:1]]
    folders += [(folder, "games/", "games/") for folder in settings.STATICFILES_DIRS[1:]]
    return {
        prefix + path.relative_to(folder / below).with_suffix("").as_posix(): path.relative_to(folder).as_posix()
        for folder, below, prefix in folders
        for path in sorted((folder / below).rglob("*.js"))
    }


def _is_collected(path: str) -> bool:
    return path in getattr(staticfiles_storage, "hashed_files", {})


@functools.cache
def files() -> dict[str, str]:
    """The static file to load for each module: for those of the bundle, the one that takes it from there."""
    return {name: shim if _is_collected(shim := bundles.shim(name)) else path for name, path in modules().items()}


@functools.cache
def everywhere() -> dict[str, Any]:
    """What every page loads: bundles where static files are collected, else the sources."""
    if _is_collected(bundles.SCRIPT):
        names = ImportMap(files() | {bundles.NAME: bundles.SCRIPT})
        return {"names": names, "script": bundles.SCRIPT, "sheets": (bundles.STYLES,)}
    return {"names": ImportMap(files()), "script": modules()[bundles.ENTRY], "sheets": bundles.SHEETS}


@functools.cache
def _import_map() -> tuple[SafeString, SafeString]:
    """The import map, as it stands before and after a request's nonce; the rest of it is the same for all."""
    before, _, after = everywhere()["names"].render(attrs={"nonce": "NONCE"}).partition("NONCE")
    return SafeString(before), SafeString(after)


def import_map(nonce: str) -> SafeString:
    """The import map for a page with this nonce."""
    before, after = _import_map()
    return format_html("{}{}{}", before, nonce, after)


def page(request: HttpRequest) -> dict[str, Any]:
    """What all pages show: the player (None if nobody is signed in), the language, the address to return to."""
    return {
        "import_map": lambda: import_map(str(request.csp_nonce)),
        "site_script": everywhere()["script"],
        "site_sheets": everywhere()["sheets"],
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
