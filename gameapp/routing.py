"""The sockets' addresses."""

from django.urls import path

from games.consumer import PlayConsumer
from presence.consumer import SiteConsumer

urlpatterns = [
    path("ws/", SiteConsumer.as_asgi()),
    path("ws/play/<slug:slug>/", PlayConsumer.as_asgi()),
]
