"""What search engines and phones ask a site for: robots.txt, a map of the public pages, the manifest of an app."""

import functools
import json
from collections.abc import Iterable
from pathlib import Path

from django.contrib.sitemaps import Sitemap
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from games.game import all_games
from games.rooms.game import all_room_games
from leaderboard.models import Board

#: Pages that are somebody's own, cost the server work, or mean nothing to a stranger.
CLOSED = ("/admin/", "/dashboard/", "/accounts/", "/replays/", "/beat/", "/rooms/", "/watch/list/", "/nearby/")


@require_safe
async def robots(request: HttpRequest) -> HttpResponse:
    """What programs may read, and where the map is."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in CLOSED), "Allow: /rooms/play/"]
    lines += ["", f"Sitemap: {request.build_absolute_uri(reverse('sitemap'))}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
async def manifest(request: HttpRequest) -> HttpResponse:
    """What a phone needs to put the site on its home screen."""
    icons = [
        {"src": static("img/icon.svg"), "type": "image/svg+xml", "sizes": "any"},
        {"src": static("img/icon-192.png"), "type": "image/png", "sizes": "192x192"},
        {"src": static("img/icon-512.png"), "type": "image/png", "sizes": "512x512"},
        {"src": static("img/icon-maskable.png"), "type": "image/png", "sizes": "512x512", "purpose": "maskable"},
    ]
    found = {
        "id": "/",
        "name": "Gameapp",
        "short_name": "Gameapp",
        "description": _("A live arcade: play at once, and watch the board move."),
        "start_url": "/",
        "display": "standalone",
        "background_color": "#090d1a",
        "theme_color": "#090d1a",
        "icons": icons,
    }
    return JsonResponse(found, content_type="application/manifest+json")


#: What the offline page needs, kept by the service worker.
OFFLINE_FILES = ("css/tokens.css", "css/base.css", "css/site.css", "css/button.css", "js/offline.js", "img/icon.svg")


@functools.cache
def _worker() -> str:
    found = finders.find("worker.js")
    assert isinstance(found, str)
    return f"const FILES = {json.dumps([static(path) for path in OFFLINE_FILES])};\n{Path(found).read_text()}"


@require_safe
async def service_worker(request: HttpRequest) -> HttpResponse:
    """The script that shows a page of ours while the site cannot be reached; its address covers the whole site."""
    return HttpResponse(_worker(), content_type="text/javascript", headers={"Cache-Control": "no-cache"})


@require_safe
async def offline(request: HttpRequest) -> HttpResponse:
    """The page that a browser shows while the site cannot be reached."""
    return render(request, "offline.html")


class Pages(Sitemap):
    """The pages that are the same for everybody."""

    def items(self) -> Iterable[str]:
        fixed = [reverse(name) for name in ("games:lobby", "daily:index", "rooms:watch", "leaderboard:index")]
        games = [reverse("games:play", args=[game.slug]) for game in all_games()]
        return [*fixed, *games, *(reverse("rooms:quick", args=[game.slug]) for game in all_room_games())]

    def location(self, item: str) -> str:
        return item


class Boards(Sitemap):
    """Every board."""

    def items(self) -> Iterable[Board]:
        return Board.objects.order_by("slug")


MAPS = {"pages": Pages, "boards": Boards}
