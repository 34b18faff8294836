"""The sockets' addresses."""

from typing import Any

from django.urls import path, re_path

from games.consumer import PlayConsumer
from games.rooms.consumer import RoomConsumer
from games.rooms.meeting.seek import SeekConsumer
from live.rate_limits import deny
from presence.consumer import SiteConsumer


async def nowhere(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Refuse a socket at an unknown address."""
    await deny(send)


urlpatterns = [
    path("ws/", SiteConsumer.as_asgi()),
    path("ws/play/<slug:slug>/", PlayConsumer.as_asgi()),
    path("ws/seek/<slug:slug>/", SeekConsumer.as_asgi()),
    path("ws/rooms/<str:room>/", RoomConsumer.as_asgi()),
    re_path(r"", nowhere),
]
