"""The ASGI application: pages through Django, sockets through Channels."""

import gc
import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gameapp.settings")
django_pages = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402  (needs Django's apps)

from accounts.sessions.middleware import SocketPlayerMiddleware  # noqa: E402
from accounts.sessions.plain import player_of  # noqa: E402
from flags import flags  # noqa: E402
from gameapp.languages import SocketLanguageMiddleware, of_headers  # noqa: E402
from gameapp.middleware import compresses  # noqa: E402
from gameapp.routing import urlpatterns  # noqa: E402
from live.observe.processes import Reported  # noqa: E402
from live.observe.requests import Counted  # noqa: E402
from live.rate_limits import HandshakeLimit  # noqa: E402
from live.servers.bodies import BoundedBody  # noqa: E402
from live.servers.origin import SiteOriginValidator  # noqa: E402
from live.servers.player_pages import PlayerPages  # noqa: E402
from live.servers.shared_pages import SharedPages  # noqa: E402
from live.servers.threads import KeptThreads  # noqa: E402
from visitors.middleware import visit  # noqa: E402

players_pages = PlayerPages(KeptThreads(django_pages), player_of, flags.of, of_headers, visit, compresses)
pages = SharedPages(players_pages, of_headers, visit, compresses)
sockets = SocketLanguageMiddleware(URLRouter(urlpatterns))
router = ProtocolTypeRouter(
    {
        "http": BoundedBody(pages),
        "websocket": HandshakeLimit(SiteOriginValidator(SocketPlayerMiddleware(sockets))),
    }
)
application = Counted(Reported(router))

# Objects from start-up stay for ever, so the garbage collector skips them. A full collection over thousands of sockets
# pauses them all for a moment, so it is made rare.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 100)
