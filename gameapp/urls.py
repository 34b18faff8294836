from django.contrib import admin
from django.contrib.sitemaps.views import sitemap
from django.urls import include, path
from django.views.generic import RedirectView
from js_asset import static_lazy

from gameapp import languages, well_known
from live.observe import health
from operators import views as dashboard
from people.nearby_page import nearby

admin.site.site_header = admin.site.site_title = "Gameapp"
admin.site.index_title = "Operations"

handler400 = "gameapp.middleware.bad_request"

urlpatterns = [
    path("", include("games.urls")),
    path("", include("games.rooms.urls")),
    path("daily/", include("games.daily.urls")),
    path("boards/", include("leaderboard.pages.urls")),
    path("", include("accounts.urls")),
    path("", include("wallet.urls")),
    path("", include("people.urls")),
    path("nearby/", nearby, name="nearby"),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("dashboard/slowlog/", dashboard.slowlog, name="slowlog"),
    path("dashboard/replay/", dashboard.replay, name="replay_letters"),
    path("language/", languages.choose, name="language"),
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("worker.js", well_known.service_worker, name="service_worker"),
    path("offline/", well_known.offline),
    path("robots.txt", well_known.robots),
    path("sitemap.xml", sitemap, {"sitemaps": well_known.MAPS}, name="sitemap"),
    path("manifest.webmanifest", well_known.manifest, name="manifest"),
    path("favicon.ico", RedirectView.as_view(url=static_lazy("img/icon.svg"))),
    path("admin/login/", dashboard.admin_entrance),
    path("admin/password_change/", RedirectView.as_view(pattern_name="accounts:password")),
    path("admin/", admin.site.urls),
]
