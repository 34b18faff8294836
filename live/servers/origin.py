"""Which pages may open a socket: only this site's own, by exact origin."""

from typing import Any

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from live.rate_limits import deny


class SiteOriginValidator:
    """Refuses a handshake whose Origin is missing, `null`, or not one of `SITE_URLS`.

    Without SITE_URLS (development) the Origin must equal the Host it was opened on, and that Host must
    be an allowed one, so that a rebound DNS name does not count as our own.
    """

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin1").lower()
        if origin in (settings.SITE_URLS or _own_origins(headers)):
            return await self.application(scope, receive, send)
        return await deny(send)


def _own_origins(headers: dict[bytes, bytes]) -> list[str]:
    host = headers.get(b"host", b"").decode("latin1").lower()
    domain, _ = split_domain_port(host)
    return [f"http://{host}"] if domain and validate_host(domain, settings.ALLOWED_HOSTS) else []
